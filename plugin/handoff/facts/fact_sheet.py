"""The facts as Markdown within a given size: what is likeliest to be needed next comes in first.

Every entry that could be shown has a worth; entries are taken by worth for their length until the
size is reached, and stand in a fixed order. What was left out is counted.
"""

from __future__ import annotations

from dataclasses import is_dataclass
from typing import TYPE_CHECKING, Any

from handoff.base import quoting, truncate
from handoff.facts.sheet_entries import sections
from handoff.prompts.texts import BUILT_IN

if TYPE_CHECKING:
    from handoff.facts.model import Facts
    from handoff.facts.sheet_entries import Section
    from handoff.prompts.texts import Prompts

HEADING = "## Facts"
_SMALL = 1_500  # characters of a sheet from which on the whole note is worth its place
_MAX_VALUE_CHARS = 6_000  # characters of one value that are looked at: no entry shows more


def render(facts: Facts, max_chars: int, *, prompts: Prompts = BUILT_IN) -> str:
    """The facts under `## Facts`, at most `max_chars` characters; "" when not even one fits."""
    offered = [section for section in sections(_inert(facts)) if section.items]
    is_small = max_chars < _SMALL
    note = prompts.render("facts_note_short" if is_small else "facts_note") + "\n" * (not is_small)
    head = f"{HEADING}\n{note}\n"
    _fill(offered, max_chars - len(head))
    body = "\n".join(text for section in offered if (text := section.render()))
    return f"{head}{body}\n" if body else ""


def _inert(value: Any) -> Any:
    """The value with every text in it as others' words that may stand in a line of the sheet.

    All of them go through here, whatever they are, so that none is forgotten.
    """
    if isinstance(value, str):
        half = _MAX_VALUE_CHARS // 2
        if len(value) > _MAX_VALUE_CHARS:
            value = f"{truncate.keep_head(value, half)}…{truncate.keep_tail(value, half)}"
        return quoting.line(value)
    if isinstance(value, tuple):
        return tuple(map(_inert, value))
    if is_dataclass(value) and not isinstance(value, type):
        return type(value)(**{name: _inert(part) for name, part in vars(value).items()})
    return value


def _fill(offered: list[Section], room: int) -> None:
    """Take items by worth for their length while there is room."""
    offers = []
    for section in offered:
        for item in section.items:
            density = item.worth / (len(item.text) + 4)
            offers.append((density, False, section, item))
            if item.more:  # never before the item itself
                extra = max(len(item.more) - len(item.text), 1)
                offers.append((min(item.more_worth / extra, density), True, section, item))
    offers.sort(key=lambda offer: (-offer[0], offer[1]))
    opened: set[int] = set()
    for _, is_more, section, item in offers:
        if is_more:
            cost = len(item.more) - len(item.text) if item.taken else room + 1
        else:
            cost = len(item.text) + (2 if section.inline else 3)
            cost += 0 if id(section) in opened else section.overhead
        if cost > room:
            continue
        room -= cost
        if is_more:
            item.text = item.more
        else:
            item.taken = True
            opened.add(id(section))
