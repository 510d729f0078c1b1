"""Where a brief is by now, in whichever work tree of its repository: open, or finished."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from handoff.brief import outcome as brief_outcome
from handoff.git import run as git
from handoff.git import worktrees
from handoff.store import brief_files, finished_briefs, ledger, originals
from handoff.store import places as store_places

if TYPE_CHECKING:
    from handoff.git.run import Checkout
    from handoff.runtime import Here
    from handoff.store.places import Place

_LONGEST = 100  # briefs in a row


def places(place: Place) -> list[Place]:
    """A work tree and the others of its repository, as far as they are there.

    Raises HandoffError when git cannot list them: a brief that is not here would count as gone.
    """
    if place.checkout is None:
        return [place]
    others = [path for path in worktrees.paths(place.checkout) if path != place.root]
    found = [store_places.locate(path) for path in others if os.path.isdir(path)]
    return [place, *(other for other in found if other.key == place.key)]


def find(around: list[Place], brief_id: str, here: Here) -> tuple[Place, brief_files.Stored] | None:
    """A brief and the work tree that says most of it: one where it is finished, else where it is
    open; None where none has it. A file in `done` that is not this brief does not count. It is as
    this machine wrote it, if its file differs from that in form alone.
    """
    opened = _in_folder(around, brief_files.OPEN, brief_id, here)
    for place, stored in _in_folder(around, brief_files.DONE, brief_id, here):
        if _is_end(place, stored, [item.raw for _, item in opened], here):
            return place, stored
    return opened[0] if opened else None


def _in_folder(
    around: list[Place], folder: str, brief_id: str, here: Here
) -> list[tuple[Place, brief_files.Stored]]:
    found = []
    for place in around:
        if os.path.lexists(os.path.join(place.root, brief_files.relative_path(folder, brief_id))):
            (stored,) = brief_files.read_all(place.root, folder, [f"{brief_id}.md"])
            own = ledger.own_entries(here.home, place.key)
            stored = originals.as_written(stored, here.home, own)
            found += [(place, stored)] if stored.brief is not None else []
    return found


def _is_end(place: Place, done: brief_files.Stored, opened: list[bytes], here: Here) -> bool:
    """Whether a file in `done` finishes the brief: that of the open files, or of the ledger. What
    only others wrote, and nobody has open, is taken as it is.
    """
    if any(finished_briefs.finishes(done.raw, raw) for raw in opened):
        return True
    own = ledger.own_entries(here.home, place.key)
    if finished_briefs.is_known(done.raw, own):
        return True
    is_ours = any(done.brief and entry.id == done.brief.id for entry in own.values())
    return not opened and not is_ours


def newest_child(around: list[Place], brief_id: str, here: Here) -> str:
    """The id of the newest brief of ours that came from a brief, "" if none did."""
    found = [""]
    for place in around:
        own = ledger.own_entries(here.home, place.key)
        for folder in (brief_files.OPEN, brief_files.DONE):
            found += [
                stored.brief.id
                for item in brief_files.read_all(place.root, folder)
                if (stored := originals.as_written(item, here.home, own)).brief
                and stored.brief.parent == brief_id
                and ledger.digest(stored.raw) in own
            ]
    return max(found)


def last(around: list[Place], brief_id: str, here: Here) -> tuple[Place, brief_files.Stored] | None:
    """The brief that carries a brief on by now: the end of the row of those "continued by" the
    next, or it itself. None where that is nowhere. Only this machine's own words lead on.
    """
    found = find(around, brief_id, here)
    for _ in range(_LONGEST):
        if found is None or found[1].folder != brief_files.DONE or found[1].brief is None:
            return found
        if ledger.digest(found[1].raw) not in ledger.own_entries(here.home, found[0].key):
            return found
        following = brief_outcome.continued_by(found[1].brief)
        onward = find(around, following, here) if following else None
        if onward is None:
            return found
        found = onward
    return found


def where_finished(checkout: Checkout, brief_id: str, opened: bytes) -> str:
    """The brief's own work tree, else its branch, if the brief with the bytes `opened` is finished
    there; "" otherwise.
    """
    done = brief_files.relative_path(brief_files.DONE, brief_id)
    path = worktrees.path_of(checkout, brief_id)
    if path != checkout.root and finished_briefs.finishes(brief_files.content(path, done), opened):
        return path
    branch = worktrees.branch_of(brief_id)
    answer = git.run(checkout, "cat-file", "blob", f"refs/heads/{branch}:{done}")
    is_there = answer.code == 0 and finished_briefs.finishes(answer.out, opened)
    return f"the branch {branch}" if is_there else ""
