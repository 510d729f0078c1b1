"""`PostToolBatch` and `Stop`: sense, decide, act. Below the lines they read two small files."""

from __future__ import annotations

from handoff.client import hook_io, mod_state
from handoff.hooks import sense, tool_batch, turn_end
from handoff.session import assess, decision_log, outlook, policy, state

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from handoff.runtime import Here


def stop(payload: hook_io.Payload, here: Here) -> dict[str, Any] | None:
    """At a turn's end: hand over at the handoff line, tell the user at the notice line."""
    if payload.in_subagent:
        return None
    said = mod_state.load(here.home, payload.session_id)
    session = state.load(here.home, payload.session_id)
    told = ""
    if session.sent:  # a brief that the model's shell may not store
        here.need_environment()
        from handoff.hooks import handover

        told = handover.rescue(payload, here)
        session = state.load(here.home, payload.session_id)
    answer = _at_turns_end(payload, session, said, here)
    answer = hook_io.also_tell_user(answer, told) if told else answer
    if said.is_at(payload):
        from handoff.mod import orders

        orders.publish(payload.session_id, here, turn=payload.text("prompt_id"))
    return answer


def _at_turns_end(
    payload: hook_io.Payload, session: state.SessionState, said: mod_state.Mod, here: Here
) -> dict[str, Any] | None:
    held_up = turn_end.held_up(payload, session, here.now)
    session, pending = turn_end.take_up(payload, session, held_up, here)
    if pending == turn_end.SETTLE:
        here.need_environment()
        from handoff.hooks import handover

        return handover.settle(payload, session, here)
    if pending:
        decision_log.note(here.home, payload.session_id, "stop", policy.NONE, pending, here.now)
        return None
    current = said.is_at(payload)
    sensed = sense._sense("stop", payload, session, here, current=current, held_up=held_up)
    if sensed is None:
        return None
    reading, session, config, decision = sensed
    if decision.act == policy.NONE and not decision.held:
        return None
    tokens = reading.tokens or 0
    if decision.held:
        return _held(decision, tokens, payload, here)
    if decision.act == policy.HANDOFF and config.writes:
        if held_up:
            turn_end.wait(payload.session_id, held_up, tokens, here)
            return None
        return _hand_over(payload, session, decision, tokens, here)
    if not state.fire(here.home, payload.session_id, decision.act, tokens):
        return None
    paused = assess.why_paused(session.text("project"), config, here)
    ahead = outlook.predict(reading, session, config, decision, paused=paused)
    return hook_io.tell_user(f"handoff: {tool_batch._advice(ahead, reading, config)}")


def _held(
    decision: policy.Decision, tokens: int, payload: hook_io.Payload, here: Here
) -> dict[str, Any] | None:
    """Tell once a climb that a handoff is due and may not be."""
    if not state.fire(here.home, payload.session_id, state.TOLD_HELD, tokens):
        return None
    return hook_io.tell_user(
        f"handoff: {decision.crossed}, but {decision.reason}. /handoff:handoff writes a brief all "
        "the same; to close it: handoff breaker --close"
    )


def _hand_over(
    payload: hook_io.Payload,
    session: state.SessionState,
    decision: policy.Decision,
    tokens: int,
    here: Here,
) -> dict[str, Any] | None:
    """Have the mod run `/handoff` if there is one, else give its text to the model here."""
    if not session.values.get("no_mod"):
        from handoff.mod import orders

        if orders.takes_orders(payload, here):
            return orders.ask(payload, decision, tokens, here)
    here.need_environment()
    from handoff.hooks import handover

    return handover.ask(payload, decision, tokens, here)
