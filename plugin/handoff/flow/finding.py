"""A brief by a part of its id, wherever this repository has it: in a file, or at its ref alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handoff.base.errors import HandoffError
from handoff.brief import document
from handoff.flow import listing, naming
from handoff.repo import store

if TYPE_CHECKING:
    from handoff.flow.material import Place


def find(place: Place, wanted: str) -> store.Stored:
    """The brief that `wanted` names; one that only `refs/handoff/` has is read from there.

    Raises HandoffError when there is none or more than one.
    """
    try:
        return store.find(place.root, wanted)
    except HandoffError as error:
        found = _beside(place, wanted)
        if found is None:
            raise error from None
        return found


def bring(place: Place, wanted: str) -> store.Stored:
    """The open brief that `wanted` names; one that only a ref has gets its file back, as it was.

    Raises HandoffError when there is none or more than one, OSError when it cannot be written.
    """
    try:
        return store.find(place.root, wanted, (store.OPEN,))
    except HandoffError as error:
        found = _beside(place, wanted)
        if found is None or found.brief is None or document.OUTCOME in found.brief.sections:
            raise error from None
    name = store.relative_path(store.OPEN, found.brief.id)
    store.settle(place.root, {name: found.raw}, {})
    return store.find(place.root, found.brief.id, (store.OPEN,))


def _beside(place: Place, wanted: str) -> store.Stored | None:
    """The brief that only a ref has, None unless just one fits."""
    if not wanted.strip():
        return None
    briefs = {item.brief.id: item for item in listing.beside(place) if item.brief}
    try:
        return briefs[naming.the_one(wanted, list(briefs))]
    except HandoffError:
        return None
