"""`SessionStart` and `UserPromptSubmit`: remember the session, see whether a brief waits for it."""

from __future__ import annotations

import os

from handoff.client import hookio, preferences, tail
from handoff.flow import link, state
from handoff.flow.here import find_root

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from handoff.flow.here import Here


def session_start(payload: hookio.Payload, here: Here) -> dict[str, Any] | None:
    """A fresh session is offered what waits; a compacted one gets its facts back."""
    if payload.in_subagent:
        return None
    link.keep(here.home)
    source = payload.text("source")
    session = _remember(payload, here, source)
    if session is None or here.config(session.text("project")).mode == "off":
        return None
    if source == "compact":
        here.need_environment()
        from handoff.flow import pickup

        return pickup.after_compaction(payload, here)
    if source in ("startup", "clear"):
        return _offer("session-start", payload, session, here)
    return None


def user_prompt_submit(payload: hookio.Payload, here: Here) -> dict[str, Any] | None:
    """Say what was left to say; a pick-up's second chance, in a session whose start nobody saw."""
    if payload.in_subagent:
        return None
    known = state.load(here.home, payload.session_id)
    if known.is_known:
        left = state.take_said(here.home, payload.session_id) if known.text("say_next") else ""
        return hookio.tell_user(left) if left else None
    is_fresh = not os.path.exists(payload.transcript)
    session = _remember(payload, here, "startup" if is_fresh else "resume")
    if session is None or not is_fresh or here.config(session.text("project")).mode == "off":
        return None
    return _offer("user-prompt-submit", payload, session, here)


def _offer(
    event: str, payload: hookio.Payload, session: state.SessionState, here: Here
) -> dict[str, Any] | None:
    if not _has_open_briefs(session.text("project")):
        return None
    here.need_environment()
    from handoff.flow import pickup

    return pickup.offer(event, payload, here)


def _remember(payload: hookio.Payload, here: Here, source: str) -> state.SessionState | None:
    """Save what later hooks and the command line need to know of the session."""
    project = hookio.project_dir(here.env) or payload.cwd

    def change(values: dict[str, Any]) -> None:
        values["source"] = source
        values["project"] = project
        values["attended"] = hookio.is_attended(here.env)
        values["client_pid"] = here.client_pid
        values.pop("ended", None)
        given = {
            "transcript": payload.transcript,
            "cwd": payload.cwd,
            "model": payload.text("model"),
        }
        values.update({key: value for key, value in given.items() if value})
        values["window_env"] = preferences.window_env(here.env, project)
        if source == "compact":
            state.new_climb(values, tail.size(payload.transcript))
        carried = payload.fields.get("context_tokens")
        if isinstance(carried, int) and source in ("resume", "fork"):
            values.setdefault("first_tokens", carried)

    return state.update(here.home, payload.session_id, change)


def _has_open_briefs(project: str) -> bool:
    """Whether any file waits in `.handoff/open`: names only, nothing is opened."""
    try:
        with os.scandir(os.path.join(find_root(project), ".handoff", "open")) as entries:
            return any(entry.name.endswith(".md") for entry in entries)
    except OSError:
        return False
