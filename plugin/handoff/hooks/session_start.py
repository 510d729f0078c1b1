"""The event SessionStart: remember the session, see whether a brief waits for it."""

from __future__ import annotations

import os
import time

from handoff.base import processes
from handoff.base.errors import HandoffError
from handoff.client import hook_io, session_directory, settings_read
from handoff.client.transcript import tail
from handoff.install import plugin_link
from handoff.runtime import find_root
from handoff.session import name_conflicts, transitions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from handoff.hooks.event import Event
    from handoff.runtime import Runtime
_STARTS_CLIENT = ("startup", "resume", "fork")


def session_start(event: Event) -> dict[str, Any] | None:
    """A fresh session is offered what waits; a compacted one gets its facts back."""
    if event.payload.in_subagent:
        return None
    plugin_link.keep_link(event.home)
    source = event.payload.text("source")
    try:
        is_kept = remember_session(event, source)
    except OSError as error:
        return _not_kept(error, source, event.runtime)
    if not is_kept:
        return None
    answer = _with_cap(_greet(event, source), event)
    answer = _with_stranded(answer, event.runtime)
    answer = _with_shadow(answer, event, source)
    if source == "compact" and event.session.say_next:
        from handoff.hooks import waiting_messages

        text = waiting_messages.take_waiting_messages(event)
        answer = hook_io.also_tell_user(answer, text) if text else answer
    if event.mod.values:
        from handoff.mod import orders

        told = orders.greet_continuation(event, event.prompts) if source == "clear" else None
        orders.publish(event, resumed=source == "resume")
        return answer or told
    return answer


def _with_cap(answer: dict[str, Any] | None, event: Event) -> dict[str, Any] | None:
    """The answer, and once that a cap has started again which had a brief written here."""
    runtime = event.runtime
    if not (
        os.path.exists(os.path.join(runtime.home, "caps.json")) and hook_io.is_attended(runtime.env)
    ):
        return answer
    from handoff.session import cap_resets

    message = cap_resets.take_restarted(event.session.project, runtime)
    return hook_io.also_tell_user(answer, message) if message else answer


def _with_shadow(answer: dict[str, Any] | None, event: Event, source: str) -> dict[str, Any] | None:
    """The answer, and at a client's start what has one of our command names besides us."""
    shadow = event.session.shadowed_by
    if not shadow or source not in _STARTS_CLIENT or not hook_io.is_attended(event.runtime.env):
        return answer
    if event.config.mode == "off":
        return answer
    return hook_io.also_tell_user(answer, name_conflicts.describe_conflict(shadow))


def _with_stranded(answer: dict[str, Any] | None, runtime: Runtime) -> dict[str, Any] | None:
    """The answer, and once which briefs were kept because their project was removed."""
    if not (
        os.path.isdir(os.path.join(runtime.home, "stranded")) and hook_io.is_attended(runtime.env)
    ):
        return answer
    from handoff.store import stranded

    message = stranded.take_untold(runtime)
    return hook_io.also_tell_user(answer, message) if message else answer


def _not_kept(error: OSError, source: str, runtime: Runtime) -> dict[str, Any] | None:
    """What a person is told at the client's start where no session can be remembered."""
    if source not in _STARTS_CLIENT or not hook_io.is_attended(runtime.env):
        raise error
    return hook_io.tell_user(
        f"handoff: the state directory {runtime.home} cannot be written ({error.strerror}), so "
        "nothing is measured, written or picked up in this session. Fix this or set HANDOFF_HOME "
        "to another directory, then restart the client. More: handoff doctor"
    )


def _greet(event: Event, source: str) -> dict[str, Any] | None:
    if event.config.mode == "off":
        return None
    runtime = event.runtime
    if _was_cut_off(runtime.home):
        runtime.need_environment()
    if not runtime.full:
        return _waiting(event, source)
    from handoff.store import recovery

    project = event.session.project
    deadline = time.monotonic() + recovery.SECONDS
    recovery.recover_own(runtime, project, deadline)
    answer = _waiting(event, source)
    recovery.recover_others(
        runtime, project, deadline
    )  # last: it must not cost this session its brief
    return answer


def _waiting(event: Event, source: str) -> dict[str, Any] | None:
    payload, runtime = event.payload, event.runtime
    if source == "compact":
        runtime.need_environment()
        from handoff.hooks import compaction

        return compaction.after_compaction(event)
    if source in ("startup", "clear"):
        return offer_brief(event)
    if payload.fields.get("prompt_cache_likely_expired") is True and hook_io.is_attended(
        runtime.env
    ):
        runtime.need_environment()
        from handoff.hooks import idle

        message = "" if event.config.cold_cache == "off" else idle.warn_on_resume(event)
        return hook_io.tell_user(message) if message else None
    return None


def offer_brief(event: Event) -> dict[str, Any] | None:
    """Give the session the brief that waits for it, if one does."""
    if not _has_open_briefs(event.session.project):
        return None
    event.runtime.need_environment()
    from handoff.pickup import offer

    try:
        return offer.offer_brief(event.name, event.payload, event.runtime)
    except HandoffError as error:
        if not hook_io.is_attended(event.runtime.env):
            raise
        return hook_io.tell_user(f"handoff: no brief was picked up. {error.what}")
    finally:
        event.reload()


def remember_session(event: Event, source: str) -> bool:
    """Save what later hooks and the command line need to know of the session; False where its id
    is none.
    """
    payload, runtime, known = event.payload, event.runtime, event.session
    project = session_directory.find(payload, runtime.env, known.project, known.transcript)
    shadow = name_conflicts.find_at_start(project, payload.cwd, runtime)
    carried = payload.fields.get("context_tokens")
    is_carried = isinstance(carried, int) and source in ("resume", "fork")
    return event.adopt(
        transitions.record_start(
            runtime.home,
            payload.session_id,
            project=project,
            transcript=payload.transcript,
            cwd=payload.cwd,
            model=payload.text("model") or event.mod.text("model"),
            client_pid=runtime.client_pid,
            client_start=processes.read_start(runtime.client_pid),
            window_variables=settings_read.window_env(runtime.env),
            headless=_is_headless(runtime.env),
            shadow=shadow if shadow or source in _STARTS_CLIENT else None,
            first_tokens=carried if is_carried else None,
            compacted_at=tail.file_size(payload.transcript) if source == "compact" else None,
        )
    )


def _is_headless(env: Mapping[str, str]) -> bool:
    """Whether this is a `-p` run that handoff has not started (its own have one of these names)."""
    is_ours = any(env.get(name) for name in ("HANDOFF_PICKUP", "HANDOFF_RELAY"))
    return hook_io.is_print_mode(env) and not is_ours


def _has_open_briefs(project: str) -> bool:
    """Whether any file waits in `.handoff/open`: names only, nothing is opened."""
    try:
        with os.scandir(os.path.join(find_root(project), ".handoff", "open")) as entries:
            return any(entry.name.endswith(".md") for entry in entries)
    except OSError:
        return False


def _was_cut_off(home: str) -> bool:
    """Whether a change of briefs, or a verification, is under way or was when it was killed."""
    return any(_has_entries(os.path.join(home, folder)) for folder in ("pending", "swapped"))


def _has_entries(folder: str) -> bool:
    try:
        with os.scandir(folder) as entries:
            return any(entry.name.endswith(".json") for entry in entries)
    except OSError:
        return False
