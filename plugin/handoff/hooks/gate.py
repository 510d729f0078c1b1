"""The gate: past the hard limit a tool call of the main conversation is refused, with how to write
the brief as the reason; three times a cycle at most, and not once a brief is there.

It stands once `session.hard_limit` has armed it.
"""

from __future__ import annotations

from handoff.session import hard_limit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from handoff.client import hook_io
    from handoff.hooks.event import Event


def pre_tool_use(event: Event) -> dict[str, Any] | None:
    """The answer to a call that is not the plugin's own, while the gate is armed."""
    payload = event.payload
    if payload.in_subagent or payload.plan_mode:
        return None
    if hard_limit.why_open(event.session, event.config) or is_own(payload):
        return None
    event.runtime.need_environment()
    from handoff.hooks import gate_refusal

    return gate_refusal.answer(event)


def is_own(payload: hook_io.Payload) -> bool:
    """Whether a call is one of the plugin's: it passes the gate (approval is another matter)."""
    if payload.tool == "Skill":
        return payload.tool_input("skill").startswith("handoff:")
    from handoff.facts import own_calls  # loaded only where the gate is armed

    return payload.tool == "Bash" and own_calls.begins_with_call(payload.tool_input("command"))
