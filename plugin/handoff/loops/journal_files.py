"""The files of journals, `<state>/<folder>/<id>.json`: read, listed, and locked by who runs one."""

from __future__ import annotations

import os
from typing import Any

from handoff.base import file_io, locks, state_file
from handoff.base.errors import HandoffError
from handoff.process import supervisor


def load_entry(path: str) -> dict[str, Any]:
    """What a journal's file holds, {} without one. A damaged one is moved aside, as any state.

    Raises HandoffError where it cannot be read.
    """
    try:
        return file_io.load_json(path)
    except OSError as error:
        raise HandoffError(
            f"{path} cannot be read: {error.strerror}.", "Try again once it can be."
        ) from None


def list_ids(home: str, folder: str) -> list[str]:
    """The ids that have a journal in a folder of the state directory, oldest first."""
    try:
        names = os.listdir(os.path.join(home, folder))
    except (FileNotFoundError, NotADirectoryError):
        return []
    return sorted(name[:-5] for name in names if name.endswith(".json"))


class JournalLock:
    """Be the only process that runs what a journal is of. `what` names that in the error, and
    `show` is the command that prints its journal.
    """

    def __init__(self, home: str, folder: str, journal_id: str, what: str, show: str) -> None:
        self._home = home
        self._what, self._show = what, show
        whole = os.path.join(home, folder)
        file_io.make_private(whole)
        path = os.path.join(whole, f"{journal_id}.lock")
        self._descriptor = state_file.open_to_write(path, os.O_RDWR)

    def __enter__(self) -> None:
        is_ours = locks.try_lock(self._descriptor)
        if not is_ours:
            os.close(self._descriptor)
        if is_ours is None:
            raise supervisor.explain_no_locks(self._home)
        if not is_ours:
            raise HandoffError(f"{self._what} is already running.", f"Its journal: {self._show}")

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)
