"""`PreCompact`, `StopFailure`, `SessionEnd`: no model can answer, so code writes a snapshot."""

from __future__ import annotations

import os

from handoff.session import hard_limit, observed_compaction, transitions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from handoff.hooks.event import Event

# What StopFailure says when no further call will be answered for a while.
_CAPS = ("rate_limit", "billing_error")
# What a retry may fix: kept in mind, and written down only if the session ends with it.
_PASSING = ("overloaded", "server_error")


def pre_compact(event: Event) -> None:
    """Before the client compacts: keep the facts, and let it."""
    if event.payload.in_subagent:
        return
    event.adopt(observed_compaction.expect(event.payload, event.runtime))
    if not event.config.writes:
        return
    event.runtime.need_environment()
    from handoff.hooks import compaction

    compaction.before_compaction(event)


def stop_failure(event: Event) -> None:
    """The API refused to go on: keep what the session knows."""
    error = event.payload.text("error")
    if event.payload.in_subagent or error not in (*_CAPS, *_PASSING) or not event.config.writes:
        return
    event.adopt(transitions.mark_failed(event.home, event.session_id))
    if error in _CAPS:
        event.runtime.need_environment()
        from handoff.hooks import handover
        from handoff.session import cap_resets

        cap_resets.note_refusal(event.payload, event.runtime)
        handover.after_failure(event, "cap")


def session_end(event: Event) -> None:
    """A session that leaves something to carry on leaves a brief that says so.

    The client gives this hook 1.5 s, then kills it with its children: what is quick comes first.
    """
    if not event.session.is_known:
        return
    event.adopt(transitions.mark_ended(event.home, event.session_id))
    hard_limit.forget(event.home, event.session_id)
    has_mod = os.path.exists(os.path.join(event.home, "mod"))
    if has_mod:
        from handoff.mod import orders

        orders.forget("next", event.session_id, event.runtime)
    if event.config.writes:
        _leave_behind(event)
    if has_mod:  # its figures are the snapshot's too
        orders.forget("mod", event.session_id, event.runtime)


def _leave_behind(event: Event) -> None:
    session = event.session
    is_done = session.briefs or session.handed_over or session.sent
    if is_done or session.passed_threshold or session.failed:
        event.runtime.need_environment()
        from handoff.hooks import handover

        handover.write_at_end(event)
