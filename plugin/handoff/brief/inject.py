"""What the next session is given of a brief: facts about it, then its text, most needed first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from handoff.brief.document import (
    CONSTRAINTS,
    DECISIONS,
    FACTS,
    NEXT_STEP,
    QUESTIONS,
    STATE,
    TASK,
    VERIFY,
)

if TYPE_CHECKING:
    from handoff.brief.document import Brief

_ORDER = (TASK, CONSTRAINTS, NEXT_STEP, STATE, DECISIONS, VERIFY, QUESTIONS, FACTS)
_END = "</handoff-brief"
_END_AS_TEXT = "<\\/handoff-brief"  # what a brief quotes cannot end it
_LEAST = 300  # characters: a section cut shorter than this says nothing


@dataclass(frozen=True)
class Surroundings:
    """What is known of a brief besides its text: file, age in words, what changed since it."""

    path: str
    age: str
    origin: str
    changes: tuple[str, ...] = ()


def render(brief: Brief, about: Surroundings, limit: int) -> str:
    """The text a session is given, at most `limit` characters; the rest is named by its path."""
    head = _head(brief, about)
    tail = _tail(brief, about)
    room = limit - len(head) - len(tail)
    reserved = 0
    while True:
        parts, left_out = _fit(brief, room - reserved)
        note = _note(left_out, about.path)
        if len(note) <= reserved:
            return f"{head}{''.join(parts)}{note}{tail}"[:limit]
        reserved = len(note)  # room for the note may leave out more, which makes it longer


def _note(left_out: list[str], path: str) -> str:
    if not left_out:
        return ""
    return f"(Not shown for length: {', '.join(left_out)}. They are in {path}.)\n"


def _fit(brief: Brief, room: int) -> tuple[list[str], list[str]]:
    parts: list[str] = []
    left_out: list[str] = []
    others = [name for name in brief.sections if name not in _ORDER]
    for name in (*_ORDER, *others):
        body = brief.sections.get(name)
        if not body:
            continue
        part = f"## {name}\n{body}\n\n".replace(_END, _END_AS_TEXT)
        if len(part) > room:
            left_out.append(name)
            part = _cut(part, room)
        parts.append(part)
        room -= len(part)
    return [part for part in parts if part], left_out


def _cut(part: str, room: int) -> str:
    """The head of a section, cut at a line's or word's end; "" where it would be too little."""
    if room < _LEAST:
        return ""
    kept = part[: room - 8]
    ends = (kept.rfind("\n"), kept.rfind(" "), len(kept))
    return kept[: next(end for end in ends if end > len(kept) // 2)].rstrip() + "\n[…]\n\n"


def _head(brief: Brief, about: Surroundings) -> str:
    author = "the session's model" if brief.author == "model" else "code alone, no model"
    changes = "; ".join(about.changes) or "nothing in the repository"
    return (
        f"This session continues earlier work by a handoff brief: {about.origin}, "
        f"written {about.age} ago by {author}. File: {about.path}\n"
        f"Changed since it was written: {changes}.\n\n"
        f'<handoff-brief id="{brief.id}">\n# {brief.title.replace(_END, _END_AS_TEXT)}\n\n'
    )


def _tail(brief: Brief, about: Surroundings) -> str:
    del about
    return (
        f"{_END}>\n"
        "What the user says now comes before what the brief says. When its task is finished, "
        f"record it: handoff done {brief.id} --outcome - <<'OUTCOME' (what was done, and the "
        "evidence), then OUTCOME on a line of its own."
    )
