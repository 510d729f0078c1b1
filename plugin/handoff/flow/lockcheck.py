"""The doctor's look at locks: whom those in the state directory keep out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handoff import locallock
from handoff.flow.check import Check

if TYPE_CHECKING:
    from collections.abc import Iterator

_MEND = "Set HANDOFF_HOME to a directory on a local disk."


def checks(home: str) -> Iterator[Check]:
    """What is less safe in the state directory, where its file system cannot lock files."""
    try:
        kind = locallock.kind_of(home)
    except OSError:
        return  # not there yet, or the check of the directory itself tells
    if kind == locallock.MACHINE:
        yield Check(
            "locks",
            None,
            f"the file system of {home} cannot lock files, so locks are in {locallock.folder()}: "
            "sessions on other machines or in containers that share the directory can overwrite "
            "each other's figures and switches",
            _MEND,
        )
    elif kind == locallock.NONE:
        yield Check(
            "locks",
            False,
            f"no file can be locked, neither in {home} nor in {locallock.folder()}: concurrent "
            "sessions can overwrite each other's figures and switches, and `handoff run` and "
            "`handoff relay` refuse to start",
            _MEND,
        )
