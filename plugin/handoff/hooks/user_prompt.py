"""The event UserPromptSubmit: what a prompt is told, and the brief that it delivers."""

from __future__ import annotations

import os

from handoff.client import hook_io
from handoff.client.transcript import tail
from handoff.hooks import session_start
from handoff.session import state

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from handoff.runtime import Here

_CACHE_SECONDS = 290.0  # the shortest life of a prompt cache
_LONG_QUIET = 30 * 86_400.0  # nobody reads on after so long without knowing


def user_prompt_submit(payload: hook_io.Payload, here: Here) -> dict[str, Any] | None:
    """Say what was left to say; a pick-up's second chance, in a session whose start nobody saw."""
    if payload.in_subagent:
        return None
    known = state.load(here.home, payload.session_id)
    if known.is_known:
        if known.number("chain"):
            from handoff.mod import orders

            orders.heard_a_person(payload, known, here)
        if known.text("picking") and here.config(known.text("project")).mode != "off":
            return _offer_again(payload, known, here)
        heard, told = _heard(known, payload, here) if known.values.get("delegated") else ("", "")
        left = state.take_said(here.home, payload.session_id) if known.text("say_next") else ""
        lost = _lost(known, payload, here) if known.text("picked") else ""
        cold = _cold(payload, known, here)
        user = "\n".join(line for line in (left, heard, lost, cold) if line)
        model = "\n\n".join(text for text in (told, lost) if text)
        if model:
            return hook_io.tell_model("user-prompt-submit", model, user=user)
        return hook_io.tell_user(user) if user else None
    is_fresh = not os.path.exists(payload.transcript)
    session = session_start._remember(payload, here, "startup" if is_fresh else "resume")
    if session is None or not is_fresh or here.config(session.text("project")).mode == "off":
        return None
    return session_start._offer("user-prompt-submit", payload, session, here)


def _offer_again(
    payload: hook_io.Payload, session: state.SessionState, here: Here
) -> dict[str, Any] | None:
    """The session claimed a brief, and its hook died before it was handed over."""
    here.need_environment()
    from handoff.store import claim_rules

    claim_rules.give_back(session.text("picking"), payload.session_id, here)
    return session_start._offer("user-prompt-submit", payload, session, here)


def _cold(payload: hook_io.Payload, known: state.SessionState, here: Here) -> str:
    """What this prompt costs a session whose prompt cache went cold, if it is over its notice line.

    Nothing is read before it has been quiet for as long as a cache lives at least.
    """
    quiet = here.now - tail.changed(payload.transcript)
    if not _CACHE_SECONDS < quiet < _LONG_QUIET or state.TOLD_COLD in known.fired:
        return ""
    config = known.adapt(here.config(known.text("project") or payload.cwd))
    if config.mode == "off" or config.cold_cache == "off":
        return ""
    from handoff.meter import context
    from handoff.session import observed_compaction, policy

    rules, model = observed_compaction.rules(known, here), known.text("model")
    now = context.take(here.home, payload.session_id, payload.transcript, model, rules)
    limit = policy.context_limit(config.line("notice"), now.room)
    if limit is None or now.tokens is None or now.tokens < limit:
        return ""
    here.need_environment()
    from handoff.hooks import idle

    return idle.on_return(payload, known, here)


def _lost(session: state.SessionState, payload: hook_io.Payload, here: Here) -> str:
    """Said once when the session's brief is another one's by now, as nothing came of it here."""
    from handoff.store import claims

    brief_id = session.text("picked")
    owner = claims.owner(here.home, brief_id)
    if owner in ("", payload.session_id, claims.UNKNOWN):
        return ""
    from handoff.store import trusted_prompts

    prompts = trusted_prompts.load(here, session.text("project") or payload.cwd)
    text = prompts.render("brief_reassigned", id=brief_id, owner=owner)
    state.update(here.home, payload.session_id, lambda values: values.pop("picked", None))
    return text


def _heard(session: state.SessionState, payload: hook_io.Payload, here: Here) -> tuple[str, str]:
    """What the user and the model are told of tasks that this session delegated."""
    from handoff.hooks import delegated_outcomes
    from handoff.session import delegated

    found = delegated.waiting(session)
    if not found or here.config(session.text("project")).mode == "off":
        return "", ""
    here.need_environment()
    return delegated_outcomes.tell(found, payload.session_id, here)
