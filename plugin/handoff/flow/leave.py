"""`PreCompact`, `StopFailure`, `SessionEnd`: no model can answer, so code writes a snapshot."""

from __future__ import annotations

from handoff.flow import policy, state

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from handoff.client import hookio
    from handoff.flow.here import Here

# What StopFailure says when no further call will be answered for a while.
_FAILURES = {
    "rate_limit": "cap",
    "billing_error": "cap",
    "overloaded": "failure",
    "server_error": "failure",
}


def pre_compact(payload: hookio.Payload, here: Here) -> dict[str, Any] | None:
    """Before the client compacts: keep the facts, and let it."""
    if payload.in_subagent or _is_off(payload, here):
        return None
    here.need_environment()
    from handoff.flow import handover

    return handover.snapshot_for(payload, "compact", here)


def stop_failure(payload: hookio.Payload, here: Here) -> dict[str, Any] | None:
    """The API refused to go on: keep what the session knows."""
    trigger = _FAILURES.get(payload.text("error"))
    if payload.in_subagent or trigger is None or _is_off(payload, here):
        return None
    here.need_environment()
    from handoff.flow import handover

    return handover.snapshot_for(payload, trigger, here)


def session_end(payload: hookio.Payload, here: Here) -> dict[str, Any] | None:
    """A session that ends over its handoff line without a brief leaves a snapshot.

    The client gives this hook 1.5 s, then kills it with its children.
    """
    session = state.load(here.home, payload.session_id)
    if not session.is_known:
        return None
    state.update(here.home, payload.session_id, lambda values: values.update(ended=True))
    if _is_off(payload, here):
        return None
    crossed = policy.HANDOFF in session.fired or state.MODEL_TOLD_HANDOFF in session.fired
    crossed_unhandled = crossed and session.brief_since(session.climb_started) is None
    if crossed_unhandled or session.values.get("compaction_brief"):
        here.need_environment()
        from handoff.flow import handover

        handover.at_end(payload, session, here, wants_snapshot=crossed_unhandled)
    return None


def _is_off(payload: hookio.Payload, here: Here) -> bool:
    project = state.load(here.home, payload.session_id).text("project") or payload.cwd
    return here.config(project).mode != "write"
