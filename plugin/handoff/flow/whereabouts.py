"""Where a brief is by now, in whichever work tree of its repository: open, or finished."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from handoff.brief import ending
from handoff.flow import material
from handoff.repo import store, worktrees

if TYPE_CHECKING:
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


def children(around: list[Place], brief_id: str) -> list[tuple[Place, store.Stored]]:
    """The briefs that came from a brief and are not finished by a later one's sake, newest first;
    those of the work trees alone.
    """
    found = {}
    for place in around:
        for folder in (store.OPEN, store.DONE):
            for stored in store.read_all(place.root, folder):
                if stored.brief and stored.brief.parent == brief_id:
                    found[stored.brief.id] = place, stored
    return [found[name] for name in sorted(found, reverse=True)]


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
