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

    from handoff.client import hook_io
    from handoff.runtime import Here

_HANDOFF, _PICKUP = "handoff:handoff", "handoff:pickup"


def user_prompt_expansion(payload: hook_io.Payload, here: Here) -> dict[str, Any] | None:
    """A person typed one of our commands."""
    name = payload.text("command_name")
    if payload.in_subagent or name not in (_HANDOFF, _PICKUP):
        return None
    here.need_environment()
    from handoff.base import plain_text, quoting
    from handoff.client import hook_io
    from handoff.pickup import offer
    from handoff.session import name_conflicts
    from handoff.store import trusted_prompts

    event = "user-prompt-expansion"
    prompts = trusted_prompts.load(here, hook_io.project_dir(here.env) or payload.cwd)
    shadow = name_conflicts.by(payload.session_id, payload.cwd, here)
    if not name_conflicts.ran_ours(payload, shadow):
        return _not_ours(name, shadow)
    if name == _HANDOFF:
        return _facts(event, payload, here)
    try:
        wanted = payload.text("command_args").strip()
        stored, text = offer.by_hand(
            wanted,
            payload.session_id,
            here,
            payload.cwd,
            typed=not shadow and _is_typed(payload, here),
        )
    except offer.NotForModelsError as error:
        said = prompts.render("pickup_refused")
        return hook_io.tell_model(event, said, user=plain_text.printable(f"handoff: {error}"))
    except HandoffError as error:
        said = prompts.render("pickup_failed", error=quoting.inert(str(error)))
        why = f"{error.what}\n{name_conflicts.line(shadow)}" if shadow else error.what
        return hook_io.tell_model(event, said, user=plain_text.printable(f"handoff: {why}"))
    return hook_io.tell_model(event, text, user=f"handoff: {stored.relative}")


def _not_ours(name: str, shadow: str) -> dict[str, Any] | None:
    """Another command ran under our name: it gets nothing of ours, and the user is told."""
    from handoff.client import hook_io

    if name != _PICKUP:
        return None
    return hook_io.tell_user(
        f"handoff: /{_PICKUP} ran {shadow or 'another command'}, not this plugin's command: no "
        "brief was picked up or allowed. Rename that one, or in a terminal: handoff trust <id>"
    )


def _is_typed(payload: hook_io.Payload, here: Here) -> bool:
    """Whether a person typed it: the session's own client says so, and somebody sits at it.

    A shell of the model has another parent and another environment; `claude -p` has nobody. Who
    makes up both passes for the client, as any program of this user can (docs/safety.md).
    """
    from handoff.client import hook_io
    from handoff.session import state

    client = state.load(here.home, payload.session_id).number("client_pid")
    as_hook = hook_io.is_hook_of(here.env, payload.session_id)
    return as_hook and hook_io.is_attended(here.env) and client == here.client_pid


def post_tool_use(payload: hook_io.Payload, here: Here) -> dict[str, Any] | None:
    """The model called `/handoff` by itself."""
    if payload.in_subagent or payload.tool_input("skill") != _HANDOFF:
        return None
    here.need_environment()
    from handoff.session import name_conflicts

    if name_conflicts.by(payload.session_id, payload.cwd, here):
        return None  # it may have been another command
    return _facts("post-tool-use", payload, here)


def _facts(event: str, payload: hook_io.Payload, here: Here) -> dict[str, Any]:
    from handoff.authoring import command_text, gather
    from handoff.client import hook_io
    from handoff.facts import focus
    from handoff.mod import orders
    from handoff.redact import redact
    from handoff.store import trusted_prompts

    found = gather.collect(here, payload.session_id, payload.cwd, with_git=False)
    goal = focus.goal_of(payload.text("command_args") or payload.tool_input("args"))
    clean = redact.cleaner(here.config(found.place.root))
    reason = orders.note_run(payload, here)
    prompts = trusted_prompts.load(here, found.place.root)
    parts = (
        prompts.render("order_reason", reason=reason) if reason else "",
        command_text.overridden_order(prompts),
        command_text.facts_text(focus.for_goal(found.facts, goal), clean, prompts=prompts),
    )
    return hook_io.tell_model(event, "\n\n".join(part for part in parts if part))
