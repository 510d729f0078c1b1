"""Verdicts on sessions, when a relay ends, what is left of a budget: decisions without effects."""

from __future__ import annotations

from typing import Any

import pytest

from handoff.loops import verdicts as loops_verdicts
from handoff.loops.session import Session, read_sessions

NOTHING = {"done": False, "stopped": False, "continued": False, "changed": False, "reached": True,
           "told": True}  # fmt: skip


def session(verdict: str = "changed", **more: Any) -> Session:
    changed = more.pop("changed", verdict == "changed")
    return Session("s", "t", "b", "/r", 1.0, verdict=verdict, changed=changed, **more)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, "unchanged"),
        ({"changed": True}, "changed"),
        ({"continued": True}, "continued"),
        ({"told": False}, "lost"),
        ({"told": False, "changed": True}, "lost"),
        ({"told": False, "continued": True}, "continued"),
        ({"told": False, "stopped": True}, "stopped"),
        ({"stopped": True, "changed": True, "continued": True}, "stopped"),
        ({"done": True, "stopped": True}, "done"),
        ({"done": True, "told": False, "reached": False}, "done"),
        ({"reached": False}, "unreached"),
        ({"reached": False, "told": False}, "lost"),
    ],
)
def test_a_sessions_verdict(facts: dict[str, bool], expected: str) -> None:
    assert loops_verdicts.judge_session(**{**NOTHING, **facts}) == expected


@pytest.mark.parametrize(
    ("verdicts", "more", "expected"),
    [
        ([], {}, ""),
        (["changed"], {}, ""),
        (["continued", "continued"], {}, ""),
        (["verified"], {"proven": True}, "verified"),
        (["done"], {}, "done"),
        (["done"], {"proven": False}, "unproven"),
        (["stopped"], {}, "stopped"),
        (["unreached"], {}, "unreached"),
        (["unchanged"], {}, ""),
        (["unchanged", "unchanged"], {}, "unchanged"),
        (["unchanged", "lost"], {}, "unchanged"),
        (["unchanged", "changed", "unchanged"], {}, ""),
        (["unchanged", "continued", "unchanged"], {}, ""),
        (["unchanged", "unchanged"], {"since": 1}, ""),
        (["stopped"], {"since": 1}, ""),
        (["changed"] * 3, {"most": 3}, "sessions"),
        (["changed", "verified"], {"most": 2, "proven": True}, "verified"),
        (["changed"] * 3, {"most": 3, "since": 3}, "sessions"),
        (["changed"] * 2, {"budget": 2.005}, "budget"),
        (["changed"] * 2, {"budget": 2.02}, ""),
        (["changed"] * 2, {"budget": 1.0, "since": 2}, "budget"),
    ],
)
def test_when_a_relay_ends(verdicts: list[str], more: dict[str, Any], expected: str) -> None:
    """Each session costs a dollar."""
    sessions = [session(verdict, cost_usd=1.0) for verdict in verdicts]
    orders = {"most": 10, "budget": None, "since": 0, "proven": None, **more}
    assert loops_verdicts.end_of_loop(sessions, **orders) == expected


def test_lost_sessions_that_worked_are_not_idle() -> None:
    lost = session("lost", changed=True)
    assert loops_verdicts.end_of_loop([lost, lost], most=9, budget=None, since=0, proven=None) == ""


@pytest.mark.parametrize(
    ("verdict", "more", "expected"),
    [
        ("done", {}, "done"),
        ("stopped", {"left": "c"}, "stopped"),
        ("continued", {"left": "c"}, ""),
        ("changed", {"left": "c"}, ""),
        ("changed", {}, "changed"),
        ("unchanged", {}, "unchanged"),
        ("lost", {}, ""),
    ],
)
def test_what_a_queue_goes_on_with(verdict: str, more: dict[str, Any], expected: str) -> None:
    assert loops_verdicts.why_given_up([session(verdict, **more)], most=5) == expected


def test_a_queue_gives_a_task_up() -> None:
    assert loops_verdicts.why_given_up([session("lost"), session("lost")], most=5) == "unchanged"
    assert loops_verdicts.why_given_up([session("continued", left="c")] * 5, most=5) == "sessions"
    assert loops_verdicts.why_given_up([], most=5) == ""


def test_what_is_spent() -> None:
    """What is not known counts as all that the session was allowed."""
    sessions = [session(cost_usd=0.25), session(cap_usd=2.0), session(cap_usd=9.0, cost_usd=0.5)]
    assert loops_verdicts.sum_cost(sessions) == pytest.approx(2.75)
    assert loops_verdicts.remaining_budget(sessions, 3.0) == pytest.approx(0.25)
    assert loops_verdicts.remaining_budget(sessions, None) is None


@pytest.mark.parametrize(
    ("budget", "over", "running", "slots", "expected"),
    [
        (None, [], [], 3, None),
        (3.0, [], [], 3, 1.0),
        (3.0, [], [1.0], 2, 1.0),
        (3.0, [0.4], [1.0, 1.0], 1, 0.6),
        (3.0, [2.0], [1.0], 1, 0.0),
        (3.0, [3.5], [], 2, 0.0),
        (3.0, [], [], 0, 3.0),
    ],
)
def test_a_share_of_the_budget(
    budget: float | None, over: list[float], running: list[float], slots: int, expected: Any
) -> None:
    """Together they can never be allowed more than there is."""
    ended = [session(cost_usd=usd) for usd in over]
    going = [session("", cap_usd=usd) for usd in running]
    assert loops_verdicts.budget_share(budget, ended, going, slots) == pytest.approx(expected)


def test_sessions_of_a_journal() -> None:
    """Unknown keys of a later version are passed over, and what is no session."""
    one = session("done", cost_usd=0.5)
    assert read_sessions([{**one.as_json(), "later": 1}, {"session": "x"}, 7]) == [one]
    assert read_sessions({"no": "list"}) == []


def test_a_cap_is_neither_idle_nor_an_end_before_others() -> None:
    """It ends a loop last of all, and sessions around it that did nothing are two in a row."""
    cap, idle = session("cap"), session("unchanged")
    assert loops_verdicts.judge_session(**{**NOTHING, "continued": True, "capped": True}) == "cap"
    for facts in ("done", "stopped"):
        assert loops_verdicts.judge_session(**{**NOTHING, facts: True, "capped": True}) == facts

    def end(*sessions: Session, most: int = 9, budget: float | None = None, since: int = 0) -> str:
        return loops_verdicts.end_of_loop(
            sessions, most=most, budget=budget, since=since, proven=None
        )

    assert end(cap) == end(cap, cap) == end(idle, cap) == "cap"
    assert end(cap, idle) == end(cap, since=1) == ""
    assert end(idle, cap, idle) == "unchanged"
    assert end(cap, most=1) == "sessions"
    assert loops_verdicts.why_given_up([cap], most=5) == ""
    assert loops_verdicts.why_given_up([cap] * 5, most=5) == "sessions"
