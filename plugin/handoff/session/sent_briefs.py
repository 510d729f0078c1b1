"""Briefs that a session's model sends by `handoff write`: noted as the call is made.

A shell of the model may be kept from writing where the session's hooks may (the client's sandbox).
Then a hook stores what was sent (`hooks.rescue_sent_briefs`): this is how it knows that there is
something. Hot path: `PreToolUse` notes a call before it runs.
"""

from __future__ import annotations

import hashlib
import os

from handoff.base.errors import HandoffError
from handoff.session import state

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from handoff.client import hook_io
    from handoff.runtime import Runtime

_MAX_CALLS = 20  # calls of one turn
_LOOKS = 2  # for a call whose result is not in the transcript: it may be written late


def note(payload: hook_io.Payload, text: str, runtime: Runtime) -> None:
    """Remember a call that sends `text`. Never raises: what cannot be written is not kept."""
    call = {"id": payload.text("tool_use_id"), "text": _digest(text), "looks": 0}
    try:
        _add(payload.session_id, [call], runtime)
    except (OSError, HandoffError):
        pass


def is_kept(session: state.SessionState, text: str) -> bool:
    """Whether `text`, which a session's shell may not store, is where its hooks will find it: its
    call was noted, and there is a transcript.
    """
    noted = any(is_of(call, text) for call in session.sent)
    return noted and os.path.isfile(session.transcript)


def is_of(call: dict[str, Any], text: str) -> bool:
    """Whether a noted call sent this text."""
    return call.get("text") == _digest(text)


def take_calls(session_id: str, runtime: Runtime) -> dict[str, dict[str, Any]]:
    """The noted calls by id, once: whoever takes them sees to them."""
    taken: list[dict[str, Any]] = []

    def pop(session: state.SessionState) -> None:
        taken.extend(session.sent)
        del session.sent

    state.update(runtime.home, session_id, pop)
    return {str(call["id"]): call for call in taken if call.get("id")}


def put_back(session_id: str, calls: list[dict[str, Any]], runtime: Runtime) -> None:
    """Have another look later at calls whose result is not known yet; not for ever."""
    again = [{**call, "looks": int(call.get("looks") or 0) + 1} for call in calls]
    _add(session_id, [call for call in again if call["looks"] < _LOOKS], runtime)


def _add(session_id: str, calls: list[dict[str, Any]], runtime: Runtime) -> None:
    def add(session: state.SessionState) -> bool:
        session.sent = [*session.sent, *calls][-_MAX_CALLS:]
        return bool(calls)

    state.update(runtime.home, session_id, add)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]
