"""The decision: what a reading calls for, as a table, and what can never be called for."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handoff.config.model import DEFAULTS, Config
from handoff.meter.context import Reading
from handoff.session.policy import (
    HANDOFF,
    NONE,
    WARN,
    context_limit,
    decide,
    has_fallen,
    is_crossed,
    thousands,
)

if TYPE_CHECKING:
    from collections.abc import Collection

EMPTY: dict[str, Any] = {"context": [], "cost_usd": None, "five_hour": None, "seven_day": None}


def million(tokens: int | None = None, five_hour: float | None = None) -> Reading:
    """A reading in a large window: the default lines are at 120k and 200k."""
    return Reading(tokens, 1_000_000, 967_000, five_hour=five_hour)


def small(tokens: int) -> Reading:
    """A reading in a small window: the default lines are at 83,500 and 116,900."""
    return Reading(tokens, 200_000, 167_000)


def config(mode: str = "write", **handoff: Any) -> Config:
    """The default configuration, with other parts of the handoff threshold."""
    values = copy.deepcopy(DEFAULTS)
    values["mode"] = mode
    values["thresholds"]["handoff"].update(handoff)
    return Config(values)


@pytest.mark.parametrize(
    ("reading", "fired", "act", "trigger"),
    [
        (million(), (), NONE, ""),
        (million(0), (), NONE, ""),
        (million(119_999), (), NONE, ""),
        (million(120_000), (), WARN, "context"),
        (million(120_000), (WARN,), NONE, "context"),
        (million(120_000), ("model_told_warn",), WARN, "context"),
        (million(199_999), (WARN,), NONE, "context"),
        (million(200_000), (WARN,), HANDOFF, "context"),
        (million(200_000), (), HANDOFF, "context"),
        (million(999_999), (), HANDOFF, "context"),
        (million(200_000), (HANDOFF,), NONE, "context"),
        (million(250_000), (WARN, HANDOFF), NONE, "context"),
        (million(150_000), (HANDOFF,), WARN, "context"),
        (small(83_499), (), NONE, ""),
        (small(83_500), (), WARN, "context"),
        (small(116_899), (WARN,), NONE, "context"),
        (small(116_900), (), HANDOFF, "context"),
        (Reading(119_999), (), NONE, ""),
        (Reading(120_000), (), WARN, "context"),
        (Reading(200_000), (), HANDOFF, "context"),
        (Reading(10, five_hour=74.9), (), NONE, ""),
        (Reading(10, five_hour=75.0), (), WARN, "cap"),
        (Reading(10, five_hour=90.0), (), HANDOFF, "cap"),
        (Reading(10, seven_day=85.0), (), WARN, "cap"),
        (Reading(10, seven_day=95.0), (WARN,), HANDOFF, "cap"),
        (Reading(10, cost_usd=1e9), (), NONE, ""),
        (Reading(None, five_hour=99.0), (), NONE, ""),
        (million(200_000, five_hour=99.0), (), HANDOFF, "context"),
    ],
)
def test_a_reading_calls_for_one_act(
    reading: Reading, fired: Collection[str], act: str, trigger: str
) -> None:
    """Each acts once a cycle, the handoff threshold before the warn threshold, at its figure."""
    decision = decide(reading, fired, config())

    assert (decision.act, decision.trigger, decision.born_over) == (act, trigger, False)
    assert decision.reason


def test_the_reason_names_the_line_and_its_figures() -> None:
    """What a person reads says which threshold was passed, by how much."""
    decision = decide(million(205_000), (), config())

    assert decision.reason == "context 205k, over the 200k handoff threshold"
    assert decision.crossed == "context 205k, over the 200k threshold"
    assert "205k" in repr(decision)


@pytest.mark.parametrize("tokens", [0, 120_000, 500_000, None])
def test_off_decides_nothing(tokens: int | None) -> None:
    """In mode off no reading calls for anything."""
    assert decide(million(tokens), (), config("off")).act == NONE


@pytest.mark.parametrize("mode", ["notify", "write"])
def test_the_decision_is_the_same_in_every_other_mode(mode: str) -> None:
    """A mode changes what is done about a decision, not the decision."""
    assert decide(million(200_000), (), config(mode)).act == HANDOFF


@pytest.mark.parametrize(
    ("tokens", "fired", "act", "born_over"),
    [
        (200_000, (), WARN, True),
        (200_000, (WARN,), NONE, True),
        (900_000, (WARN,), NONE, True),
        (200_000, (HANDOFF,), WARN, True),
        (150_000, (), WARN, False),
        (100_000, (), NONE, False),
    ],
)
def test_a_session_born_over_the_threshold_is_told_once(
    tokens: int, fired: Collection[str], act: str, born_over: bool
) -> None:
    """It is never handed off: the next session would begin over the threshold as well."""
    decision = decide(million(tokens), fired, config(), born_over=True)

    assert (decision.act, decision.born_over) == (act, born_over)


@pytest.mark.parametrize(
    ("tokens", "covered", "act"),
    [
        (205_000, 0, HANDOFF),
        (205_000, 205_000, NONE),
        (205_000, 190_000, NONE),
        (224_999, 205_000, NONE),
        (225_000, 205_000, HANDOFF),
        (400_000, 205_000, HANDOFF),
        (150_000, 150_000, WARN),
    ],
)
def test_a_brief_of_this_cycle_is_not_written_again(tokens: int, covered: int, act: str) -> None:
    """A brief is good until the context has grown by another tenth of the threshold."""
    assert decide(million(tokens), (), config(), covered=covered).act == act


READINGS = st.builds(
    Reading,
    st.none() | st.integers(0, 2_000_000),
    st.none() | st.sampled_from([200_000, 1_000_000]),
    st.none() | st.sampled_from([167_000, 967_000]),
    cost_usd=st.none() | st.floats(0, 100),
    five_hour=st.none() | st.floats(0, 120),
    seven_day=st.none() | st.floats(0, 120),
)
FIRED = st.sets(st.sampled_from([WARN, HANDOFF, "model_told_warn"]))


@given(READINGS, FIRED, st.booleans(), st.integers(0, 1_000_000))
def test_no_decision_repeats_what_has_fired(
    reading: Reading, fired: set[str], born_over: bool, covered: int
) -> None:
    """Whatever the figures: an act that has fired in this cycle is not called for again."""
    decision = decide(reading, fired, config(cost_usd=5.0), born_over=born_over, covered=covered)

    assert decision.act not in fired
    assert not (born_over and decision.act == HANDOFF)
    assert (decision.act == NONE) or decision.crossed


@pytest.mark.parametrize(
    ("line", "reading", "expected"),
    [
        ({}, Reading(10**9), None),
        ({"context": [100]}, Reading(99), None),
        ({"context": [100]}, Reading(100), ("context 100, over the 100 threshold", "context")),
        ({"context": ["50%"]}, Reading(10**9), None),
        ({"cost_usd": 2.0}, Reading(1, cost_usd=1.99), None),
        (
            {"cost_usd": 2.0},
            Reading(1, cost_usd=2.0),
            ("cost $2.00, over the $2.00 threshold", "cost"),
        ),
        ({"cost_usd": 2.0}, Reading(1), None),
        ({"five_hour": 90.0}, Reading(1, seven_day=99.0), None),
        (
            {"five_hour": 90.0},
            Reading(1, five_hour=91.2),
            ("5-hour cap at 91%, over the 90% threshold", "cap"),
        ),
        (
            {"seven_day": 95.0},
            Reading(1, seven_day=95.0),
            ("7-day cap at 95%, over the 95% threshold", "cap"),
        ),
        (
            {"context": [100], "cost_usd": 1.0, "five_hour": 1.0},
            Reading(1, cost_usd=3.0, five_hour=50.0),
            ("cost $3.00, over the $1.00 threshold", "cost"),
        ),
    ],
)
def test_a_line_is_crossed_by_its_first_part_that_is_passed(
    line: dict[str, Any], reading: Reading, expected: tuple[str, str] | None
) -> None:
    """Context, cost, caps, in this order; a part without a figure is not passed."""
    assert is_crossed(reading, {**EMPTY, **line}) == expected


@pytest.mark.parametrize(
    ("context", "room", "expected"),
    [
        ([], 1_000_000, None),
        ([], None, None),
        (["50%"], 1_000_000, 500_000),
        (["50%"], None, None),
        (["33.3%"], 1_000, 333),
        (["100%"], 167_000, 167_000),
        ([120_000], None, 120_000),
        (["50%", 120_000], 1_000_000, 120_000),
        (["50%", 120_000], 200_000, 100_000),
        (["50%", 120_000], None, 120_000),
        (["70%", "60%", 900_000, 800_000], 1_000_000, 600_000),
    ],
)
def test_the_limit_is_the_lowest_part(
    context: list[Any], room: int | None, expected: int | None
) -> None:
    """Percents are of the room, and count only where it is known."""
    assert context_limit({"context": context}, room) == expected


@pytest.mark.parametrize(
    ("window", "compact_at", "room"),
    [(1_000_000, 967_000, 967_000), (200_000, None, 200_000), (None, 5, 5), (None, None, None),
     (100_000, 967_000, 100_000), (0, 0, None)],
)  # fmt: skip
def test_the_room_is_what_can_really_be_filled(
    window: int | None, compact_at: int | None, room: int | None
) -> None:
    """The lower of the window and the point at which the client compacts."""
    assert Reading(1, window, compact_at).room == room


@pytest.mark.parametrize(
    ("tokens", "fired_at", "expected"),
    [(0, 0, False), (100, 0, False), (59, 100, True), (60, 100, False), (200, 100, False)],
)
def test_a_cycle_ends_where_the_context_has_clearly_fallen(
    tokens: int, fired_at: int, expected: bool
) -> None:
    """A new cycle needs a fall by two fifths: a small dip does not let a line fire again."""
    assert has_fallen(tokens, fired_at) is expected


@pytest.mark.parametrize(
    ("count", "words"),
    [(0, "0"), (999, "999"), (1_000, "1k"), (182_340, "182k"), (1_000_000, "1M"),
     (1_250_000, "1.25M"), (1_200_000, "1.2M")],
)  # fmt: skip
def test_counts_are_as_short_as_a_person_wants_them(count: int, words: str) -> None:
    """Thousands and millions, without zeros that say nothing."""
    assert thousands(count) == words
