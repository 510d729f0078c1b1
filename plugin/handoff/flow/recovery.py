"""After a kill: what was under way is finished, what was left lying about is taken away."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from handoff import fsio, log
from handoff.errors import HandoffError
from handoff.flow import changing, material
from handoff.repo import journal, store

if TYPE_CHECKING:
    from handoff.flow.here import Here

_KEPT_SECONDS = 30 * 86_400.0


def run(here: Here) -> None:
    """Finish the changes of killed processes, in any repository, and sweep. Never raises.

    What cannot be finished now (a full disk, a drive that is away) is noted in the log and tried
    again at the next start, for 30 days.
    """
    for entry in journal.left(here.home):
        try:
            _finish(entry, here)
        except (HandoffError, OSError) as error:
            log.note(here.home, "recovery", f"{entry.change.id} in {entry.change.root}: {error}")
            _give_up_if_old(entry, here.now)
    _sweep(here.home, here.now)


def _finish(entry: journal.Entry, here: Here) -> None:
    root = entry.change.root
    if not os.path.isdir(root):
        raise HandoffError("the folder is not there.")
    place = material.locate(root)
    changing.finish(place, entry, here.config(root))
    store.sweep(root, here.now)


def _give_up_if_old(entry: journal.Entry, now: float) -> None:
    """After 30 days an entry is moved aside; the bytes of its briefs stay in it."""
    try:
        if now - os.stat(entry.path).st_mtime > _KEPT_SECONDS:
            os.replace(entry.path, entry.path + ".broken")
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
        fsio.sweep(folder, now)
