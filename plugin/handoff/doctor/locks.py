"""The doctor's look at locks: whom those in the state directory keep out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handoff.base import local_lock
from handoff.doctor.model import Check

if TYPE_CHECKING:
    from collections.abc import Iterator

_HINT = "Set HANDOFF_HOME to a directory on a local disk."


def checks(home: str) -> Iterator[Check]:
    """What is less safe in the state directory, where its file system cannot lock files."""
    try:
        kind = local_lock.kind_of(home)
    except OSError:
        return  # not there yet, or the check of the directory itself tells
    if kind == local_lock.MACHINE:
        yield Check(
            "locks",
            None,
            f"the file system of {home} cannot lock files, so locks are in {local_lock.folder()}: "
            "sessions on other machines or in containers that share the directory can overwrite "
            "each other's state",
            _HINT,
        )
    elif kind == local_lock.NONE:
        yield Check(
            "locks",
            False,
            f"no file can be locked in {home} or in {local_lock.folder()}: concurrent sessions can "
            "overwrite each other's state, and `handoff run` and `handoff relay` refuse to start",
            _HINT,
        )
