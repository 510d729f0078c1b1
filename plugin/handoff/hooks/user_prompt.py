"""The event UserPromptSubmit: what a prompt is told, and the brief that it delivers."""

from __future__ import annotations

import os

from handoff.client import hook_io
from handoff.client.transcript import tail
from handoff.session import state

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from handoff.hooks.event import Event

_CACHE_SECONDS = 290.0  # the shortest life of a prompt cache
_LONG_QUIET = 30 * 86_400.0  # nobody reads on after so long without knowing


def user_prompt_submit(event: Event) -> dict[str, Any] | None:
    """Say what was left to say; a pick-up's second chance, in a session whose start nobody saw."""
    if event.payload.in_subagent:
        return None
    if not event.session.is_known:
        return _start_late(event)
    if event.session.chain:
        from handoff.mod import orders

        orders.reset_chain(event, event.payload.text("prompt"))
    if event.session.picking and event.config.mode != "off":
        return _offer_again(event)
    heard, told = _tell_delegated(event) if event.session.delegated else ("", "")
    cold = _tell_cold(event)
    # What is told once comes last: the two above may start this hook anew, with all dependencies.
    left = _take_messages(event) if event.session.say_next else ""
    lost = _tell_lost(event) if event.session.picked else ""
    user = "\n".join(line for line in (left, heard, lost, cold) if line)
    model = "\n\n".join(text for text in (told, lost) if text)
    if model:
        return hook_io.tell_model("user-prompt-submit", model, user=user)
    return hook_io.tell_user(user) if user else None


def _start_late(event: Event) -> dict[str, Any] | None:
    """The session's start was not seen."""
    from handoff.hooks import session_start

    is_fresh = not os.path.exists(event.payload.transcript)
    is_kept = session_start.remember_session(event, "startup" if is_fresh else "resume")
    if not is_kept or not is_fresh or event.config.mode == "off":
        return None
    return session_start.offer_brief(event)


def _offer_again(event: Event) -> dict[str, Any] | None:
    """The session claimed a brief, and its hook died before it was handed over."""
    event.runtime.need_environment()
    from handoff.hooks import session_start
    from handoff.store import claim_rules

    claim_rules.give_back(event.session.picking, event.session_id, event.runtime)
    event.reload()
    return session_start.offer_brief(event)


def _take_messages(event: Event) -> str:
    from handoff.hooks import waiting_messages

    return waiting_messages.take_waiting_messages(event)


def _tell_cold(event: Event) -> str:
    """What this prompt costs a session whose prompt cache went cold, if it is over its warn
    threshold.

    Nothing is read before it has been quiet for as long as a cache lives at least.
    """
    quiet = event.runtime.now - tail.modified_at(event.payload.transcript)
    if not _CACHE_SECONDS < quiet < _LONG_QUIET or state.TOLD_COLD in event.session.fired:
        return ""
    config = event.config
    if config.mode == "off" or config.cold_cache == "off":
        return ""
    from handoff.session import policy

    limit = policy.context_limit(config.threshold("warn"), event.reading.room)
    tokens = event.reading.tokens
    if limit is None or tokens is None or tokens < limit:
        return ""
    event.runtime.need_environment()
    from handoff.hooks import idle

    return idle.warn_on_return(event)


def _tell_lost(event: Event) -> str:
    """Said once when the session's brief is another one's by now, as nothing came of it here."""
    from handoff.store import claims

    brief_id = event.session.picked
    owner = claims.owner(event.home, brief_id)
    if owner in ("", event.session_id, claims.UNKNOWN):
        return ""
    from handoff.session import transitions

    text = event.prompts.render("brief_reassigned", id=brief_id, owner=owner)
    event.adopt(transitions.forget_picked(event.home, event.session_id))
    return text


def _tell_delegated(event: Event) -> tuple[str, str]:
    """What the user and the model are told of tasks that this session delegated."""
    from handoff.session import delegated

    finished = delegated.find_finished(event.session)
    if not finished or event.config.mode == "off":
        return "", ""
    event.runtime.need_environment()
    from handoff.hooks import delegated_outcomes

    told = delegated_outcomes.tell_outcomes(finished, event.session_id, event.runtime)
    event.reload()
    return told
