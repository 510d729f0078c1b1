"""`PostToolBatch` and `Stop`: sense, decide, act. Below the lines they read two small files."""

from __future__ import annotations

from handoff.client import hook_io, mod_state
from handoff.client.transcript import tail
from handoff.hooks import turn_end
from handoff.meter import context
from handoff.session import assess, decision_log, hard_line, observed_compaction, policy, state

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from handoff.config.model import Config
    from handoff.runtime import Here


def post_tool_batch(payload: hook_io.Payload, here: Here) -> dict[str, Any] | None:
    """Tell the model, once a climb, that a line is passed: a fact it can plan by."""
    if payload.in_subagent:
        return None
    session = state.load(here.home, payload.session_id)
    sensed = _sense("post-tool-batch", payload, session, here)
    if sensed is None:
        return None
    reading, session, config, decision = sensed
    if not config.writes or decision.born_over:
        return None
    figures = _figures(reading, config)
    if decision.act == policy.HANDOFF:
        name = state.MODEL_TOLD_HANDOFF
        text = (
            f"handoff: {figures}. It is passed: at a turn's end the task is handed over to a fresh "
            "session by a brief, once. Nothing is to be done about it before that."
        )
    elif policy.crossed(reading, config.line("notice")) and decision.act == policy.NOTICE:
        name = state.MODEL_TOLD_NOTICE
        text = f"handoff: {figures}. Nothing is to be done about it now."
    else:
        return None
    if name in session.fired or not state.fire(
        here.home, payload.session_id, name, reading.tokens or 0
    ):
        return None
    return hook_io.tell_model("post-tool-batch", text)


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
    sensed = _sense("stop", payload, session, here, current=current, held_up=held_up)
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
    return hook_io.tell_user(f"handoff: {_advice(decision, reading, config)}")


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


def _sense(
    event: str,
    payload: hook_io.Payload,
    session: state.SessionState,
    here: Here,
    *,
    current: bool = False,
    held_up: str = "",
) -> tuple[context.Reading, state.SessionState, Config, policy.Decision] | None:
    """Reading, state and decision of this moment; None where nothing can be said or is wanted.

    `current`: the feed was saved for this very moment. `held_up`: why nothing may be handed over.
    """
    config = session.adapt(here.config(session.text("project") or payload.cwd))
    if config.mode == "off":
        return None
    reading = context.take(
        here.home,
        payload.session_id,
        payload.transcript,
        session.text("model"),
        observed_compaction.rules(session, here),
        answer=payload.text("last_assistant_message"),
        current=current,
    )
    if reading.tokens is None:
        return None
    observed_compaction.note(event, payload, session, reading, here)
    highest = max(session.fired.values(), default=0)
    if policy.has_fallen(reading.tokens, highest) and not session.is_handing_over:
        fallen_to = reading.tokens

        def begin(values: dict[str, Any]) -> bool:
            latest = state.SessionState(values)
            if latest.is_handing_over or latest.fired != session.fired:
                return False  # the turn's end was faster than this hook beside it
            state.new_climb(values, tail.size(payload.transcript))
            values["first_tokens"] = fallen_to
            return True

        session = state.update(here.home, payload.session_id, begin) or session
    decision = assess.decide(payload.transcript, reading, session, config, here)
    is_held_up = held_up and decision.act == policy.HANDOFF and config.writes
    act, reason = (policy.NONE, held_up) if is_held_up else (decision.act, decision.reason)
    decision_log.note(here.home, payload.session_id, event, act, reason, here.now)
    hard_line.watch(payload.session_id, reading, session, config, here)
    if policy.crossed(reading, config.line("handoff")) is None:
        _note_under(payload.session_id, reading, session, here)
    return reading, session, config, decision


def _note_under(
    session_id: str, reading: context.Reading, session: state.SessionState, here: Here
) -> None:
    """Only a session that was once seen under the line can be said to have passed it."""
    seen: dict[str, Any] = {}
    if session.first_tokens is None:
        seen["first_tokens"] = reading.tokens
    if reading.has_bill and not session.began_in_budget:
        seen["began_in_budget"] = True
    if seen:
        state.update(here.home, session_id, lambda values: values.update(seen))


def _figures(reading: context.Reading, config: Config) -> str:
    """`the context holds 125k of 1M tokens; the handoff line is at 200k`."""
    held = policy.thousands(reading.tokens or 0)
    size = f" of {policy.thousands(reading.window)}" if reading.window else ""
    limit = policy.context_limit(config.line("handoff"), reading.room)
    line = f"; the handoff line is at {policy.thousands(limit)}" if limit else ""
    return f"the context holds {held}{size} tokens{line}"


def _advice(
    decision: policy.Decision,
    reading: context.Reading,
    config: Config,
) -> str:
    """One sentence with a number and a choice."""
    figures = _figures(reading, config)
    if decision.trigger != "context":
        figures = f"{decision.crossed}; {figures}"
    by_hand = "/handoff:handoff writes a brief for a fresh session"
    if decision.born_over:
        return (
            f"{figures}. This session began over its handoff line, so nothing happens by itself; "
            f"{by_hand}."
        )
    if decision.act == policy.HANDOFF:
        return f"{figures}. {by_hand} (mode notify: nothing happens by itself)."
    if not config.writes:
        return f"{figures}. Nothing happens by itself; {by_hand}."
    return f"{figures}, where a brief is written. /handoff:handoff writes one now."
