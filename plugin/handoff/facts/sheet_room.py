"""What a sheet of facts shows in how much room: the less there is, the more goes to short entries.

The figures were measured on what real sessions needed next (`benchmarks/brief_coverage.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from handoff.facts.sheet_entries import Section

_NAMES = frozenset({"Names in play", "Names in recent edits"})
_ASIDE = frozenset({"Subagents", "Questions and answers"})
_SHORT_LABELS = {
    "Requests, newest first": "Requests",
    "Earlier requests, with commits since": "Earlier requests",
    "Read or seen in output": "Seen",
    "Commits, newest first": "Commits",
    "Names in play": "Names",
}


@dataclass(frozen=True)
class Room:
    """How a sheet of fewer than `limit` characters is made; the figures multiply worth."""

    limit: int
    longer: float  # longer texts of entries
    aside: float  # what subagents said, and answers to questions
    names: float
    short_labels: bool = False
    inline_commands: bool = False


ROOMS = (
    Room(1_500, longer=0.1, aside=0.3, names=0.3, short_labels=True, inline_commands=True),
    Room(3_000, longer=0.1, aside=0.3, names=0.3, short_labels=True),
    Room(6_000, longer=0.2, aside=0.3, names=1.6),
)
AMPLE = Room(0, longer=0.3, aside=1.0, names=1.5)


_FULL_LABELS = {short: label for label, short in _SHORT_LABELS.items()}


def full_label(label: str) -> str:
    """The label of a section as it stands where there is room for it."""
    return _FULL_LABELS.get(label, label)


def room_for(max_chars: int) -> Room:
    """How a sheet of so many characters is made."""
    return next((room for room in ROOMS if max_chars < room.limit), AMPLE)


def adapt(section: Section, room: Room) -> Section:
    """The section, made for the room."""
    factor = room.names if section.label in _NAMES else 1.0
    factor *= room.aside if section.label in _ASIDE else 1.0
    for item in section.items:
        item.worth *= factor
        item.more_worth *= factor * room.longer
    if room.short_labels:
        section.label = _SHORT_LABELS.get(section.label, section.label)
    section.inline = section.inline or (room.inline_commands and section.label == "Commands")
    return section
