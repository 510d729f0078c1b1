"""What happens next in a session by itself: worked out once, worded by whoever shows it.

The status line, the mod's line, `handoff status`, `handoff why` and the sentences of `Stop` all
take it from here, so that none of them promises what another denies. `predict` is pure; `read` adds
what only files tell.
"""

from __future__ import annotations

import os

from handoff.runtime import find_root
from handoff.session import assess, policy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from handoff.config.model import Config
    from handoff.meter.context import Reading
    from handoff.session.files import SessionFiles
    from handoff.session.state import SessionState

# Kinds. Nothing is due:
OFF = "off"  # in this session nothing is done
UNKNOWN = "unknown"  # no figures yet
BELOW = "below"
WARNED = "warned"  # between the two thresholds
# A brief is on its way:
DUE = "due"  # at this turn's end
WAITING = "waiting"  # for `reason`
BEING_WRITTEN = "being written"
WRITTEN = "written"
# The handoff threshold is passed, and nothing happens by itself:
PAUSED = "paused"  # `reason`: the breaker
BORN_OVER = "born over"  # the session began over the threshold
TOLD = "told"  # the mode writes no briefs
FIRED = "fired"  # the model was asked once, and wrote none

# What happens at a threshold that lies ahead.
WARN, BRIEF, FRESH, TELL, NOTHING, COMPACT = (
    "warning", "brief", "fresh session", "reminder", "no brief", "compacts",
)  # fmt: skip

_AT_HANDOFF = (BRIEF, FRESH, TELL, NOTHING)
BY_HAND = (BORN_OVER, TOLD, FIRED)  # only the user can have a brief written

_BRIEFLY = {
    DUE: "brief after this turn",
    BEING_WRITTEN: "the brief is being written",
    WRITTEN: "brief written, run /clear",
}
QUIET = 0.6  # below this part of the first threshold there is nothing to say but the figures
_OTHER_HOOK = "another hook keeps this turn going"


class Step:
    """`what` happens once the context holds `at` tokens."""

    __slots__ = ("at", "what")

    def __init__(self, at: int, what: str) -> None:
        self.at = at
        self.what = what

    def __repr__(self) -> str:
        return f"Step({self.at}, {self.what!r})"


class Outlook:
    """What happens next: its `kind`, and the `reason` of one that waits or is held back.

    `passed` is the highest threshold passed, in words with its figures, and what it is of (context,
    cost or cap); `is_over` says whether that is the handoff threshold. `steps` are all that happens
    as the context grows, lowest first; `at_handoff` what does at the handoff threshold, whatever of
    it is passed. `limits` are the thresholds of the context in tokens, None where one has none.
    `paused` says why no brief is written by itself for now, "" if one is.
    """

    __slots__ = (
        "at_handoff", "decision", "is_over", "kind", "limits", "passed", "paused", "reason",
        "steps",
    )  # fmt: skip

    def __init__(
        self,
        kind: str,
        reason: str,
        decision: policy.Decision,
        passed: tuple[str, str] | None,
        steps: tuple[Step, ...],
        limits: dict[str, int | None],
        at_handoff: str,
        *,
        is_over: bool,
        paused: str,
    ) -> None:
        self.kind = kind
        self.reason = reason
        self.decision = decision
        self.passed = passed
        self.is_over = is_over
        self.steps = steps
        self.limits = limits
        self.at_handoff = at_handoff
        self.paused = paused

    @property
    def first_limit(self) -> int | None:
        """The lowest threshold of the context in tokens, None where neither has one."""
        return min((limit for limit in self.limits.values() if limit), default=None)

    @property
    def handoff_step(self) -> Step | None:
        """What happens at the handoff threshold of the context, None where it has none."""
        return next((step for step in self.steps if step.what in _AT_HANDOFF), None)

    def next_step(self, tokens: int) -> Step | None:
        """What comes next when the context holds so many tokens."""
        return next((step for step in self.steps if step.at > tokens), None)


def read(files: SessionFiles, transcript: str, reading: Reading) -> Outlook:
    """The outlook of a session, with its breaker and its mod looked at."""
    session, config, runtime = files.session, files.config, files.runtime
    return predict(
        reading,
        session,
        config,
        assess.decide(transcript, reading, session, config, runtime),
        paused=assess.why_paused(session.project, config, runtime),
        starts_next=config.mode == "auto" and can_start_next(files),
    )


def can_start_next(files: SessionFiles) -> bool:
    """Whether auto mode has what it needs: a mod that can clear the session, and a commit."""
    git = os.path.join(find_root(files.session.project), ".git")
    return (files.config.commit == "off" or os.path.exists(git)) and files.mod.is_interactive


def predict(
    reading: Reading,
    session: SessionState,
    config: Config,
    decision: policy.Decision,
    *,
    paused: str = "",
    starts_next: bool = False,
) -> Outlook:
    """The outlook by a `decision` on `reading`. `paused`: why the breaker holds briefs back, "" if
    it does not; `starts_next`: whether a brief starts the next session.
    """
    over = policy.is_crossed(reading, config.threshold("handoff"))
    passed = over or policy.is_crossed(reading, config.threshold("warn"))
    kind, reason = _kind(reading, session, config, decision, passed, is_over=over is not None)
    limits = {
        name: policy.context_limit(config.threshold(name), reading.room)
        for name in ("warn", "handoff")
    }
    at_handoff = _choose_at_handoff(session, config, paused, starts_next=starts_next)
    return Outlook(
        kind,
        reason,
        decision,
        passed,
        _steps(reading, session, config, limits, at_handoff),
        limits,
        at_handoff,
        is_over=over is not None,
        paused=paused,
    )


def at_step(
    step: Step, reading: Reading, session: SessionState, config: Config, paused: str
) -> Outlook:
    """The outlook once the context has grown to `step` and nothing else has changed."""
    then = reading.grown_to(step.at)
    covered = session.tokens_of_last_brief
    decision = policy.decide(then, session.fired, config, covered=covered, held=paused)
    return predict(then, session, config, decision, paused=paused)


def _kind(
    reading: Reading,
    session: SessionState,
    config: Config,
    decision: policy.Decision,
    passed: tuple[str, str] | None,
    *,
    is_over: bool,
) -> tuple[str, str]:
    if config.mode == "off":
        return OFF, decision.reason
    if reading.tokens is None:
        return UNKNOWN, decision.reason
    waits = session.waits
    if session.is_handing_over:
        if session.brief_as_asked:
            return WRITTEN, ""
        if waits:
            return WAITING, waits
        return (WAITING, _OTHER_HOOK) if session.order.get("continued") else (BEING_WRITTEN, "")
    if decision.held:
        return PAUSED, decision.reason
    if decision.act == policy.HANDOFF and config.writes:
        return (WAITING, waits) if waits else (DUE, "")
    if not is_over:
        return (WARNED if passed else BELOW), decision.reason
    if session.brief_of_cycle:
        return WRITTEN, ""
    if decision.born_over:
        return BORN_OVER, decision.reason
    return (FIRED if config.writes else TOLD), decision.reason


def _steps(
    reading: Reading,
    session: SessionState,
    config: Config,
    limits: dict[str, int | None],
    at_handoff: str,
) -> tuple[Step, ...]:
    steps = []
    warn, handoff = limits["warn"], limits["handoff"]
    if config.mode != "off" and warn and not _has_fired_above(policy.WARN, warn, reading, session):
        steps.append(Step(warn, WARN))
    if config.mode != "off" and handoff:
        covered = session.tokens_of_last_brief
        again = covered + handoff // 10 if covered else 0  # the rule of `policy.decide`
        steps.append(Step(max(handoff, again), at_handoff))
    if reading.compact_at:
        steps.append(Step(reading.compact_at, COMPACT))
    return tuple(sorted(steps, key=lambda step: (step.at, step.what)))


def _choose_at_handoff(
    session: SessionState, config: Config, paused: str, *, starts_next: bool
) -> str:
    if not config.writes:
        return TELL
    if paused or policy.HANDOFF in session.fired:
        return NOTHING
    return FRESH if starts_next else BRIEF


def _has_fired_above(name: str, limit: int, reading: Reading, session: SessionState) -> bool:
    """Whether a threshold has fired that the context has fallen below again: once a cycle."""
    return name in session.fired and (reading.tokens or 0) < limit


def describe_briefly(outlook: Outlook, command: str) -> str:
    """What happens now in a few words, for a line; "" where nothing is due. `command` is what the
    user types for a brief.
    """
    if outlook.kind == WAITING:
        return f"brief waits: {outlook.reason}"
    if outlook.kind == PAUSED:
        return outlook.reason
    if outlook.kind in BY_HAND:
        return _by_hand(command)
    return _BRIEFLY.get(outlook.kind, "")


def _by_hand(command: str) -> str:
    return f"{command} writes a brief"


def describe_over(outlook: Outlook, session: SessionState, command: str) -> str:
    """What happens once the handoff threshold is passed by anything, also by cost or a cap."""
    if outlook.at_handoff in (BRIEF, FRESH):
        return _BRIEFLY[DUE]
    if outlook.at_handoff == NOTHING and session.brief_of_cycle:
        return _BRIEFLY[WRITTEN]
    return outlook.paused or _by_hand(command)


def describe_step(step: Step | None) -> str:
    """`brief at 200k`; "" for none."""
    return f"{step.what} at {policy.thousands(step.at)}" if step else ""
