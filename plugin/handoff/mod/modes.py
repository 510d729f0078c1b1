"""What the user changes for one session alone: its mode, a threshold that comes later."""

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
    "off": "nothing is done",
    "notify": "you are told at the thresholds, nothing is written",
    "write": "a brief is written at the handoff threshold",
    "auto": "a brief is written at the handoff threshold, and a fresh session goes on with it",
}


def set_mode(mode: str, session_id: str, runtime: Runtime) -> str:
    """Set the mode of a session ("" changes nothing); what it is now, in words."""
    files = _find_session(session_id, runtime)
    if mode:
        if mode not in MODES:
            raise HandoffError(f"{mode[:40]!r} is no mode.", f"One of: {', '.join(MODES)}.")
        stops = mode in ("off", "notify")
        due_again = stops and pending_orders.is_handoff_pending(files.session)
        files.adopt(
            handoff_transitions.set_mode(runtime.home, files.session_id, mode, due_again=due_again)
        )
        orders.redraw(files)
    now = files.config.mode
    return f"mode {now} in this session: {_MEANING[now]}."


def postpone_handoff(session_id: str, runtime: Runtime) -> str:
    """Put the session's handoff threshold a tenth higher, once a cycle; the session's id."""
    files = _find_session(session_id, runtime)
    session = files.session
    if session.postponed:
        raise HandoffError(
            "The handoff threshold was postponed once already.",
            "/handoff notify writes nothing by itself in this session.",
        )
    if session.brief_of_cycle:
        raise HandoffError(
            "The brief is written already.", "To go on here, just type; /clear goes on from it."
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
            f"No session {session_id} is known." if session_id else "This is no session's shell.",
            "Name one: --session ID (handoff status shows it).",
        )
    return files
