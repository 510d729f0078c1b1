"""Which part of each section the next session is given: what is needed most is cut last.

Room is in UTF-16 units, as the client counts. Each section has a share that no other one can take;
what is left goes to the sections in the order of need, which is not the order they stand in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from handoff.base import truncate, utf16
from handoff.brief.sections import (
    CONSTRAINTS,
    DECISIONS,
    EARLIER,
    FACTS,
    FINDINGS,
    NEXT_STEP,
    QUESTIONS,
    STATE,
    TASK,
    VERIFY,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# What the user ruled out and what comes first are never cut by anything but each other.
NEED = (
    CONSTRAINTS,
    NEXT_STEP,
    TASK,
    EARLIER,
    STATE,
    FINDINGS,
    DECISIONS,
    VERIFY,
    QUESTIONS,
    FACTS,
)
_SHARES = {
    CONSTRAINTS: 0.30,
    TASK: 0.22,
    EARLIER: 0.15,
    NEXT_STEP: 0.12,
    STATE: 0.06,
    DECISIONS: 0.04,
    FINDINGS: 0.03,
    VERIFY: 0.03,
    QUESTIONS: 0.03,
}
_MIN_SECTION_UNITS = 300  # a section cut shorter than this says nothing
_CUT = "\n[…]\n\n"
_BREAKS = (" ", "。", "、", "，", "；")


class Shown(NamedTuple):
    """What is shown of a section, and of how many of its lines ("" and 0 for nothing)."""

    text: str
    lines: int
    is_whole: bool


def share_room(parts: Mapping[str, str], room: int) -> dict[str, Shown]:
    """What is shown of each part (a heading's line, then its body) in `room` units."""
    sizes = {name: utf16.count_units(part) for name, part in parts.items()}
    order = [name for name in NEED if name in parts]
    order += [name for name in parts if name not in NEED]
    given = _give(sizes, order, max(room, 0))
    return {name: _show(part, given[name], sizes[name]) for name, part in parts.items()}


def _give(sizes: Mapping[str, int], order: Iterable[str], room: int) -> dict[str, int]:
    given = {name: min(size, int(room * _SHARES.get(name, 0))) for name, size in sizes.items()}
    left = room - sum(given.values())
    for _ in range(2):  # again with what sections gave back that would have said nothing
        for name in order:
            most = min(sizes[name], given[name] + left)
            if most < sizes[name] and most < _MIN_SECTION_UNITS:
                most = 0
            left += given[name] - most
            given[name] = most
    return given


def _show(part: str, most: int, size: int) -> Shown:
    if most >= size:
        return Shown(part, part.count("\n"), is_whole=True)
    kept = utf16.keep_units(part, most - len(_CUT) - 1)
    if most < _MIN_SECTION_UNITS or not kept:
        return Shown("", 0, is_whole=False)
    end = kept.rfind("\n")
    if end <= len(kept) // 2:
        end = max(kept.rfind(mark) for mark in _BREAKS) + 1
    if end <= len(kept) // 2:
        end = truncate.between_characters(part, len(kept), -1)
    whole_lines = kept.count("\n", 0, end) + (kept[end : end + 1] == "\n")
    return Shown(kept[:end].rstrip() + _CUT, whole_lines, is_whole=False)
