"""What the user changes for one session alone: its mode, a higher handoff threshold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handoff.base.errors import HandoffError
from handoff.client import hook_io
from handoff.config.model import MODES
from handoff.mod import orders, pending_orders
from handoff.session import handoff_transitions
from handoff.session.files import SessionFiles

if TYPE_CHECKING:
    from handoff.runtime import Runtime

_MEANING = {
    "off": "handoff does nothing",
    "notify": "you are told at the thresholds, and no brief is written automatically",
    "write": "a brief is written at the handoff threshold",
    "auto": "a brief is written at the handoff threshold, and a fresh session continues",
}


def set_mode(mode: str, session_id: str, runtime: Runtime) -> str:
    """Set the mode of a session ("" changes nothing); what it is now, in words."""
    files = _find_session(session_id, runtime)
    if mode:
        if mode not in MODES:
            raise HandoffError(
                f"Unknown mode {mode[:40]!r}.", f"Choose one of: {', '.join(MODES)}."
            )
        stops = mode in ("off", "notify")
        due_again = stops and pending_orders.is_handoff_pending(files.session)
        files.adopt(
            handoff_transitions.set_mode(runtime.home, files.session_id, mode, due_again=due_again)
        )
        orders.redraw(files)
    now = files.config.mode
    return f"Mode {now} in this session: {_MEANING[now]}."


def postpone_handoff(session_id: str, runtime: Runtime) -> str:
    """Raise the session's handoff threshold by a tenth, once a cycle; the session's id."""
    files = _find_session(session_id, runtime)
    session = files.session
    if session.postponed:
        raise HandoffError(
            "The handoff threshold has already been raised once.",
            "To stop automatic briefs in this session: /handoff notify",
        )
    if session.brief_of_cycle:
        raise HandoffError(
            "The brief has already been written.",
            "Run /clear to continue in a fresh session, or keep typing to stay in this one.",
        )
    due_again = pending_orders.is_handoff_pending(session)
    files.adopt(
        handoff_transitions.postpone_handoff(runtime.home, files.session_id, due_again=due_again)
    )
    orders.redraw(files)
    return files.session_id


def _find_session(session_id: str, runtime: Runtime) -> SessionFiles:
    session_id = session_id or hook_io.current_session(runtime.env)
    files = SessionFiles(session_id, runtime)
    if not files.session.is_known:
        raise HandoffError(
            f"Unknown session {session_id}."
            if session_id
            else "This shell does not belong to a session.",
            "Name a session with --session ID; `handoff status` shows the IDs.",
        )
    return files
