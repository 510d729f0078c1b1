"""After the brief: whether this session starts the next one, and on which model.

Auto mode stays in its client: it can ask for the model of the brief's route, not go to another
provider or agent. A brief whose route leads there is not continued, as the wrong place would do its
work.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from handoff.base.errors import HandoffError
from handoff.client import hook_io
from handoff.hooks import turn_end
from handoff.mod import orders
from handoff.session import breaker, decision_log

if TYPE_CHECKING:
    from collections.abc import Mapping

    from handoff.hooks.event import Event
    from handoff.launch import providers, routes
    from handoff.runtime import Runtime


def next_session(event: Event, stopped: str) -> tuple[bool, str]:
    """After the brief: have the mod start the next session if it may; `stopped` is what it says if
    the user stops the countdown.

    Returns whether it was told to, and what to tell the user.
    """
    config, runtime = event.config, event.runtime
    if config.mode != "auto":
        return False, ""
    reason = why_not(event)
    brief_id = str(event.session.brief_as_asked.get("id") or "")
    model = origin = ""
    if not reason:
        try:
            model, origin = check_route(brief_id, runtime, event.project)
        except HandoffError as error:
            reason = " ".join(str(error).split()).rstrip(".")
    decision_log.note(
        runtime.home,
        event.session_id,
        "auto",
        "none" if reason else orders.CLEAR,
        reason,
        runtime.now,
    )
    if reason:
        return False, f"Auto mode does not start a fresh session: {reason}."
    turn = event.payload.text("prompt_id")
    order = {
        "id": orders.new_id(turn, runtime),
        "do": orders.CLEAR,
        "turn": turn,
        "seconds": config.auto("countdown_s"),
        "brief": brief_id,
        "model": model,
        "stopped": stopped,
    }
    orders.give(event, order)
    on_model = f" on {model} ({origin})" if model else ""
    return True, f"A fresh session continues from it{on_model}; if you stopped that, run /clear."


def why_not(event: Event) -> str:
    """Why this session may not start the next one, "" if it may."""
    session, config, runtime = event.session, event.config, event.runtime
    if not (event.is_at_turns_end and event.mod.is_interactive):
        return "this client runs no mods"
    if breaker.why_open(session.project, config, runtime.home, runtime.now):
        return "automatic handoffs are paused"
    if session.trigger == "idle":
        return "the brief was written while the session was idle"
    if turn_end.was_asked_earlier(event.payload, session):
        return "the brief was asked for before your last prompt"
    if config.auto("attended_only") and not hook_io.is_attended(runtime.env):
        return "this session is not interactive (auto.attended_only)"
    if not session.brief_as_asked.get("commit") and config.commit != "off":
        return "the brief is not committed"
    count, last = session.chain, session.continued_at
    if count >= config.auto("max_chain"):
        return f"{count} sessions in a row started without input from you (auto.max_chain)"
    passed = None if last is None else runtime.now - last
    if passed is not None and 0 <= passed < config.auto("cooldown_s"):
        return f"the last one started {passed:.0f} s ago (auto.cooldown_s)"
    return ""


def check_route(brief_id: str, runtime: Runtime, cwd: str) -> tuple[str, str]:
    """The model to ask for, "" for the client's own, and who says so (`the route on line 3`).

    Raises HandoffError where the route leads out of this client, or the configuration has a
    mistake.
    """
    from handoff.launch import (
        plan,  # much, and only in auto mode
        providers,
        routes,
    )
    from handoff.store import places

    choice = plan.choose_route(brief_id, runtime, places.locate(cwd), {})
    if not routes.is_client(choice):
        raise _elsewhere(brief_id, "runner", choice)
    configured = plan.load_config(runtime, cwd).values["providers"]
    known = providers.all_providers(configured)
    usual = providers.usual_provider(runtime.env)
    name = choice.text("provider") or usual
    if name not in known or not _is_here(known[name], usual, runtime.env):
        raise _elsewhere(brief_id, "provider", choice)
    wanted = known[name].model(choice.text("model"))
    return wanted, choice.origins.get("model", "")


def _is_here(provider: providers.Provider, usual: str, env: Mapping[str, str]) -> bool:
    """Whether this session's requests go to `provider` already."""
    if provider.type == "compatible":
        return bool(provider.base_url) and provider.base_url == env.get("ANTHROPIC_BASE_URL")
    return provider.type == usual


def _elsewhere(brief_id: str, key: str, choice: routes.Choice) -> HandoffError:
    return HandoffError(
        f"{choice.origins[key]} asks for {key} {choice.text(key)}, which auto mode cannot start",
        f"Run: handoff start {brief_id}",
    )
