"""What the next session is given of a brief: facts about it, then its text, most needed first."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from handoff.base import quoting
from handoff.brief.sections import (
    CONSTRAINTS,
    DECISIONS,
    EARLIER,
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
from handoff.prompts.texts import BUILT_IN

if TYPE_CHECKING:
    from handoff.brief.document import Brief
    from handoff.prompts.texts import Prompts

_ORDER = (
    *(TASK, CONSTRAINTS, NEXT_STEP, STATE, FINDINGS, DECISIONS, VERIFY, QUESTIONS, EARLIER, FACTS),
)
_AUTHORS = {
    "model": "the session's model",
    "snapshot": "code alone, no model",
    "person": "a person",
}
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_MAX_CHANGES_CHARS = 700
_MIN_SECTION_CHARS = 300  # characters: a section cut shorter than this says nothing


@dataclass(frozen=True)
class Surroundings:
    """What is known of a brief besides its text: file, age in words, what changed since it."""

    path: str
    age: str
    origin: str
    changes: tuple[str, ...] = ()


def render(brief: Brief, about: Surroundings, limit: int, *, prompts: Prompts = BUILT_IN) -> str:
    """The text a session is given, at most `limit` characters; the rest is named by its path."""
    frame = _frame(brief, about, prompts)
    room = limit - len(prompts.render("brief_injected", **frame, sections="", left_out=""))
    reserved = 0
    while True:
        parts, left_out = _fit(brief, room - reserved)
        note = ""
        if left_out:
            names = quoting.line(", ".join(left_out))
            note = prompts.render("brief_left_out", sections=names, path=about.path) + "\n"
        if len(note) <= reserved:
            text = "".join(parts)
            return prompts.render("brief_injected", **frame, sections=text, left_out=note)[:limit]
        reserved = len(note)  # room for the note may leave out more, which makes it longer


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
    if room < _MIN_SECTION_CHARS:
        return ""
    kept = part[: room - 8]
    ends = (kept.rfind("\n"), kept.rfind(" "), len(kept))
    return kept[: next(end for end in ends if end > len(kept) // 2)].rstrip() + "\n[…]\n\n"


def _frame(brief: Brief, about: Surroundings, prompts: Prompts) -> dict[str, str]:
    """What stands around the sections, by field."""
    changes = quoting.line("; ".join(about.changes)) or "nothing in the repository"
    if len(changes) > _MAX_CHANGES_CHARS:
        changes = changes[: _MAX_CHANGES_CHARS - 2].rstrip() + " …"
    return {
        "origin": about.origin,
        "age": about.age,
        "author": _AUTHORS.get(brief.author, _AUTHORS["model"]),
        "path": about.path,
        "changes": changes,
        "cap": _cap(brief, prompts),
        "id": brief.id,
        "title": quoting.visible(brief.title),
        "look_back": _look_back(brief, prompts),
    }


def _cap(brief: Brief, prompts: Prompts) -> str:
    """When the usage cap that the brief was written for starts again; "" for any other brief."""
    resets_at = str(brief.reading.get("resets_at", ""))
    if not _MOMENT.fullmatch(resets_at):
        return ""
    return prompts.render("brief_cap", resets_at=resets_at) + "\n"


def _look_back(brief: Brief, prompts: Prompts) -> str:
    """How to ask for what the brief leaves out, or that nobody can; "" outside a session."""
    look_back = brief.sections.get(LOOK_BACK, "")
    if look_back == NO_TRANSCRIPT:
        return f"{NO_TRANSCRIPT}\n"
    return prompts.render("brief_look_back", id=brief.id) + "\n" if look_back else ""
