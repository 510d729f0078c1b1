"""Handing over: the model is asked for a brief at the threshold, or code writes one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from handoff.authoring import command_text, gather
from handoff.client import hook_io
from handoff.client.transcript import tail
from handoff.git import commit_result
from handoff.hooks import next_session, rescue_sent_briefs
from handoff.redact import redact
from handoff.session import (
    breaker,
    cap_resets,
    decision_log,
    handoff_transitions,
    policy,
    transitions,
)
from handoff.store import finish, places, stopgaps

if TYPE_CHECKING:
    from handoff.hooks.event import Event


def ask_for_brief(event: Event, decision: policy.Decision, tokens: int) -> dict[str, Any] | None:
    """At the handoff threshold: give the model the command `/handoff` to carry out, once a cycle;
    again where it did not get to it (`turn_end.is_lost`).

    A run that nobody watches is asked to end with its answer again, since its last words are its
    result. Where that answer is too long to be given back whole, code writes the brief instead.
    """
    payload, runtime = event.payload, event.runtime
    answer = "" if hook_io.is_attended(runtime.env) else payload.text("last_assistant_message")
    facts = gather.read_facts(runtime, payload.session_id, payload.cwd, files=event)
    clean = redact.cleaner(event.config)
    text = command_text.render_at_threshold(
        facts.facts,
        clean,
        reason=event.prompts.render("order_reason", reason=decision.reason),
        last_answer=answer,
        prompts=event.prompts,
    )
    asked = handoff_transitions.ask_handoff(
        runtime.home,
        payload.session_id,
        tokens,
        at=runtime.now,
        trigger=decision.trigger,
        turn=payload.text("prompt_id"),
        size=tail.file_size(payload.transcript),
        settled=not text,
    )
    if not event.adopt(asked):
        return None
    if not text:
        rescue_sent_briefs.store_or_snapshot(payload, decision.trigger, runtime)
        event.reload()
        _count(event)
        return None
    return hook_io.tell_model(
        "stop", text, user=f"handoff: {decision.crossed}: writing a brief for a fresh session."
    )


def settle_handover(event: Event) -> dict[str, Any] | None:
    """After the model was asked: say what was written, or write a snapshot if nothing was."""
    payload, runtime = event.payload, event.runtime
    event.adopt(handoff_transitions.settle_handoff(runtime.home, payload.session_id))
    brief, trigger = event.session.brief_as_asked, event.session.trigger
    written = None
    if not brief:
        written = rescue_sent_briefs.store_or_snapshot(payload, trigger or "context", runtime)
        event.reload()
    opened = _count(event) if brief or written else ""
    if trigger == "cap":
        title = str(brief.get("title") or "") if brief else written.title if written else ""
        cap_resets.remember(
            event.project,
            title,
            cap_resets.next_reset(payload.session_id, runtime),
            runtime,
        )
    if brief.get("draft"):
        return hook_io.tell_user(
            f"handoff: brief “{brief.get('title')}” is a draft for your review: "
            f"handoff commit --edit {brief.get('id')} commits it, then /clear goes on with it."
        )
    if brief:
        commit_outcome = commit_result.load(brief)
        back = f" {commit_outcome.then()}" if commit_outcome.then() else ""
        where = commit_outcome.describe()
        if brief.get("problem"):
            where += f", without git's state ({brief['problem']})"
        goes_on, said = next_session.next_session(event)
        then = said if goes_on else said + _then()
        return hook_io.tell_user(
            f"handoff: brief “{brief.get('title')}” written, {where}. {then}{back}{opened}"
            f"{_notice(brief)}"
        )
    if written is None:
        return None
    how = "wrote no brief, so code wrote one"
    if written.author == "model":
        how = "did not correct its brief; it was saved with the problems listed in it"
    return hook_io.tell_user(
        f"handoff: the model {how}: {written.summary()}. {_then()}{opened}"
        f"{_notice(event.session.last_brief)}"
    )


def _count(event: Event) -> str:
    """Count a handoff that nobody asked for; what to say if that opened the breaker, "" if not.

    The work before it is counted in tool calls, from the session's last handoff on. Those of a
    `handoff relay` or `run` are not counted: a person ordered them, and said how many.
    """
    runtime, session_id = event.runtime, event.session_id
    if runtime.env.get("HANDOFF_RELAY"):
        return ""
    calls, session = transitions.count_handoff(runtime.home, session_id)
    event.adopt(session)
    config = event.config
    reason = breaker.record_handoff(
        event.project, session_id, calls, config, runtime.home, runtime.now
    )
    if not reason:
        return ""
    decision_log.note(runtime.home, session_id, "breaker", "open", reason, runtime.now)
    return (
        f" No more handoffs by themselves here for {config.breaker('open_s') // 60} minutes: "
        f"{reason}. handoff session breaker --close"
    )


def after_failure(event: Event, trigger: str) -> None:
    """No model can answer for a while: a snapshot, told at the next prompt.

    The client shows nobody what StopFailure answers (seen, 2.1.330 and 2.1.197).
    """
    runtime, session_id = event.runtime, event.session_id
    written = rescue_sent_briefs.store_or_snapshot(event.payload, trigger, runtime)
    if written is not None:
        cap_resets.remember(
            event.project, written.title, cap_resets.next_reset(session_id, runtime), runtime
        )
        transitions.leave_message(
            runtime.home,
            session_id,
            f"handoff: when no model could answer, code wrote a brief: {written.summary()}. "
            "A fresh session, also on another model or account, picks it up.",
        )


def write_at_end(event: Event) -> None:
    """A session ends: what it left to be carried on is brought up to date, the rest filed away.

    It leaves something to carry on when it passed the handoff threshold, when a brief of its own
    waits for a successor, or when it ended in a failure. Only a stopgap is filed away, and only
    where the transcript shows that the session went on after it; in any doubt it stays.
    """
    payload, runtime = event.payload, event.runtime
    rescue_sent_briefs.store(payload, runtime)
    event.reload()
    session, failed = event.session, event.session.failed
    leaves = session.passed_threshold or failed or session.handed_over
    if not leaves and stopgaps.is_over(session.last_brief, payload.transcript):
        finish.finish_own(
            str(session.last_brief.get("id")),
            places.locate(str(session.last_brief["root"])),
            "The session went on after it, and ended.",
            payload.session_id,
            runtime,
        )
    elif (
        rescue_sent_briefs.store_or_snapshot(payload, "end" if not failed else "failure", runtime)
        is None
    ):
        finish.release_own(session.last_brief, payload.session_id, runtime)


def rescue_brief(event: Event) -> str:
    """At a turn's end: store what the model wrote in a shell that may not write. What to tell the
    user of it, "" where that is told anyhow (`settle_handover`).
    """
    stored = rescue_sent_briefs.store(event.payload, event.runtime)
    event.reload()
    if event.session.is_handing_over:
        return ""
    return "\n".join(f"handoff: brief “{one.title}” written: {one.summary()}." for one in stored)


def _notice(brief: dict[str, Any]) -> str:
    """Where the first commit in a repository goes, on a line of its own."""
    return f"\n{brief['notice']}" if brief.get("notice") else ""


def _then() -> str:
    return "/clear starts a fresh session with it; to go on here instead, just type."
