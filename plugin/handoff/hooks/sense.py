"""What the reading of this moment calls for, for the events that meter."""

from __future__ import annotations

from handoff.client.transcript import tail
from handoff.session import assess, decision_log, hard_limit, observed_compaction, policy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from handoff.config.model import Config
    from handoff.hooks.event import Event
    from handoff.meter import context


def decide(event: Event, held_up: str = "") -> policy.Decision | None:
    """What is to be done at this moment; None where nothing can be said or is wanted.

    `held_up`: why nothing may be handed over.
    """
    config = event.config
    if config.mode == "off":
        return None
    reading, transcript = event.reading, event.payload.transcript
    if reading.tokens is None:
        return None
    observed_compaction.note(event, transcript, reading, turn_ends=event.name == "stop")
    highest = max(event.session.fired.values(), default=0)
    if policy.has_fallen(reading.tokens, highest) and not event.session.is_handing_over:
        _begin_cycle(event, reading.tokens)
        config = event.config
    decision = assess.decide(transcript, reading, event.session, config, event.runtime)
    is_held_up = held_up and decision.act == policy.HANDOFF and config.writes
    act, reason = (policy.NONE, held_up) if is_held_up else (decision.act, decision.reason)
    if act == policy.HANDOFF and not config.writes:
        act, reason = policy.WARN, f"{reason}; {describe_mode(event)}"
    decision_log.note(event.home, event.session_id, event.name, act, reason, event.runtime.now)
    hard_limit.arm_gate(event.session_id, reading, event.session, config, event.runtime)
    if policy.is_crossed(reading, config.threshold("handoff")) is None:
        _note_under_threshold(event, reading)
    return decision


def _begin_cycle(event: Event, tokens: int) -> None:
    from handoff.session import handoff_transitions

    size = tail.file_size(event.payload.transcript)
    event.adopt(
        handoff_transitions.begin_cycle(event.home, event.session_id, size, tokens, event.session)
    )


def _note_under_threshold(event: Event, reading: context.Reading) -> None:
    """Only a session that was once seen under the threshold can be said to have passed it."""
    session = event.session
    in_budget = reading.has_bill and not session.began_in_budget
    if session.first_tokens is None or in_budget:
        from handoff.session import handoff_transitions

        event.adopt(
            handoff_transitions.note_under_threshold(
                event.home, event.session_id, reading.tokens, in_budget=in_budget
            )
        )


def describe_mode(event: Event) -> str:
    """Why no brief is written in a session whose mode writes none."""
    if event.session.headless and not event.session.mode:
        return "no brief is written in a -p run (headless: notify)"
    return f"no brief is written in mode {event.config.mode}"


def fire_once(event: Event, name: str, tokens: int) -> bool:
    """Whether a threshold or message fires now: once a cycle, in whichever hook is first."""
    if name in event.session.fired:
        return False
    from handoff.session import handoff_transitions

    return event.adopt(handoff_transitions.fire_once(event.home, event.session_id, name, tokens))


def describe_figures(reading: context.Reading, config: Config) -> str:
    """`context 125k of 1M tokens, handoff threshold 200k`."""
    held = policy.thousands(reading.tokens or 0)
    size = f" of {policy.thousands(reading.window)}" if reading.window else ""
    limit = policy.context_limit(config.threshold("handoff"), reading.room)
    threshold = f", handoff threshold {policy.thousands(limit)}" if limit else ""
    return f"context {held}{size} tokens{threshold}"
