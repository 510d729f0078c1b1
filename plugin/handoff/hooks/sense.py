"""Reading, state and decision of one moment, for the events that meter."""

from __future__ import annotations

from handoff.client.transcript import tail
from handoff.meter import context
from handoff.session import assess, decision_log, hard_line, observed_compaction, policy, state

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from handoff.client import hook_io
    from handoff.config.model import Config
    from handoff.runtime import Here


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
