"""What the model said last, in its own prose: the findings and decisions that lists cannot carry.

A model's statements, not facts: they stand under a label that says so.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from handoff.base import truncate

if TYPE_CHECKING:
    from handoff.facts.model import Facts

HEADING = "## Last words of the model (statements, newest first)"
MIN_CHARS = 60  # characters that are worth a place
_CODE = re.compile(r"```[^\n]*\n(.*?)(?:```|\Z)", re.DOTALL)
_MARKUP = re.compile(r"^(?:#{1,6}\s+|\s*[-=*_]{3,}\s*$)", re.MULTILINE)
_TABLE_ROW = re.compile(r"^\s*\|.*\n?", re.MULTILINE)
_SENTENCE_END = re.compile(r"[.!?:]\s|\n")


def render(facts: Facts, max_chars: int) -> str:
    """The last answers within `max_chars` characters, "" when there are none or no room.

    The newest gets the most room; code blocks of over eight lines are left out.
    """
    room = max_chars - len(HEADING) - 2
    parts: list[str] = []
    for number, answer in enumerate(facts.answers):
        if room < MIN_CHARS:
            break
        last = number + 1 == len(facts.answers)
        most = room if last else max(room * 3 // 5, min(room, 600))
        part = _shortened(_prose(answer, plain=most < 800), most)
        if len(part) >= MIN_CHARS or not parts:
            parts.append(part)
            room -= len(part) + 6
    body = "\n\n---\n".join(part for part in parts if part)
    return f"{HEADING}\n{body}\n" if body else ""


def _prose(answer: str, *, plain: bool) -> str:
    """The text without long code, and without marks of headings: the outline is the brief's.

    `plain` leaves out all code blocks and tables, where there is no room for them.
    """
    most = 0 if plain else 8
    text = _CODE.sub(lambda m: m[0] if m[1].count("\n") <= most else "", answer)
    if plain:
        text = _TABLE_ROW.sub("", text)
    return re.sub(r"\n{3,}", "\n\n", _MARKUP.sub("", text)).strip()


def _shortened(text: str, most: int) -> str:
    """The text, or its beginning up to the end of a sentence."""
    if len(text) <= most:
        return text
    head = truncate.keep_head(text, most - 2)
    ends = [sentence_end.end() for sentence_end in _SENTENCE_END.finditer(head)]
    if ends and ends[-1] > most // 2:
        head = head[: ends[-1]]
    if head.count("```") % 2:
        head = head[: head.rindex("```")]
    return head.rstrip() + " …"
