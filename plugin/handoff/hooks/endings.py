"""`PreCompact`, `StopFailure`, `SessionEnd`: no model can answer, so code writes a snapshot."""

from __future__ import annotations

import os

from handoff.session import hard_line, observed_compaction, state

TYPE_CHECKING = False
if TYPE_CHECKING:
    from handoff.client import hook_io
    from handoff.runtime import Here

# What StopFailure says when no further call will be answered for a while.
_CAPS = ("rate_limit", "billing_error")
# What a retry may mend: kept in mind, and written down only if the session ends with it.
_PASSING = ("overloaded", "server_error")


def pre_compact(payload: hook_io.Payload, here: Here) -> None:
    """Before the client compacts: keep the facts, and let it."""
    if payload.in_subagent:
        return
    observed_compaction.expect(payload, here)
    if _is_off(payload, here):
        return
    here.need_environment()
    from handoff.hooks import compaction

    compaction.before_compaction(payload, here)


def stop_failure(payload: hook_io.Payload, here: Here) -> None:
    """The API refused to go on: keep what the session knows."""
    error = payload.text("error")
    if payload.in_subagent or error not in (*_CAPS, *_PASSING) or _is_off(payload, here):
        return
    state.update(here.home, payload.session_id, lambda values: values.update(failed=True))
    if error in _CAPS:
        here.need_environment()
        from handoff.hooks import handover
        from handoff.session import cap_resets

        cap_resets.note_refusal(payload, here)
        handover.after_failure(payload, "cap", here)


def session_end(payload: hook_io.Payload, here: Here) -> None:
    """A session that leaves something to carry on leaves a brief that says so.

    The client gives this hook 1.5 s, then kills it with its children: what is quick comes first.
    """
    session = state.load(here.home, payload.session_id)
    if not session.is_known:
        return
    state.update(here.home, payload.session_id, lambda values: values.update(ended=True))
    hard_line.forget(here.home, payload.session_id)
    has_mod = os.path.exists(os.path.join(here.home, "mod"))
    if has_mod:
        from handoff.mod import orders

        orders.forget("next", payload.session_id, here)
    if not _is_off(payload, here):
        _leave_behind(payload, session, here)
    if has_mod:  # its figures are the snapshot's too
        orders.forget("mod", payload.session_id, here)


def _leave_behind(payload: hook_io.Payload, session: state.SessionState, here: Here) -> None:
    is_done = session.briefs or session.values.get("handed_over") or session.sent
    if is_done or session.passed_the_line or session.values.get("failed"):
        here.need_environment()
        from handoff.hooks import handover

        handover.at_end(payload, here)


def _is_off(payload: hook_io.Payload, here: Here) -> bool:
    session = state.load(here.home, payload.session_id)
    return not session.adapt(here.config(session.text("project") or payload.cwd)).writes
