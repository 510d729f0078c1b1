"""What the next session is given of a brief: facts about it, then its text, most needed first."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from handoff.base import quoting
from handoff.brief.document import (
    CONSTRAINTS,
    DECISIONS,
    FACTS,
    FINDINGS,
    LOOK_BACK,
    NEXT_STEP,
    NO_TRANSCRIPT,
    QUESTIONS,
    STATE,
    TASK,
    VERIFY,
)

if TYPE_CHECKING:
    from handoff.brief.document import Brief

_ORDER = (TASK, CONSTRAINTS, NEXT_STEP, STATE, FINDINGS, DECISIONS, VERIFY, QUESTIONS, FACTS)
_END = "</handoff-brief"
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_LONGEST_CHANGES = 700
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
    tail = _tail(brief)
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
    return f"(Not shown for length: {quoting.line(', '.join(left_out))}. They are in {path}.)\n"


def _fit(brief: Brief, room: int) -> tuple[list[str], list[str]]:
    parts: list[str] = []
    left_out: list[str] = []
    # How to look back is said behind the brief, where no length cuts it.
    others = [name for name in brief.sections if name not in (*_ORDER, LOOK_BACK)]
    for name in (*_ORDER, *others):
        body = brief.sections.get(name)
        if not body:
            continue
        part = _part(name, body)
        # A long task must not push out what the user ruled out and what comes first.
        kept_for = min(_length(brief, (CONSTRAINTS, NEXT_STEP)), room // 2) if name == TASK else 0
        if len(part) > room - kept_for:
            left_out.append(name)
            part = _cut(part, room - kept_for)
        parts.append(part)
        room -= len(part)
    return [part for part in parts if part], left_out


def _part(name: str, body: str) -> str:
    return quoting.visible(f"## {name}\n{body}\n\n")


def _length(brief: Brief, names: tuple[str, ...]) -> int:
    return sum(len(_part(name, body)) for name in names if (body := brief.sections.get(name)))


def _cut(part: str, room: int) -> str:
    """The head of a section, cut at a line's or word's end; "" where it would be too little."""
    if room < _LEAST:
        return ""
    kept = part[: room - 8]
    ends = (kept.rfind("\n"), kept.rfind(" "), len(kept))
    return kept[: next(end for end in ends if end > len(kept) // 2)].rstrip() + "\n[…]\n\n"


def _head(brief: Brief, about: Surroundings) -> str:
    author = "the session's model" if brief.author == "model" else "code alone, no model"
    changes = quoting.line("; ".join(about.changes)) or "nothing in the repository"
    if len(changes) > _LONGEST_CHANGES:
        changes = changes[: _LONGEST_CHANGES - 2].rstrip() + " …"
    return (
        f"This session continues earlier work by a handoff brief: {about.origin}, "
        f"written {about.age} ago by {author}. File: {about.path}\n"
        f"Changed since it was written: {changes}.\n{_cap(brief)}\n"
        f'<handoff-brief id="{brief.id}">\n# {quoting.visible(brief.title)}\n\n'
    )


def _cap(brief: Brief) -> str:
    """When the usage cap that the brief was written for starts again; "" for any other brief."""
    resets_at = str(brief.reading.get("resets_at", ""))
    if not _MOMENT.fullmatch(resets_at):
        return ""
    return f"It was written because of a usage cap, which starts again at {resets_at}.\n"


def _tail(brief: Brief) -> str:
    look_back = brief.sections.get(LOOK_BACK, "")
    if look_back == NO_TRANSCRIPT:
        look_back = f"{NO_TRANSCRIPT}\n"
    elif look_back:
        look_back = (
            f"What it leaves out is in its session's transcript: handoff recall {brief.id} "
            '"question" finds it.\n'
        )
    return (
        f"{_END}>\n{look_back}"
        "What the user says now comes before what the brief says. When its task is finished, "
        f"record it: handoff done {brief.id} --outcome - <<'OUTCOME' (what was done, and the "
        "evidence), then OUTCOME on a line of its own."
    )
