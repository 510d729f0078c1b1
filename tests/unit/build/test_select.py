"""What a build does next, and what it makes of a session: pure decisions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from handoff.build import journal as journals
from handoff.build import select
from handoff.build.journal import Journal
from handoff.loops import verdicts
from handoff.loops.session import Session
from handoff.specs.model import (
    BLOCKED,
    CLAIMED,
    DROPPED,
    OPEN,
    VERIFIED,
    Feature,
    FeatureState,
    Spec,
    Verify,
)


def feature(name: str, *after: str) -> Feature:
    return Feature(name, "functional", name, ("Do it.",), after, Verify("py", f"tests/{name}.py"))


def spec(*features: Feature) -> Spec:
    return Spec("s", "S", "", "/r", features)


def found(**values: Any) -> select.Found:
    given: dict[str, Any] = {
        "ran": True, "exit_code": 0, "proves": True, "has_work": True, "commit": "c1", "at": 5.0,
        "text": "passed, 0.1 s", **values,
    }  # fmt: skip
    return select.Found(**given)


def judge(state: FeatureState, one: select.Found, **how: bool) -> FeatureState:
    return select.judge_attempt(
        state,
        one,
        continues=how.get("continues", False),
        counts=how.get("counts", True),
        interrupted=how.get("interrupted", False),
    )


RED = found(exit_code=1, text="FAILED: exit code 1", tail="E  wrong")


def test_takes_features_in_order_behind_their_predecessors() -> None:
    wanted = spec(feature("b", "a"), feature("a"), feature("c", "b"))
    states: dict[str, FeatureState] = {}
    taken = []
    while (one := select.next_feature(wanted, states)) is not None:
        taken.append(one.id)
        states[one.id] = FeatureState(VERIFIED)
    assert taken == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("state", "is_ready"),
    [(VERIFIED, True), (CLAIMED, True), (DROPPED, True), (OPEN, False), (BLOCKED, False)],
)
def test_a_feature_waits_for_its_predecessor(state: str, is_ready: bool) -> None:
    wanted = spec(feature("a"), feature("b", "a"))
    states = {"a": FeatureState(state)}
    ready = [one.id for one in select.ready_features(wanted, states)]
    assert ("b" in ready) == is_ready


def test_only_what_proves_verifies() -> None:
    assert judge(FeatureState(), found()).state == VERIFIED
    assert judge(FeatureState(), found()).worked_at == "c1"
    claimed = judge(FeatureState(), found(proves=False))
    assert (claimed.state, bool(claimed.reason)) == (CLAIMED, True)


def test_without_a_verify_command_committed_work_is_a_claim() -> None:
    unverified = found(ran=False, exit_code=None, proves=False, text="")
    assert judge(FeatureState(), unverified).state == CLAIMED
    idle = judge(FeatureState(), replace(unverified, has_work=False))
    assert (idle.state, idle.attempts, idle.reason) == (OPEN, 1, "no work was committed")


def test_a_claim_needs_a_verify_command_that_passes_where_there_is_one() -> None:
    assert judge(FeatureState(), replace(RED, proves=False)).state == OPEN


def test_three_failed_attempts_block_a_feature() -> None:
    state = FeatureState()
    states = []
    for _ in range(3):
        state = judge(state, RED)
        states.append(state.state)
    assert states == [OPEN, OPEN, BLOCKED]
    assert state.reason == "its verify command FAILED: exit code 1"
    assert state.tail == "E  wrong"


def test_more_than_three_continuations_are_one_failed_attempt() -> None:
    state = FeatureState()
    for _ in range(3):
        state = judge(state, RED, continues=True)
        assert state.attempts == 0
    state = judge(state, RED, continues=True)
    assert (state.attempts, state.continuations) == (1, 0)


def test_a_repair_counts_as_no_attempt() -> None:
    state = judge(FeatureState(), RED, counts=False)
    assert (state.attempts, state.state) == (0, OPEN)


def test_an_interrupted_session_can_only_verify() -> None:
    """Stopped, lost or at a usage cap: no attempt, no continuation, no claim."""
    for one in (RED, found(proves=False), found(ran=False, exit_code=None, proves=False)):
        for continues in (False, True):
            state = judge(FeatureState(), one, continues=continues, interrupted=True)
            assert (state.state, state.attempts, state.continuations) == (OPEN, 0, 0)
    assert judge(FeatureState(), found(), interrupted=True).state == VERIFIED


def test_a_broken_feature_is_open_and_known_to_have_worked() -> None:
    broken = select.reopen(FeatureState(VERIFIED, worked_at="c0"), RED)
    assert (broken.state, select.is_broken(broken)) == (OPEN, True)
    assert not select.is_broken(FeatureState())
    again = judge(broken, found(commit="c9"), counts=False)
    assert (again.state, again.worked_at) == (VERIFIED, "c0")


def undo(state: FeatureState, *, is_in: bool) -> FeatureState:
    return select.undo_since(state, "green", is_in_green=is_in, commit_in_green=is_in)


def test_going_back_keeps_what_worked_at_the_green_commit() -> None:
    broken = FeatureState(OPEN, worked_at="c0", reason="it worked before")
    back = undo(broken, is_in=True)
    assert (back.state, back.commit, back.reason) == (VERIFIED, "green", "")
    lost = undo(FeatureState(VERIFIED, worked_at="c5"), is_in=False)
    assert (lost.state, lost.attempts, lost.worked_at) == (OPEN, 1, "")
    assert undo(FeatureState(CLAIMED, commit="c5"), is_in=False).state == OPEN
    assert undo(FeatureState(CLAIMED, commit="c0"), is_in=True).state == CLAIMED
    assert undo(FeatureState(BLOCKED, attempts=3), is_in=False).state == BLOCKED
    assert undo(FeatureState(), is_in=False) == FeatureState()


def test_what_changes_touch_is_checked_again_and_the_longest_unchecked() -> None:
    wanted = spec(*(feature(name) for name in "abcde"))
    states = {
        "a": FeatureState(VERIFIED, commit="1", checked=9.0, files=("app.py",)),
        "b": FeatureState(VERIFIED, commit="1", checked=1.0, files=("b.py",)),
        "c": FeatureState(VERIFIED, commit="1", checked=3.0, files=("c.py",)),
        "d": FeatureState(VERIFIED, commit="1", checked=2.0, files=("d.py",)),
        "e": FeatureState(VERIFIED, commit="2", checked=0.0, files=("app.py",)),
    }
    changed = {"1": ["app.py"], "2": []}

    def names(*, everything: bool) -> list[str]:
        again = select.check_again(wanted, states, changed, everything=everything)
        return [one.id for one in again]

    assert names(everything=False) == ["a", "b", "d"]
    assert names(everything=True) == ["a", "b", "c", "d"]
    states["d"] = FeatureState(OPEN, worked_at="1")
    assert names(everything=False)[0] == "d"


def session(verdict: str, **values: Any) -> Session:
    given: dict[str, Any] = {"session": "x", "task": "t", "brief": "b", "directory": "/r"}
    return Session(**given, began=0.0, verdict=verdict, **values)


def end(*sessions: Session, states: dict[str, FeatureState], left: bool, **values: Any) -> str:
    wanted = spec(*(feature(name) for name in states))
    journal = Journal("s", "S", "/r", "/r", "b", features=states, sessions=sessions, **values)
    return select.end_of_build(journal, wanted, next_is_there=left)


OPENED = {"a": FeatureState()}


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ((VERIFIED, VERIFIED), journals.VERIFIED),
        ((VERIFIED, DROPPED), journals.VERIFIED),
        ((VERIFIED, CLAIMED), journals.CLAIMED),
        ((CLAIMED, BLOCKED), journals.BLOCKED),
        ((BLOCKED, OPEN), journals.BLOCKED),
    ],
)
def test_ends_when_nothing_is_left(states: tuple[str, str], expected: str) -> None:
    known = dict(zip("ab", map(FeatureState, states), strict=True))
    assert end(states=known, left=False) == expected


def test_ends_for_what_stops_it() -> None:
    assert end(states=OPENED, left=True) == ""
    assert end(session(verdicts.STOPPED), states=OPENED, left=True) == verdicts.STOPPED
    assert end(session(verdicts.UNREACHED), states=OPENED, left=True) == verdicts.UNREACHED
    lost = session(verdicts.LOST)
    assert end(lost, states=OPENED, left=True) == ""
    assert end(lost, lost, states=OPENED, left=True) == journals.LOST
    assert end(lost, lost, states=OPENED, left=True, since=1) == ""
    idle = [session(verdicts.UNCHANGED)] * 9
    assert end(*idle, states=OPENED, left=True) == ""
    assert end(*idle, session(verdicts.CHANGED), states=OPENED, left=True) == verdicts.SESSIONS
    assert end(session(verdicts.CAP), states=OPENED, left=True) == verdicts.CAP
    paid = session(verdicts.CHANGED, cost_usd=2.0)
    assert end(paid, states=OPENED, left=True, budget_usd=2.0) == verdicts.BUDGET
