"""The event PostToolBatch: after each batch of tool calls the session is metered."""

from __future__ import annotations

from handoff.client import hook_io
from handoff.hooks import sense
from handoff.session import policy, state

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
        name, prompt = state.MODEL_TOLD_HANDOFF, "threshold_handoff"
    elif policy.crossed(reading, config.line("notice")) and decision.act == policy.NOTICE:
        name, prompt = state.MODEL_TOLD_NOTICE, "threshold_warn"
    else:
        return None
    if name in session.fired:
        return None
    from handoff.store import trusted_prompts

    prompts = trusted_prompts.load(here, session.text("project") or payload.cwd)
    text = prompts.render(prompt, figures=figures)
    if not state.fire(here.home, payload.session_id, name, reading.tokens or 0):
        return None
    return hook_io.tell_model("post-tool-batch", text)


def _advice(
    decision: policy.Decision,
    reading: context.Reading,
    config: Config,
) -> str:
    """One sentence with a number and a choice."""
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
    return f"{figures}, where a brief is written. /handoff:handoff writes one now."
