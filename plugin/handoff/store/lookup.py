"""A brief by a part of its id, wherever this repository has it: in a file, or at its ref alone."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from handoff.base.errors import HandoffError
from handoff.brief import document, marking
from handoff.brief.sections import OUTCOME
from handoff.store import brief_files, drafts, kept_refs
from handoff.store.match_id import match_id

if TYPE_CHECKING:
    from handoff.runtime import Runtime
    from handoff.store.places import Place


def find(place: Place, wanted: str) -> brief_files.StoredBrief:
    """The brief that `wanted` names; one that only `refs/handoff/` has is read from there.

    Raises HandoffError when there is none or more than one.
    """
    try:
        return brief_files.find(place.root, wanted)
    except HandoffError as error:
        kept = _beside(place, wanted)
        if kept is None:
            raise error from None
        return kept


def list_ids(place: Place) -> list[str]:
    """The IDs that a part of one is looked for among, by the names of the files in the folders."""
    folders = (brief_files.OPEN, brief_files.DONE)
    names = (name for folder in folders for name in brief_files.list_files(place.root, folder))
    return [name.removesuffix(".md") for name in names]


def find_or_restore(place: Place, wanted: str) -> brief_files.StoredBrief:
    """The open brief that `wanted` names; one that only a ref has gets its file back, as it was.

    Raises HandoffError when there is none or more than one, OSError when it cannot be written.
    """
    try:
        return brief_files.find(place.root, wanted, (brief_files.OPEN,))
    except HandoffError as error:
        kept = _beside(place, wanted)
        if kept is None or kept.brief is None or OUTCOME in kept.brief.sections:
            raise error from None
    name = brief_files.relative_path(brief_files.OPEN, kept.brief.id)
    brief_files.put_files(place.root, {name: kept.raw}, {})
    return brief_files.find(place.root, kept.brief.id, (brief_files.OPEN,))


def _beside(place: Place, wanted: str) -> brief_files.StoredBrief | None:
    """The brief that only a ref has, None unless just one fits."""
    if not wanted.strip():
        return None
    briefs = {item.brief.id: item for item in kept_refs.read_beside(place) if item.brief}
    try:
        return briefs[match_id(wanted, briefs)]
    except HandoffError:
        return None


def read_source(name: str, runtime: Runtime, place: Place) -> bytes:
    """A file, standard input, or a brief or draft of this repository by its id."""
    if name == "-":
        return sys.stdin.buffer.read(document.MAX_BYTES + 1)
    if os.path.isfile(name):
        try:
            with open(name, "rb") as file:
                return file.read(document.MAX_BYTES + 1)
        except OSError as error:
            raise HandoffError(f"{name} cannot be read: {error.strerror}.") from None
    waiting = [item for item in drafts.read_all(place, runtime) if name in Path(item.path).stem]
    stored = waiting[0] if len(waiting) == 1 else brief_files.find(place.root, name)
    if stored.brief is None:
        raise HandoffError(stored.problem, f"Look at {marking.mark_path(stored.relative)}.")
    return stored.raw
