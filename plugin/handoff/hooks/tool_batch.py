"""The event PostToolBatch: after each batch of tool calls the session is metered."""

from __future__ import annotations

from handoff.client import hook_io
from handoff.hooks import sense
from handoff.session import outlook, policy, state

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from handoff.config.model import Config
    from handoff.meter import context
    from handoff.runtime import Here


def post_tool_batch(payload: hook_io.Payload, here: Here) -> dict[str, Any] | None:
    """Tell the model, once a climb, that a line is passed: a fact it can plan by."""
    if payload.in_subagent:
        return None
    session = state.load(here.home, payload.session_id)
    sensed = sense._sense("post-tool-batch", payload, session, here)
    if sensed is None:
        return None
    reading, session, config, decision = sensed
    if not config.writes or decision.born_over:
        return None
    figures = sense._figures(reading, config)
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


def _advice(ahead: outlook.Outlook, reading: context.Reading, config: Config) -> str:
    """One sentence with a number and a choice."""
    decision = ahead.decision
    figures = sense._figures(reading, config)
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
    if ahead.paused:
        return f"{figures}. No brief is written by itself, as {ahead.paused}; {by_hand}."
    step = ahead.handoff_step
    if step is None or step.what == outlook.NOTHING:
        return f"{figures}. {by_hand}."
    is_at_threshold = step.at == ahead.limits["handoff"]
    where = ", where" if is_at_threshold else f"; at {policy.thousands(step.at)}"
    return f"{figures}{where} a brief is written. /handoff:handoff writes one now."
