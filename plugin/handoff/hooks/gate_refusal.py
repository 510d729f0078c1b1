"""A call near the hard limit: let it pass, or refuse it and say how to write the brief."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from handoff.authoring import command_text, gather
from handoff.client import hook_io
from handoff.client.transcript import recent
from handoff.redact import redact
from handoff.session import (
    assess,
    breaker,
    decision_log,
    handoff_transitions,
    hard_limit,
    policy,
)

if TYPE_CHECKING:
    from handoff.hooks.event import Event
    from handoff.meter import context


def answer(event: Event) -> dict[str, Any] | None:
    """Refuse the call if it would overflow the context and a brief may be written now."""
    payload, runtime = event.payload, event.runtime
    session, config, reading = event.session, event.config, event.reading
    largest = hard_limit.largest_growth(runtime.home, payload.session_id)
    hard = hard_limit.compute_limit(reading, largest, config, event.rules.variables)
    if reading.tokens is None or hard is None:
        return None
    tokens = max(reading.tokens, _with_what_was_added(payload.transcript))
    if tokens < hard:
        return None
    if assess.is_born_over(payload.transcript, session, config, reading):
        hard_limit.note_opened(payload, "this session began over its handoff threshold", runtime)
        return None
    held = breaker.why_open(session.project, config, runtime.home, runtime.now)
    if held:
        hard_limit.note_opened(payload, held, runtime)
        return None
    number = _count(event, tokens)
    if not number:
        return None
    reason = _reason(tokens, hard, reading)
    decision_log.note(
        runtime.home, payload.session_id, "gate", "refuse", f"call {number}: {reason}", runtime.now
    )
    prompts = event.prompts
    if number > 1:
        return hook_io.refuse(prompts.render("call_refused_again"))
    session_facts = gather.read_facts(runtime, payload.session_id, payload.cwd, files=event)
    clean = redact.cleaner(event.config)
    text = command_text.render_at_threshold(
        session_facts.facts,
        clean,
        reason=prompts.render("call_refused", reason=reason),
        prompts=prompts,
    )
    unwatched = ""
    if not hook_io.is_attended(runtime.env):
        unwatched = "\n\n" + prompts.render("continue_after_brief")
    return {
        **hook_io.refuse(text + unwatched),
        **hook_io.tell_user(f"handoff: {reason}. Writing a brief first."),
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


def _count(event: Event, tokens: int) -> int:
    """The number of this refusal in the cycle; 0 when there were enough."""
    counted = handoff_transitions.count_refusal(
        event.home, event.session_id, tokens, at=event.runtime.now, at_most=hard_limit.MAX_REFUSALS
    )
    return event.session.refused if event.adopt(counted) else 0
