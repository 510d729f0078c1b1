"""A brief by a part of its ID, wherever this repository has it: in a file, a draft, or a ref."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from handoff.base.errors import HandoffError
from handoff.brief import document, marking
from handoff.brief.sections import OUTCOME
from handoff.store import brief_files, drafts, kept_refs, ledger
from handoff.store.match_id import NoMatchError, match_id

if TYPE_CHECKING:
    from handoff.runtime import Runtime
    from handoff.store.places import Place


def find(place: Place, wanted: str) -> brief_files.StoredBrief:
    """The brief that `wanted` names; one that only `refs/handoff/` has is read from there.

    Raises HandoffError when there is none or more than one.
    """
    try:
        return brief_files.find(place.root, wanted)
    except NoMatchError as error:
        kept = _beside(place, wanted)
        if kept is None:
            raise error from None
        return kept


def list_ids(place: Place) -> list[str]:
    """The IDs that a part of one is looked for among, by the names of the files in the folders."""
    folders = (brief_files.OPEN, brief_files.DONE)
    names = (name for folder in folders for name in brief_files.list_files(place.root, folder))
    return [name.removesuffix(".md") for name in names]


def find_file(place: Place, wanted: str, runtime: Runtime) -> brief_files.StoredBrief:
    """The brief or draft that `wanted` names, if it has a file.

    Raises HandoffError when there is none or more than one.
    """
    waiting = {Path(item.path).stem: item for item in drafts.read_all(place, runtime)}
    if not waiting:
        return brief_files.find(place.root, wanted)
    names = [*brief_files.list_names(place.root), *brief_files.list_names(place.root, "done")]
    chosen = match_id(wanted, {*waiting, *(name[:-3] for name in names)})
    return waiting.get(chosen) or brief_files.find(place.root, chosen)


def find_with_drafts(place: Place, wanted: str, runtime: Runtime) -> brief_files.StoredBrief:
    """The brief or draft that `wanted` names, wherever it is: in a file, or only in a ref."""
    try:
        return find_file(place, wanted, runtime)
    except NoMatchError:
        return find(place, wanted)


def find_open(place: Place, wanted: str, runtime: Runtime) -> brief_files.StoredBrief:
    """The open brief that `wanted` names.

    Raises HandoffError when there is none or more than one; for one that is finished or was dropped
    it says that.
    """
    try:
        return brief_files.find(place.root, wanted, (brief_files.OPEN,))
    except NoMatchError as error:
        raise _explain_ended(place, wanted, runtime) or error from None


def find_or_restore(place: Place, wanted: str, runtime: Runtime) -> brief_files.StoredBrief:
    """The open brief that `wanted` names; one that only a ref has gets its file back, as it was.

    Raises HandoffError as `find_open` does, OSError when it cannot be written.
    """
    try:
        return brief_files.find(place.root, wanted, (brief_files.OPEN,))
    except NoMatchError as error:
        kept = _beside(place, wanted)
        if kept is None or kept.brief is None or OUTCOME in kept.brief.sections:
            raise _explain_ended(place, wanted, runtime) or error from None
    name = brief_files.relative_path(brief_files.OPEN, kept.brief.id)
    brief_files.put_files(place.root, {name: kept.raw}, {})
    return brief_files.find(place.root, kept.brief.id, (brief_files.OPEN,))


def explain_finished(
    stored: brief_files.StoredBrief, place: Place, runtime: Runtime
) -> HandoffError:
    """What to say where an open brief is needed: this one is finished, when, and where it is."""
    name = Path(stored.path).stem
    ended = ledger.read_ended(runtime.home, place.key).get(name)
    on = f" on {_day(ended.at)}" if ended else ""
    return HandoffError(
        f"{marking.mark_name(name)} was finished{on}; it is in "
        f"{marking.mark_path(stored.relative)}.",
        f"Its outcome: handoff show {marking.mark_name(name)}",
    )


def read_source(name: str, runtime: Runtime, place: Place) -> bytes:
    """A file, standard input, or a brief or draft of this repository by its ID."""
    if name == "-":
        return sys.stdin.buffer.read(document.MAX_BYTES + 1)
    if os.path.isfile(name):
        try:
            with open(name, "rb") as file:
                return file.read(document.MAX_BYTES + 1)
        except OSError as error:
            raise HandoffError(f"{name} cannot be read: {error.strerror}.") from None
    stored = find_with_drafts(place, name, runtime)
    if stored.brief is None:
        raise HandoffError(stored.problem, f"Look at {marking.mark_path(stored.relative)}.")
    return stored.raw


def _explain_ended(place: Place, wanted: str, runtime: Runtime) -> HandoffError | None:
    """What to say of a brief that is not open any more; None unless just one matches."""
    try:
        stored = brief_files.find(place.root, wanted, (brief_files.DONE,))
    except NoMatchError:
        pass
    except HandoffError:
        return None
    else:
        return explain_finished(stored, place, runtime)
    known = ledger.read_ended(runtime.home, place.key)
    try:
        ended = known[match_id(wanted, known)]
    except HandoffError:
        return None
    name = marking.mark_name(ended.id)
    return HandoffError(
        f"{name} was {ended.how} on {_day(ended.at)}, and is no longer here.",
        f"git's history may have it: git log --all -- '.handoff/*/{name}.md'",
    )


def _beside(place: Place, wanted: str) -> brief_files.StoredBrief | None:
    """The brief that only a ref has, None unless just one matches."""
    briefs = {item.brief.id: item for item in kept_refs.read_beside(place) if item.brief}
    try:
        return briefs[match_id(wanted, briefs)]
    except HandoffError:
        return None


def _day(at: float) -> str:
    try:
        return time.strftime("%Y-%m-%d", time.localtime(at))
    except (OverflowError, ValueError, OSError):
        return "an unknown day"
