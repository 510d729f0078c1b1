"""The line of code's own in an Outcome, and the client's result that it is made from."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handoff.brief import outcome as brief_outcome
from handoff.brief.document import Brief
from handoff.brief.outcome import Cost
from handoff.brief.sections import OUTCOME
from handoff.client import print_result

ID = "20261122-073812-fix-auth-race-9f3a"


def brief(outcome: str) -> Brief:
    return Brief(id=ID, title="T", created="", sections={OUTCOME: outcome})


@pytest.mark.parametrize(
    ("cost", "line"),
    [
        (Cost(0.0421, "s1", turns=12, model="claude-opus-5-5"),
         "Cost: $0.0421, 12 turns. Session s1, claude-opus-5-5; the client's own figures."),
        (Cost(3.0, "s1", calls=1, whose="counted from its transcript", so_far=True),
         "Cost: $3.00 until then, 1 call. Session s1; counted from its transcript."),
        (Cost(None, "s1"), "Cost: unknown. Session s1; the client's own figures."),
        (Cost(0.009190400000000001, "s1"),
         "Cost: $0.0091904. Session s1; the client's own figures."),
    ],
)  # fmt: skip
def test_a_line(cost: Cost, line: str) -> None:
    """What people read is what programs read back."""
    assert cost.line() == line
    usd = brief_outcome.cost_of(brief(f"Did it.\n\n{line}"))
    assert usd == (None if cost.usd is None else pytest.approx(cost.usd, abs=1e-9))


def test_two_sessions() -> None:
    """A brief that two branches finished cost what both did; a session counts once."""
    lines = [Cost(1.5, "s1").line(), Cost(0.25, "s2").line(), Cost(1.5, "s1").line()]
    assert brief_outcome.cost_of(brief("\n".join(lines))) == 1.75


@pytest.mark.parametrize(
    "text",
    ["Cost: $5 and more.", "It cost: $5. Session s1; x.", "Cost: $-5. Session s1; x.",
     "Cost: $5. Session ../s1; x.", "> Cost: $5. Session s1; x.", "Cost: $99999999. Session s; x.",
     "", "Cost: $5. Session s1"],
)  # fmt: skip
def test_no_line(text: str) -> None:
    """What only looks like it is no cost."""
    assert brief_outcome.cost_of(brief(text)) is None


def test_in_its_place() -> None:
    """A later figure of the same session takes the place of the earlier; others' stay."""
    other, early, late = Cost(1.0, "s2"), Cost(2.0, "s1", so_far=True), Cost(3.0, "s1")
    text = brief_outcome.with_cost(
        brief_outcome.with_cost(brief_outcome.with_cost("Did it.", other), early), late
    )
    assert text == f"Did it.\n\n{other.line()}\n\n{late.line()}\n"


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (f"Continued by {ID}.", ID),
        (f"Continued by {ID}.\n\n{Cost(1.0, 's1').line()}", ID),
        (f"Continued by {ID}. And more.", ""),
        ("Continued by ../../etc/passwd.", ""),
        (f"Not continued by {ID}.", ""),
        ("", ""),
    ],
)
def test_continued(outcome: str, expected: str) -> None:
    """Only code's own sentence says that another brief carries this one on."""
    assert brief_outcome.continued_by(brief(outcome)) == expected


@given(st.floats(0, 9_999_999), st.integers(0, 9_999_999), st.text(max_size=60))
def test_any_cost_is_read_back(usd: float, turns: int, model: str) -> None:
    """Whatever the figures and the model's name."""
    cost = Cost(usd, "s1", turns=turns, model=model)
    assert "\n" not in cost.line()
    assert brief_outcome.cost_of(brief(cost.line())) == pytest.approx(usd, abs=1e-8)


# the client's result

USAGE = {
    "claude-haiku-5-5": {"inputTokens": 5, "costUSD": 0.0001},
    "claude-opus-5-5": {"inputTokens": 4, "outputTokens": 40, "cacheReadInputTokens": 18_496,
                        "cacheCreationInputTokens": 30, "cacheCreationEphemeral1hInputTokens": 10,
                        "costUSD": 0.0045},
}  # fmt: skip


def test_a_result() -> None:
    """A run that ended well: figures, and the model that cost most with its tokens."""
    out = {"subtype": "success", "is_error": False, "session_id": "s1", "total_cost_usd": 0.0046,
           "num_turns": 4, "result": "end", "modelUsage": USAGE,
           "permission_denials": [{"tool_name": "Bash"}]}  # fmt: skip
    result = print_result.read_result(json.dumps(out), 0)
    assert (result.session, result.words, result.error, result.stopped) == ("s1", "end", "", "")
    assert (result.cost_usd, result.turns, result.refused) == (0.0046, 4, 1)
    assert (result.model, result.tokens) == ("claude-opus-5-5", (4, 20, 10, 18_496, 40))


@pytest.mark.parametrize(
    ("told", "stopped", "error"),
    [
        ({"subtype": "error_max_turns", "errors": ["Reached maximum number of turns (2)"]}, "turns",
         "error_max_turns: Reached maximum number of turns (2)"),
        ({"subtype": "error_max_budget_usd", "errors": None}, "budget", "error_max_budget_usd"),
        ({"subtype": "success", "result": " API Error: 401 "}, "", "API Error: 401"),
        ({}, "", "exit code 1"),
    ],
)  # fmt: skip
def test_a_result_with_an_error(told: dict[str, Any], stopped: str, error: str) -> None:
    """Which limit ended it, and what the client says."""
    result = print_result.read_result(json.dumps({"is_error": True, **told}), 1)
    assert (result.stopped, result.error) == (stopped, error)


@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["session_id", "total_cost_usd", "num_turns", "result", "modelUsage",
                         "permission_denials", "errors", "subtype", "costUSD", "inputTokens"]),
        inner, max_size=4),
    max_leaves=12,
))  # fmt: skip
def test_any_result(output: Any) -> None:
    """Whatever shape it has, it is read as far as that goes."""
    result = print_result.read_result(json.dumps(output), 0)
    assert isinstance(result.session, str)
    assert result.turns is None or isinstance(result.turns, int)
