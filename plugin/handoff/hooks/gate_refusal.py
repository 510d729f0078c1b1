"""A call near the hard line: let it pass, or refuse it and say how to write the brief."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from handoff.authoring import command_text, gather
from handoff.client import hook_io
from handoff.client.transcript import recent
from handoff.meter import context
from handoff.redact import redact
from handoff.session import (
    assess,
    breaker,
    decision_log,
    hard_line,
    observed_compaction,
    policy,
    state,
)
from handoff.store import trusted_prompts

if TYPE_CHECKING:
    from handoff.config.model import Config
    from handoff.runtime import Here


def answer(
    payload: hook_io.Payload, session: state.SessionState, config: Config, here: Here
) -> dict[str, Any] | None:
    """Refuse the call if it would overflow the context and a brief may be written now."""
    rules = observed_compaction.rules(session, here)
    reading = context.take(
        here.home, payload.session_id, payload.transcript, session.text("model"), rules
    )
    largest = hard_line.largest_growth(here.home, payload.session_id)
    hard = hard_line.hard_line(reading, largest, config, rules.variables)
    if reading.tokens is None or hard is None:
        return None
    tokens = max(reading.tokens, _with_what_was_added(payload.transcript))
    if tokens < hard:
        return None
    if assess.is_born_over(payload.transcript, session, config, reading):
        hard_line.opened(payload, "this session began over its handoff line", here)
        return None
    held = breaker.why_open(session.text("project"), config, here.home, here.now)
    if held:
        hard_line.opened(payload, held, here)
        return None
    prompts = trusted_prompts.load(here, session.text("project") or payload.cwd)
    number = _count(payload, tokens, here)
    if not number:
        return None
    reason = _reason(tokens, hard, reading)
    decision_log.note(
        here.home, payload.session_id, "gate", "refuse", f"call {number}: {reason}", here.now
    )
    if number > 1:
        return hook_io.refuse(prompts.render("call_refused_again"))
    found = gather.collect(here, payload.session_id, payload.cwd, with_git=False)
    clean = redact.cleaner(here.config(found.place.root))
    text = command_text.at_the_line(
        found.facts, clean, reason=prompts.render("call_refused", reason=reason), prompts=prompts
    )
    unwatched = ""
    if not hook_io.is_attended(here.env):
        unwatched = "\n\n" + prompts.render("continue_after_brief")
    return {
        **hook_io.refuse(text + unwatched),
        **hook_io.tell_user(f"handoff: {reason}: a brief first."),
    }


def _with_what_was_added(transcript: str) -> int:
    """The last answer's context with that answer and what was added since, by an estimate."""
    latest = recent.read(transcript)
    return latest.answers[-1].tokens + (latest.appended or 0) if latest.answers else 0


def _reason(tokens: int, hard: int, reading: context.Reading) -> str:
    then = "the client compacts" if reading.compact_at else "the next request is refused"
    return (
        f"the context holds about {policy.thousands(tokens)} tokens, and past "
        f"{policy.thousands(hard)} one more result may be too much: {then} then"
    )


def _count(payload: hook_io.Payload, tokens: int, here: Here) -> int:
    """The number of this refusal in the climb; 0 when there were enough. With the first one the
    handoff counts as asked for.
    """
    number = 0

    def change(values: dict[str, Any]) -> bool:
        nonlocal number
        before = values.get("refused")
        number = (before if isinstance(before, int) else 0) + 1
        if number > hard_line.MOST_REFUSALS:
            number = 0
            return False
        values["refused"] = number
        if number == 1:
            fired = values.get("fired")
            values["fired"] = {**(fired if isinstance(fired, dict) else {}), policy.HANDOFF: tokens}
            values.update(
                gated=True,
                asked_at=here.now,
                asked_briefs=values.get("brief_count", 0),
                trigger="context",
                settled=False,
                order={},
            )
        return True

    state.update(here.home, payload.session_id, change)
    return number
