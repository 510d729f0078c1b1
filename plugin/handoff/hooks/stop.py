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
    if event.session.sent:  # a brief that the model's shell may not store
        event.runtime.need_environment()
        from handoff.hooks import handover

        handover.rescue_brief(event)
    answer = _react(event)
    if event.session.untold and not event.session.is_handing_over:
        answer = _tell_briefs(event, answer)
    if event.is_at_turns_end:
        from handoff.mod import orders

        orders.publish(event, turn=event.payload.text("prompt_id"))
    return answer


def _tell_briefs(event: Event, answer: dict[str, Any] | None) -> dict[str, Any]:
    """The answer, and what is to be said of briefs that the model stored on a user's word."""
    from handoff.hooks import brief_report
    from handoff.session import transitions

    entries, session = transitions.take_untold(event.home, event.session_id)
    event.adopt(session)
    text = brief_report.report(entries)
    return hook_io.also_tell_user(answer, text) if text else answer or {}


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
    """Tell once a cycle that a handoff is due and the breaker is open."""
    if not sense.fire_once(event, state.TOLD_HELD, tokens):
        return None
    from handoff.session import command_names

    return hook_io.tell_user(
        f"handoff: {decision.crossed}, but {decision.reason}.\n"
        f"{command_names.handoff_command(event)} writes a brief now. "
        "To resume automatic handoffs: handoff session breaker --close"
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
    from handoff.session import assess, command_names, outlook

    config = event.config
    paused = assess.why_paused(event.session.project, config, event.runtime)
    ahead = outlook.predict(event.reading, event.session, config, decision, paused=paused)
    command = command_names.handoff_command(event)
    by_hand = f"{command} writes a brief for a fresh session"
    if decision.act == policy.HANDOFF:
        return f"{decision.crossed}. {by_hand} ({sense.describe_mode(event)})."
    figures = sense.describe_figures(event.reading, config)
    if decision.trigger != "context":
        figures = f"{decision.crossed}; {figures}"
    if decision.born_over:
        return f"{figures}. This session began over its handoff threshold; {by_hand}."
    if not config.writes:
        return f"{figures}. {by_hand} ({sense.describe_mode(event)})."
    if ahead.paused:
        return f"{figures}, but {ahead.paused}. {by_hand}."
    step = ahead.handoff_step
    if step is None or step.what == outlook.NOTHING:
        return f"{figures}. {by_hand}."
    at = (
        "at that point" if step.at == ahead.limits["handoff"] else f"at {policy.thousands(step.at)}"
    )
    return f"{figures}. A brief is written {at}; {command} writes one now."
