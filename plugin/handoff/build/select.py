"""What a build does next, and what a session's verification makes of its feature: pure decisions.

The rules (docs/builds.md): one feature a session; three failed attempts block a feature; more than
three continuations are a failed attempt; a build always ends.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from handoff.build import journal as journals
from handoff.loops import verdicts
from handoff.specs import model

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from handoff.build.journal import Journal
    from handoff.loops.session import Session
    from handoff.specs.model import Feature, FeatureState, Spec

MAX_ATTEMPTS = 3
MAX_CONTINUATIONS = 3
MAX_REPAIRS = 2
OLDEST_CHECKED = 2  # verified features that are checked again before new work, unchanged or not
_LOST_IN_A_ROW = 2
_DONE = (model.VERIFIED, model.CLAIMED)
_MAX_REASON_CHARS = 300


@dataclass(frozen=True)
class Found:
    """What code found of a feature after a session.

    `exit_code` is of its verify command, None where its time was up; `ran`: it was run. `proves`:
    passing says that the feature works (`Acceptance.proves`). `has_work`: its sessions committed
    something. `commit` is what it was run at, `at` when (epoch seconds); `text` says how the run
    ended, `tail` has its last lines.
    """

    ran: bool
    exit_code: int | None
    proves: bool
    has_work: bool
    commit: str
    at: float
    seconds: float | None = None
    text: str = ""
    tail: str = ""
    files: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether its verify command was run and passed."""
        return self.ran and self.exit_code == 0


def next_feature(spec: Spec, states: Mapping[str, FeatureState]) -> Feature | None:
    """The first open feature whose `after` are done; None when there is none."""
    return next(iter(ready_features(spec, states)), None)


def ready_features(spec: Spec, states: Mapping[str, FeatureState]) -> list[Feature]:
    """The open features whose `after` are all verified, claimed or dropped, in their order."""
    passed = (*_DONE, model.DROPPED)
    return [
        feature
        for feature in spec.features
        if _state(states, feature.id) == model.OPEN
        and all(_state(states, name) in passed for name in feature.after)
    ]


def judge_attempt(
    state: FeatureState,
    found: Found,
    *,
    continues: bool,
    counts: bool = True,
    interrupted: bool = False,
) -> FeatureState:
    """How far a feature is after a session. `continues`: the session left a brief to continue
    with. It `counts` as an attempt unless it had to fix first what was broken. One that was
    `interrupted` (stopped, lost, at a usage cap) can have built the feature, and says nothing else.
    """
    state = replace(
        state,
        commit=found.commit if found.ran else state.commit,
        exit_code=found.exit_code,
        seconds=found.seconds,
        checked=found.at if found.ran else state.checked,
        tail="" if found.passed else found.tail,
        files=tuple(sorted({*state.files, *found.files})),
    )
    if found.passed and found.proves:
        first = state.worked_at or found.commit
        return replace(state, state=model.VERIFIED, continuations=0, reason="", worked_at=first)
    if interrupted:
        return replace(state, reason=_why_failed(found))
    if not found.proves and found.has_work and (found.passed or not found.ran) and not continues:
        return replace(state, state=model.CLAIMED, continuations=0, reason=_why_claimed(found))
    reason = _why_failed(found)
    if continues and state.continuations < MAX_CONTINUATIONS:
        return replace(state, continuations=state.continuations + 1, reason=reason)
    if not counts:
        return replace(state, continuations=0, reason=reason)
    return fail_attempt(state, reason)


def fail_attempt(state: FeatureState, reason: str) -> FeatureState:
    """One more failed attempt; the last one blocks the feature."""
    attempts = state.attempts + 1
    became = model.BLOCKED if attempts >= MAX_ATTEMPTS else model.OPEN
    return replace(
        state, state=became, attempts=attempts, continuations=0, worked_at="",
        reason=reason[:_MAX_REASON_CHARS],
    )  # fmt: skip


def reopen(state: FeatureState, found: Found) -> FeatureState:
    """A verified feature whose verify command fails now."""
    return replace(
        state,
        state=model.OPEN,
        commit=found.commit,
        exit_code=found.exit_code,
        seconds=found.seconds,
        checked=found.at,
        continuations=0,
        reason=f"it worked before; now its verify command {found.text}"[:_MAX_REASON_CHARS],
        tail=found.tail,
    )


def is_broken(state: FeatureState) -> bool:
    """Whether a feature worked, and does not work now."""
    return state.state == model.OPEN and bool(state.worked_at)


def undo_since(
    state: FeatureState, green: str, *, is_in_green: bool, commit_in_green: bool
) -> FeatureState:
    """How far a feature is once the branch is back at the commit `green`. `is_in_green`: it was
    verified there or before; `commit_in_green`: so was what it is claimed for.
    """
    if state.worked_at and is_in_green:
        return replace(state, state=model.VERIFIED, commit=green, exit_code=0, reason="", tail="")
    is_lost = state.state == model.VERIFIED or is_broken(state)
    if is_lost or (state.state == model.CLAIMED and not commit_in_green):
        gone = replace(state, commit="", exit_code=None, seconds=None, checked=None, files=())
        return fail_attempt(gone, "what was done for it broke something else, and was undone")
    return state


def check_again(
    spec: Spec,
    states: Mapping[str, FeatureState],
    changed: Mapping[str, Sequence[str]],
    *,
    everything: bool,
) -> list[Feature]:
    """The features whose verify command is run again: what is broken, then the verified ones that
    changes may touch.

    `changed` has the files that changed since each commit that a feature was verified at. A feature
    is touched where these are its own files or its test; besides, those are run that were not run
    for longest. With `everything`, all at which anything changed.
    """
    broken = [f for f in spec.features if f.id in states and is_broken(states[f.id])]
    verified = [f for f in spec.features if _state(states, f.id) == model.VERIFIED]
    moved = [f for f in verified if changed.get(states[f.id].commit)]
    if everything:
        return [*broken, *moved]
    touched = [f for f in moved if _is_touched(f, states[f.id], changed[states[f.id].commit])]
    rest = sorted((f for f in moved if f not in touched), key=lambda f: states[f.id].checked or 0.0)
    return [*broken, *touched, *rest[:OLDEST_CHECKED]]


def end_of_build(journal: Journal, spec: Spec, *, next_is_there: bool) -> str:
    """Why a build is over, "" if it goes on. `next_is_there`: a feature is left to work on."""
    now = journal.sessions[journal.since :]
    last = now[-1].verdict if now else ""
    if last in (verdicts.STOPPED, verdicts.UNREACHED):
        return last
    if len(now) >= _LOST_IN_A_ROW and all(_is_lost(one) for one in now[-_LOST_IN_A_ROW:]):
        return journals.LOST
    if not next_is_there:
        return _end_without_next(spec, journal.features)
    left = verdicts.remaining_budget(journal.sessions, journal.budget_usd)
    if left is not None and left < verdicts.MIN_USD:
        return verdicts.BUDGET
    if len(journal.sessions) >= journal.most:
        return verdicts.SESSIONS
    return verdicts.CAP if last == verdicts.CAP else ""


def _end_without_next(spec: Spec, states: Mapping[str, FeatureState]) -> str:
    left = {_state(states, feature.id) for feature in spec.features} - {model.DROPPED}
    if left <= {model.VERIFIED}:
        return journals.VERIFIED
    return journals.CLAIMED if left <= {*_DONE} else journals.BLOCKED


def _is_lost(session: Session) -> bool:
    return session.verdict == verdicts.LOST and not session.changed


def _is_touched(feature: Feature, state: FeatureState, changed: Sequence[str]) -> bool:
    own = {*state.files, *([feature.verify.path] if feature.verify else [])}
    return any(path in own for path in changed)


def _state(states: Mapping[str, FeatureState], feature_id: str) -> str:
    known = states.get(feature_id)
    return known.state if known else model.OPEN


def _why_claimed(found: Found) -> str:
    if not found.ran:
        return "nothing verifies it"
    return "its verify command passes, but you have not accepted its test as proof"


def _why_failed(found: Found) -> str:
    if found.ran and not found.passed:
        return f"its verify command {found.text}"[:_MAX_REASON_CHARS]
    return "no work was committed"
