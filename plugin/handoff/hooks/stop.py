"""The event Stop: sense, decide, act at a turn's end.

Below the thresholds it reads two small files.
"""

from __future__ import annotations

from handoff.client import hook_io
from handoff.hooks import sense, turn_end
from handoff.session import decision_log, policy, state

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from handoff.hooks.event import Event


def stop(event: Event) -> dict[str, Any] | None:
    """At a turn's end: hand over at the handoff threshold, tell the user at the warn threshold."""
    if event.payload.in_subagent:
        return None
    message = ""
    if event.session.sent:  # a brief that the model's shell may not store
        event.runtime.need_environment()
        from handoff.hooks import handover

        message = handover.rescue_brief(event)
    answer = _react(event)
    answer = hook_io.also_tell_user(answer, message) if message else answer
    if event.is_at_turns_end:
        from handoff.mod import orders

        orders.publish(event, turn=event.payload.text("prompt_id"))
    return answer


def _react(event: Event) -> dict[str, Any] | None:
    held_up = turn_end.why_held_up(event.payload, event.session, event.runtime.now)
    pending = turn_end.take_up(event, held_up)
    if pending == turn_end.SETTLE:
        event.runtime.need_environment()
        from handoff.hooks import handover

        return handover.settle_handover(event)
    if pending:
        decision_log.note(
            event.home, event.session_id, "stop", policy.NONE, pending, event.runtime.now
        )
        return None
    decision = sense.decide(event, held_up)
    if decision is None or (decision.act == policy.NONE and not decision.held):
        return None
    tokens = event.reading.tokens or 0
    if decision.held:
        return _tell_held(event, decision, tokens)
    if decision.act == policy.HANDOFF and event.config.writes:
        if held_up:
            turn_end.record_wait(event, held_up, tokens)
            return None
        return _hand_over(event, decision, tokens)
    if not sense.fire_once(event, decision.act, tokens):
        return None
    return hook_io.tell_user(f"handoff: {_advise(event, decision)}")


def _tell_held(event: Event, decision: policy.Decision, tokens: int) -> dict[str, Any] | None:
    """Tell once a cycle that a handoff is due and may not be."""
    if not sense.fire_once(event, state.TOLD_HELD, tokens):
        return None
    return hook_io.tell_user(
        f"handoff: {decision.crossed}, but {decision.reason}. /handoff:handoff writes a brief all "
        "the same; to close it: handoff session breaker --close"
    )


def _hand_over(event: Event, decision: policy.Decision, tokens: int) -> dict[str, Any] | None:
    """Have the mod run `/handoff` if there is one, else give its text to the model here."""
    if not event.session.no_mod:
        from handoff.mod import orders

        if orders.takes_orders(event, event.payload):
            return orders.ask_for_brief(event, event.payload.text("prompt_id"), decision, tokens)
    event.runtime.need_environment()
    from handoff.hooks import handover

    return handover.ask_for_brief(event, decision, tokens)


def _advise(event: Event, decision: policy.Decision) -> str:
    """One sentence with a number and a choice."""
    from handoff.session import assess, outlook

    config = event.config
    paused = assess.why_paused(event.session.project, config, event.runtime)
    ahead = outlook.predict(event.reading, event.session, config, decision, paused=paused)
    figures = sense.describe_figures(event.reading, config)
    if decision.trigger != "context":
        figures = f"{decision.crossed}; {figures}"
    by_hand = "/handoff:handoff writes a brief for a fresh session"
    if decision.born_over:
        return (
            f"{figures}. This session began over its handoff threshold, so nothing happens by "
            f"itself; {by_hand}."
        )
    if decision.act == policy.HANDOFF:
        return f"{figures}. {by_hand} (mode notify: nothing happens by itself)."
    if not config.writes:
        return f"{figures}. Nothing happens by itself; {by_hand}."
    if ahead.paused:
        return f"{figures}. No brief is written by itself, as {ahead.paused}; {by_hand}."
    step = ahead.handoff_step
    if step is None or step.what == outlook.NOTHING:
        return f"{figures}. {by_hand}."
    is_at_threshold = step.at == ahead.limits["handoff"]
    where = ", where" if is_at_threshold else f"; at {policy.thousands(step.at)}"
    return f"{figures}{where} a brief is written. /handoff:handoff writes one now."
