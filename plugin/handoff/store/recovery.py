"""After a kill: what was under way is finished, what was left lying about is taken away."""

from __future__ import annotations

import math
import os
import time
from typing import TYPE_CHECKING

from handoff.base import file_io, state_file
from handoff.base.errors import HandoffError, describe_shortage
from handoff.redact import redact
from handoff.runtime import find_root
from handoff.store import brief_files, journal, places, swapped_files, transaction

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from handoff.runtime import Runtime

_KEPT_SECONDS = 30 * 86_400.0
SECONDS = 2.0  # for what is not this command's own repository, and for all of it in a hook


def run(runtime: Runtime, directory: str) -> None:
    """Finish the changes of killed processes, those around `directory` first, and sweep.

    Never raises. What cannot be finished now (a full disk, a drive that is away) is noted in the
    log and tried again at the next start, for 30 days.
    """
    recover_own(runtime, directory)
    recover_others(runtime, directory, time.monotonic() + SECONDS)


def recover_own(runtime: Runtime, directory: str, deadline: float = math.inf) -> None:
    """Finish what was under way in the worktree around `directory`.

    Nothing is begun after `deadline` (by the monotonic clock): it is left to the next start.
    """
    root = find_root(directory)
    _put_back(runtime, {root})
    _finish_all(runtime, lambda change: change.root == root, deadline)


def recover_others(runtime: Runtime, directory: str, deadline: float) -> None:
    """Finish what was under way anywhere else, likewise, and sweep."""
    root = find_root(directory)
    others = {where for _, where in swapped_files.list_left(runtime.home)} - {root}
    if time.monotonic() <= deadline:
        _put_back(runtime, others)
    _finish_all(runtime, lambda change: change.root != root, deadline)
    _sweep(runtime.home, runtime.now)


def _put_back(runtime: Runtime, roots: Iterable[str]) -> None:
    """Put back the files that a killed verification left swapped in these worktrees."""
    for root in roots:
        try:
            swapped_files.recover(runtime.home, root)
        except (HandoffError, OSError) as error:
            redact.note(runtime.home, "recovery", f"test files of {root}: {error}")


def _finish_all(
    runtime: Runtime, wanted: Callable[[journal.Change], bool], deadline: float
) -> None:
    for entry in journal.read_left(runtime.home, wanted):
        if time.monotonic() > deadline:
            break
        _try(entry, runtime)


def _try(entry: journal.Entry, runtime: Runtime) -> None:
    try:
        _finish(entry, runtime)
    except (HandoffError, OSError) as error:
        where = f"{entry.change.id} in {entry.change.root}"
        redact.note(runtime.home, "recovery", f"{where}: {error}")
        _give_up_if_old(entry, runtime.now)
    except Exception as error:  # noqa: BLE001 - what one entry holds must not stop a session
        redact.note_bug(runtime.home, "recovery")
        if not describe_shortage(error):
            state_file.set_aside(entry.path)


def _finish(entry: journal.Entry, runtime: Runtime) -> None:
    root = entry.change.root
    if not os.path.isdir(root):
        raise HandoffError("the folder is gone.")
    place = places.locate(root)
    transaction.finish_entry(place, entry, runtime, runtime.config(root))
    brief_files.sweep(root, runtime.now)


def _give_up_if_old(entry: journal.Entry, now: float) -> None:
    """After 30 days an entry is moved aside; the bytes of its briefs stay in it."""
    try:
        if now - os.stat(entry.path).st_mtime > _KEPT_SECONDS:
            state_file.set_aside(entry.path)
    except OSError:
        pass  # then at the next start


def _sweep(home: str, now: float) -> None:
    try:
        folders = [entry.path for entry in os.scandir(home) if entry.is_dir(follow_symlinks=False)]
        drafts = os.path.join(home, "drafts")
        folders += [entry.path for entry in os.scandir(drafts)] if drafts in folders else []
    except OSError:
        return
    for folder in (home, *folders):
        file_io.sweep(folder, now)
