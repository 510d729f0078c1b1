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
    """Tell the model, once a cycle, that a threshold is passed: a fact it can plan by."""
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
        name, prompt = state.MODEL_TOLD_HANDOFF, "threshold_handoff"
    elif policy.is_crossed(reading, config.threshold("warn")) and decision.act == policy.WARN:
        name, prompt = state.MODEL_TOLD_WARN, "threshold_warn"
    else:
        return None
    if name in event.session.fired:
        return None
    text = event.prompts.render(prompt, figures=figures)
    if not sense.fire_once(event, name, reading.tokens or 0):
        return None
    return hook_io.tell_model("post-tool-batch", text)
