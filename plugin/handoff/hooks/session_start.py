"""`SessionStart` and `UserPromptSubmit`: remember the session, see whether a brief waits for it."""

from __future__ import annotations

import os
import time

from handoff.base.errors import HandoffError
from handoff.client import hook_io, mod_state, session_directory, settings_read
from handoff.client.transcript import tail
from handoff.install import plugin_link
from handoff.runtime import find_root
from handoff.session import state

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from handoff.runtime import Here
_STARTS_CLIENT = ("startup", "resume", "fork")


def session_start(payload: hook_io.Payload, here: Here) -> dict[str, Any] | None:
    """A fresh session is offered what waits; a compacted one gets its facts back."""
    if payload.in_subagent:
        return None
    plugin_link.keep(here.home)
    source = payload.text("source")
    try:
        session = _remember(payload, here, source)
    except OSError as error:
        return _not_kept(error, source, here)
    if session is None:
        return None
    answer = _with_cap(_greet(source, payload, session, here), session, here)
    answer = _with_stranded(answer, here)
    answer = _with_shadow(answer, source, session, here)
    if source == "compact":
        said = state.take_said(here.home, payload.session_id)
        answer = hook_io.also_tell_user(answer, said) if said else answer
    if mod_state.load(here.home, payload.session_id).found:
        from handoff.mod import orders
        from handoff.store import trusted_prompts

        prompts = trusted_prompts.load(here, session.text("project"))
        told = orders.arrived(payload, here, prompts) if source == "clear" else None
        orders.publish(payload.session_id, here, resumed=source == "resume")
        return answer or told
    return answer


def _with_cap(
    answer: dict[str, Any] | None, session: state.SessionState, here: Here
) -> dict[str, Any] | None:
    """The answer, and once that a cap has started again which had a brief written here."""
    if not (os.path.exists(os.path.join(here.home, "caps.json")) and hook_io.is_attended(here.env)):
        return answer
    from handoff.session import cap_resets

    said = cap_resets.started_again(session.text("project"), here)
    return hook_io.also_tell_user(answer, said) if said else answer


def _with_shadow(
    answer: dict[str, Any] | None, source: str, session: state.SessionState, here: Here
) -> dict[str, Any] | None:
    """The answer, and at a client's start what has one of our command names besides us."""
    shadow = session.text("shadowed_by")
    if not shadow or source not in _STARTS_CLIENT or not hook_io.is_attended(here.env):
        return answer
    if session.adapt(here.config(session.text("project"))).mode == "off":
        return answer
    from handoff.session import name_conflicts

    return hook_io.also_tell_user(answer, name_conflicts.line(shadow))


def _with_stranded(answer: dict[str, Any] | None, here: Here) -> dict[str, Any] | None:
    """The answer, and once which briefs were kept because their project was removed."""
    if not (os.path.isdir(os.path.join(here.home, "stranded")) and hook_io.is_attended(here.env)):
        return answer
    from handoff.store import stranded

    said = stranded.untold(here)
    return hook_io.also_tell_user(answer, said) if said else answer


def _not_kept(error: OSError, source: str, here: Here) -> dict[str, Any] | None:
    """What a person is told at the client's start where no session can be remembered."""
    if source not in _STARTS_CLIENT or not hook_io.is_attended(here.env):
        raise error
    return hook_io.tell_user(
        f"handoff: the state directory {here.home} cannot be written ({error.strerror}), so "
        "nothing is measured, written or picked up in this session. Fix that, or set HANDOFF_HOME "
        "to another directory, then restart the client; `handoff doctor` says more."
    )


def _greet(
    source: str, payload: hook_io.Payload, session: state.SessionState, here: Here
) -> dict[str, Any] | None:
    if session.adapt(here.config(session.text("project"))).mode == "off":
        return None
    if _was_cut_off(here.home):
        here.need_environment()
    if not here.full:
        return _waiting(source, payload, session, here)
    from handoff.store import recovery

    project = session.text("project")
    deadline = time.monotonic() + recovery.SECONDS
    recovery.own(here, project, deadline)
    answer = _waiting(source, payload, session, here)
    recovery.others(here, project, deadline)  # last: it must not cost this session its brief
    return answer


def _waiting(
    source: str, payload: hook_io.Payload, session: state.SessionState, here: Here
) -> dict[str, Any] | None:
    if source == "compact":
        here.need_environment()
        from handoff.hooks import compaction

        return compaction.after_compaction(payload, here)
    if source in ("startup", "clear"):
        return _offer("session-start", payload, session, here)
    if payload.fields.get("prompt_cache_likely_expired") is True and hook_io.is_attended(here.env):
        here.need_environment()
        from handoff.hooks import idle

        config = session.adapt(here.config(session.text("project")))
        said = "" if config.cold_cache == "off" else idle.on_resume(payload, session, config)
        return hook_io.tell_user(said) if said else None
    return None


def _offer(
    event: str, payload: hook_io.Payload, session: state.SessionState, here: Here
) -> dict[str, Any] | None:
    if not _has_open_briefs(session.text("project")):
        return None
    here.need_environment()
    from handoff.pickup import offer

    try:
        return offer.offer(event, payload, here)
    except HandoffError as error:
        if not hook_io.is_attended(here.env):
            raise
        return hook_io.tell_user(f"handoff: no brief was picked up. {error.what}")


def _remember(payload: hook_io.Payload, here: Here, source: str) -> state.SessionState | None:
    """Save what later hooks and the command line need to know of the session."""
    known = state.load(here.home, payload.session_id)
    project = session_directory.find(
        payload, here.env, known.text("project"), known.text("transcript")
    )
    from handoff.session import name_conflicts

    shadow = name_conflicts.at_start(project, payload.cwd, here)

    def change(values: dict[str, Any]) -> None:
        values["source"] = source
        values["project"] = project
        values["attended"] = hook_io.is_attended(here.env)
        values["client_pid"] = here.client_pid
        values.pop("ended", None)
        given = {
            "transcript": payload.transcript,
            "cwd": payload.cwd,
            "model": payload.text("model")
            or mod_state.load(here.home, payload.session_id).text("model"),
        }
        values.update({key: value for key, value in given.items() if value})
        if shadow or source in _STARTS_CLIENT:
            values["shadowed_by"] = shadow
        values["window_env"] = settings_read.window_env(here.env)
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


def _was_cut_off(home: str) -> bool:
    """Whether a change of briefs is under way, or was when its process was killed."""
    try:
        with os.scandir(os.path.join(home, "pending")) as entries:
            return any(entry.name.endswith(".json") for entry in entries)
    except OSError:
        return False
