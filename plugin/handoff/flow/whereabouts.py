"""Where a brief is by now, in whichever work tree of its repository: open, or finished."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from handoff.brief import ending
from handoff.flow import material
from handoff.repo import ledger, store, worktrees

if TYPE_CHECKING:
    from handoff.flow.here import Here
    from handoff.flow.material import Place

_LONGEST = 100  # briefs in a row


def places(place: Place) -> list[Place]:
    """A work tree and the others of its repository, as far as they are there."""
    if place.checkout is None:
        return [place]
    others = [path for path in worktrees.paths(place.checkout) if path != place.root]
    found = [material.locate(path) for path in others if os.path.isdir(path)]
    return [place, *(other for other in found if other.key == place.key)]


def find(around: list[Place], brief_id: str) -> tuple[Place, store.Stored] | None:
    """A brief and the work tree that says most of it: one where it is finished, else where it is
    open; None where none has it.
    """
    for folder in (store.DONE, store.OPEN):
        for place in around:
            path = store.relative_path(folder, brief_id)
            if not os.path.lexists(os.path.join(place.root, path)):
                continue
            (stored,) = store.read_all(place.root, folder, [f"{brief_id}.md"])
            if stored.brief is not None:
                return place, stored
    return None


def newest_child(around: list[Place], brief_id: str, here: Here) -> str:
    """The id of the newest brief of ours that came from a brief, "" if none did."""
    found = [""]
    for place in around:
        own = ledger.own_entries(here.home, place.key)
        for folder in (store.OPEN, store.DONE):
            found += [
                stored.brief.id
                for stored in store.read_all(place.root, folder)
                if stored.brief
                and stored.brief.parent == brief_id
                and ledger.digest(stored.raw) in own
            ]
    return max(found)


def last(around: list[Place], brief_id: str) -> tuple[Place, store.Stored] | None:
    """The brief that carries a brief on by now: the end of the row of those "continued by" the
    next, or it itself. None where that is nowhere.
    """
    found = find(around, brief_id)
    for _ in range(_LONGEST):
        if found is None or found[1].folder != store.DONE or found[1].brief is None:
            return found
        following = ending.continued_by(found[1].brief)
        onward = find(around, following) if following else None
        if onward is None:
            return found
        found = onward
    return found
