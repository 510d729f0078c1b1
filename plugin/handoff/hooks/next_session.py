"""After the brief: whether this session starts the next one, and on which model.

A relay stays in its client: it can ask for the model of the brief's route, not go to another
provider or agent. A brief whose route leads there is not relayed, as the wrong place would do its
work.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from handoff.base.errors import HandoffError
from handoff.client import hook_io, mod_state
from handoff.hooks import turn_end
from handoff.mod import orders
from handoff.session import breaker, decision_log, state

if TYPE_CHECKING:
    from collections.abc import Mapping

    from handoff.config.model import Config
    from handoff.launch import providers, routes
    from handoff.runtime import Here


def next_session(
    payload: hook_io.Payload, session: state.SessionState, config: Config, here: Here
) -> tuple[bool, str]:
    """After the brief: have the mod start the next session if it may.

    Returns whether it was told to, and what to tell the user.
    """
    if config.mode != orders.RELAY:
        return False, ""
    why_not = may_not(payload, session, config, here)
    brief_id = str(session.brief_as_asked.get("id") or "")
    model = origin = ""
    if not why_not:
        try:
            model, origin = route(brief_id, here, session.text("project") or payload.cwd)
        except HandoffError as error:
            why_not = " ".join(str(error).split()).rstrip(".")
    decision_log.note(
        here.home,
        payload.session_id,
        "relay",
        "none" if why_not else orders.RELAY,
        why_not,
        here.now,
    )
    if why_not:
        return False, f"No relay: {why_not}. "
    turn = payload.text("prompt_id")
    order = {
        "id": orders.new_id(turn, here),
        "do": orders.RELAY,
        "turn": turn,
        "seconds": config.relay("countdown_s"),
        "brief": brief_id,
        "model": model,
    }
    state.update(here.home, payload.session_id, lambda values: values.update(order=order))
    return True, f"A fresh session goes on with it{f', on {model} ({origin})' if model else ''}."


def may_not(
    payload: hook_io.Payload, session: state.SessionState, config: Config, here: Here
) -> str:
    """Why this session may not start the next one, "" if it may."""
    said = mod_state.load(here.home, payload.session_id)
    if not (said.is_at(payload) and said.is_interactive):
        return "this client runs no mod"
    if breaker.why_open(session.text("project"), config, here.home, here.now):
        return "the breaker is open"
    if session.text("trigger") == "idle":
        return "the brief was written because nobody was here"
    if turn_end.was_asked_earlier(payload, session):
        return "the brief was asked for before your last prompt"
    if config.relay("attended_only") and not hook_io.is_attended(here.env):
        return "nobody sits at this session (relay.attended_only)"
    if not session.brief_as_asked.get("commit") and config.commit != "off":
        return "the brief is not committed"
    count, last = session.number("chain"), session.values.get("relayed_at")
    if count >= config.relay("max_chain"):
        return f"{count} sessions started each other without a word of yours (relay.max_chain)"
    passed = here.now - last if isinstance(last, (int, float)) else None
    if passed is not None and 0 <= passed < config.relay("cooldown_s"):
        return f"the last one was {passed:.0f} s ago (relay.cooldown_s)"
    return ""


def route(brief_id: str, here: Here, cwd: str) -> tuple[str, str]:
    """The model to ask for, "" for the client's own, and who says so (`the route in line 3`).

    Raises HandoffError where the route leads out of this client, or the configuration has a
    mistake.
    """
    from handoff.launch import (
        plan,  # much, and only for a relay
        providers,
        routes,
    )
    from handoff.store import places

    choice = plan.choose(brief_id, here, places.locate(cwd), {})
    if not routes.is_client(choice):
        raise _elsewhere(brief_id, "runner", choice)
    configured = plan.settled(here, cwd).values["providers"]
    known = providers.known(configured)
    usual = providers.usual(here.env)
    name = choice.text("provider") or usual
    if name not in known or not _is_here(known[name], usual, here.env):
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
        f"{choice.origins[key]} says {key} {choice.text(key)}, and a relay stays where it is",
        f"handoff start {brief_id} goes there",
    )
