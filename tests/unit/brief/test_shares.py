"""What is shown of each section where not all fit."""

from __future__ import annotations

import pytest

from handoff.base.utf16 import count_units
from handoff.brief.sections import (
    CONSTRAINTS,
    DECISIONS,
    EARLIER,
    FACTS,
    FINDINGS,
    NEXT_STEP,
    STATE,
    TASK,
)
from handoff.brief.shares import share_room

ROOM = 9000
LONG = {"line": "a line of it\n", "word": "word ", "日本語": "日本語の文を書く。", "emoji": "🎉"}
RULES, STEP = "- never touch it\n" * 60, "Run it.\n"
WORDS = "> keep the old API\n" * 40


@pytest.mark.parametrize("unit", LONG.values(), ids=LONG)
@pytest.mark.parametrize("long", [TASK, STATE, FINDINGS, DECISIONS, FACTS, "Notes", EARLIER])
def test_no_long_section_cuts_what_is_needed_most(long: str, unit: str) -> None:
    """Constraints and Next step are whole whatever else is long; the user's words of earlier
    sessions are, unless they are what is long.
    """
    parts = {CONSTRAINTS: RULES, NEXT_STEP: STEP, EARLIER: WORDS, long: unit * ROOM}
    shown = share_room(parts, ROOM)

    assert [name for name, part in shown.items() if not part.is_whole] == [long]
    assert parts[long].startswith(shown[long].text.partition("\n[…]")[0])
    assert sum(count_units(part.text) for part in shown.values()) <= ROOM


def test_long_constraints_leave_the_task_its_share() -> None:
    """What is needed most is no reason to be told nothing of the task."""
    parts = {TASK: "word " * 1000, CONSTRAINTS: "- never touch it\n" * 2000, NEXT_STEP: STEP}
    shown = share_room(parts, ROOM)

    assert "word " * 300 in shown[TASK].text
    assert shown[NEXT_STEP].is_whole
    assert not shown[CONSTRAINTS].is_whole


def test_a_section_of_which_too_little_fits_is_left_out() -> None:
    """Its room goes to the others."""
    shown = share_room({CONSTRAINTS: "x" * 800, STATE: "word " * 300}, 1000)

    assert shown[CONSTRAINTS].is_whole
    assert shown[STATE] == ("", 0, False)
