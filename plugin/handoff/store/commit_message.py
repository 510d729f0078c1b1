"""What commits of briefs say: in the subject which brief and what happened to it, in the body its
whole id, its file, who wrote it, what it replaces, and how to undo the commit.

In a subject a brief has its title and the end of its id, which every command takes. A log is read
by models too, which take it for the user's own words: a brief that others wrote has its id alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from handoff.base import truncate
from handoff.store import brief_files, ledger

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

    from handoff.brief.document import Brief

MAX_SUBJECT_CHARS = 72
_MIN_TITLE_CHARS = 12
_SUFFIX_CHARS = 4
_MAX_LISTED = 20
_UNDO = "Undo: git revert <this commit>"
_WRITTEN_BY = {
    "model": "the session's model",
    "snapshot": "handoff, from the session's facts",
    "person": "a person",
}


@dataclass(frozen=True)
class Named:
    """A brief in a message; `title` is "" where its words are not to be told."""

    id: str
    title: str = ""


def name_brief(raw: bytes, brief_id: str, title: str, own: Container[str]) -> Named:
    """A brief of these bytes as it is named: by its title too if this machine wrote it, which is
    then in `own` (`ledger.own_entries`).
    """
    return Named(brief_id, title if ledger.digest_bytes(raw) in own else "")


def written(brief: Brief, replaced: Sequence[str] = (), *, note: str = "") -> str:
    """The message of a new brief, and of the open ones (ids) that it replaces."""
    verb = "write task" if brief.kind == "task" else "write"
    verb = "snapshot" if brief.author == "snapshot" else verb
    more = f", finish {_listed(list(replaced))}" if replaced else ""
    tokens = brief.reading.get("tokens")
    size = f", at {tokens:,} tokens of context" if isinstance(tokens, int) and tokens else ""
    lines = [
        f"Brief: {brief_files.relative_path(brief_files.OPEN, brief.id)}",
        f"Written by: {_WRITTEN_BY[brief.author]}{size}",
        *([f"Parent: {brief.parent}"] if brief.parent else []),
        *(f"Finished: {_done(brief_id)}" for brief_id in replaced),
    ]
    return _message(_subject(verb, Named(brief.id, brief.title), more), lines, note)


def finished(briefs: Sequence[Named], *, note: str = "") -> str:
    """The message of briefs that were finished."""
    lines = [f"Finished: {_done(item.id)}" for item in briefs]
    return _message(_subject("finish", briefs[0], _and_more(briefs)), lines, note)


def dropped(briefs: Sequence[Named], *, note: str = "") -> str:
    """The message of open briefs that were dropped without an outcome."""
    lines = [f"Dropped: {brief_files.relative_path(brief_files.OPEN, item.id)}" for item in briefs]
    return _message(_subject("drop", briefs[0], _and_more(briefs)), lines, note)


def added(brief: Named, *, note: str) -> str:
    """The message of an open brief that is put on the branch as it is."""
    lines = [f"Brief: {brief_files.relative_path(brief_files.OPEN, brief.id)}"]
    return _message(_subject("add", brief), lines, note)


def cost_recorded(brief: Named) -> str:
    """The message of a finished brief whose Outcome says now what its session cost."""
    return _message(_subject("record cost of", brief), [f"Brief: {_done(brief.id)}"])


def about_spec(verb: str, spec_id: str, lines: Sequence[str] = ()) -> str:
    """The message of a change of a spec, whose id alone is told: its words may be anybody's."""
    folder = f"{brief_files.FOLDER}/specs/{spec_id}"
    return _message(_subject(verb, Named(spec_id)), [f"Spec: {folder}", *lines])


def pruned(paths: Sequence[str]) -> str:
    """The message of old finished briefs that were taken away."""
    count = f"{len(paths)} finished brief{'' if len(paths) == 1 else 's'}"
    return _message(f"handoff: prune {count}", [f"Removed: {path}" for path in paths])


def _subject(verb: str, brief: Named, more: str = "") -> str:
    start, end = f"handoff: {verb} ", f" ({brief.id[-_SUFFIX_CHARS:]}){more}"
    room = MAX_SUBJECT_CHARS - len(start) - len(end) - 2
    if brief.title:
        return f"{start}“{_cut(brief.title, max(room, _MIN_TITLE_CHARS))}”{end}"
    room = max(MAX_SUBJECT_CHARS - len(start) - len(more), _MIN_TITLE_CHARS + _SUFFIX_CHARS)
    if len(brief.id) <= room:
        return f"{start}{brief.id}{more}"
    return f"{start}{brief.id[: room - _SUFFIX_CHARS - 1]}…{brief.id[-_SUFFIX_CHARS:]}{more}"


def _cut(title: str, most: int) -> str:
    """A title of at most so many characters, cut behind a word where one ends in its second
    half.
    """
    title = " ".join(title.split())
    if len(title) <= most:
        return title
    head = truncate.keep_head(title, most - 1)
    blank = head.rfind(" ") if title[len(head)] != " " else -1
    head = head[:blank] if blank > most // 2 else head
    return f"{head.rstrip(' ,;:.-–—')}…"


def _listed(ids: list[str]) -> str:
    first = ids[0][-_SUFFIX_CHARS:]
    return f"{first} and {len(ids) - 1} more" if len(ids) > 1 else first


def _and_more(briefs: Sequence[Named]) -> str:
    return f" and {len(briefs) - 1} more" if len(briefs) > 1 else ""


def _done(brief_id: str) -> str:
    return brief_files.relative_path(brief_files.DONE, brief_id)


def _message(subject: str, lines: Sequence[str], note: str = "") -> str:
    listed = list(lines[:_MAX_LISTED])
    if len(lines) > _MAX_LISTED:
        listed.append(f"and {len(lines) - _MAX_LISTED} more")
    body = "\n".join([*([note, ""] if note else []), *listed, _UNDO])
    return f"{subject}\n\n{body}\n"
