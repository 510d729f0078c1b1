"""The event PostToolBatch: after each batch of tool calls the session is metered."""

from __future__ import annotations

from handoff.client import hook_io
from handoff.hooks import sense
from handoff.session import policy, state

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from handoff.hooks.event import Event


def post_tool_batch(event: Event) -> dict[str, Any] | None:
    """Tell the model, once a climb, that a line is passed: a fact it can plan by."""
    if event.payload.in_subagent:
        return None
    decision = sense.decide(event)
    if decision is None:
        return None
    reading, config = event.reading, event.config
    if not config.writes or decision.born_over:
        return None
    figures = sense.describe_figures(reading, config)
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
    if not sense.fire_once(event, name, reading.tokens or 0):
        return None
    return hook_io.tell_model("post-tool-batch", text)
