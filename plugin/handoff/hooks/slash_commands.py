"""`/handoff` and `/pickup` as they are called: what code adds to the command's own text.

A person types them (`UserPromptExpansion`), or the model calls `/handoff` by its Skill tool
(`PostToolUse`). Both hooks' words reach the model in the same request as the command. The command
files themselves run nothing: the client would put what a person typed raw into a shell.
"""

from __future__ import annotations

from handoff.base.errors import HandoffError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from handoff.hooks.event import Event

_HANDOFF, _PICKUP = "handoff:handoff", "handoff:pickup"


def user_prompt_expansion(event: Event) -> dict[str, Any] | None:
    """A person typed one of our commands."""
    payload, runtime = event.payload, event.runtime
    name = payload.text("command_name")
    if payload.in_subagent or name not in (_HANDOFF, _PICKUP):
        return None
    runtime.need_environment()
    from handoff.base import plain_text, quoting
    from handoff.client import hook_io
    from handoff.pickup import offer
    from handoff.redact import redact
    from handoff.session import name_conflicts
    from handoff.store import places

    shadow = name_conflicts.find_conflict(event)
    if not name_conflicts.ran_ours(payload, shadow):
        return _not_ours(name, shadow)
    if name == _HANDOFF:
        return _tell_facts(event)
    try:
        wanted = payload.text("command_args").strip()
        stored, text = offer.pick_up_by_hand(
            wanted,
            payload.session_id,
            runtime,
            places.session_place(runtime, payload.session_id, payload.cwd),
            typed=not shadow and _is_typed(event),
        )
    except offer.NotForModelsError as error:
        message = event.prompts.render("pickup_refused")
        return hook_io.tell_model(
            event.name, message, user=plain_text.printable(f"handoff: {error}")
        )
    except HandoffError as error:
        message = event.prompts.render("pickup_failed", error=quoting.inert(str(error)))
        why = f"{error.what}\n{name_conflicts.describe_conflict(shadow)}" if shadow else error.what
        return hook_io.tell_model(event.name, message, user=plain_text.printable(f"handoff: {why}"))
    title = redact.cleaner(event.config)(stored.brief.title if stored.brief else stored.relative)
    picked_up = f"handoff: picked up “{plain_text.one_line(title, 100)}”"
    return hook_io.tell_model(event.name, text, user=picked_up)


def _not_ours(name: str, shadow: str) -> dict[str, Any] | None:
    """Another command ran under our name: it gets nothing of ours, and the user is told."""
    from handoff.client import hook_io

    if name != _PICKUP:
        return None
    return hook_io.tell_user(
        f"handoff: /{_PICKUP} ran {shadow or 'another command'}, not this plugin's command, so no "
        "brief was picked up or allowed. Rename that one, or run in a terminal: handoff trust ID"
    )


def _is_typed(event: Event) -> bool:
    """Whether a person typed it: the session's own client says so, and somebody sits at it.

    A shell of the model has another parent and another environment; `claude -p` has nobody. Who
    makes up both passes for the client, as any program of this user can (docs/safety.md).
    """
    from handoff.client import hook_io

    env = event.runtime.env
    as_hook = hook_io.is_hook_of(env, event.session_id)
    is_same_client = event.session.client_pid == event.runtime.client_pid
    return as_hook and hook_io.is_attended(env) and is_same_client


def post_tool_use(event: Event) -> dict[str, Any] | None:
    """The model called `/handoff` by itself."""
    if event.payload.in_subagent or event.payload.tool_input("skill") != _HANDOFF:
        return None
    event.runtime.need_environment()
    from handoff.session import name_conflicts

    if name_conflicts.find_conflict(event):
        return None  # it may have been another command
    return _tell_facts(event)


def _tell_facts(event: Event) -> dict[str, Any]:
    from handoff.authoring import command_text, gather
    from handoff.client import hook_io
    from handoff.facts import focus
    from handoff.mod import orders
    from handoff.redact import redact

    payload, runtime = event.payload, event.runtime
    facts = gather.read_facts(runtime, payload.session_id, payload.cwd, files=event)
    goal = focus.goal_of(payload.text("command_args") or payload.tool_input("args"))
    clean = redact.cleaner(event.config)
    reason = orders.note_run(event, payload.text("prompt_id"))
    parts = (
        event.prompts.render("order_reason", reason=reason) if reason else "",
        command_text.overridden_order(event.prompts),
        command_text.facts_text(focus.for_goal(facts.facts, goal), clean, prompts=event.prompts),
    )
    return hook_io.tell_model(event.name, "\n\n".join(part for part in parts if part))
