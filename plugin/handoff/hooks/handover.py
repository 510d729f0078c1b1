"""Handing over: the model is asked for a brief at the threshold, or code writes one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from handoff.authoring import command_text, gather
from handoff.client import hook_io
from handoff.client.transcript import tail
from handoff.hooks import brief_report, next_session, rescue_sent_briefs
from handoff.hooks.brief_report import STAY_OR_CLEAR
from handoff.mod import orders
from handoff.redact import redact
from handoff.session import (
    breaker,
    cap_resets,
    decision_log,
    handoff_transitions,
    name_conflicts,
    policy,
    transitions,
)
from handoff.store import finish, places, stopgaps

if TYPE_CHECKING:
    from handoff.hooks.event import Event


def ask_for_brief(event: Event, decision: policy.Decision, tokens: int) -> dict[str, Any] | None:
    """At the handoff threshold: have the model carry out the command `/handoff`, once a cycle;
    again where it did not get to it (`turn_end.is_lost`).
    """
    payload, runtime = event.payload, event.runtime
    text = _order(event, decision.reason)
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
    return hook_io.tell_model("stop", text)


def _order(event: Event, reason: str) -> str:
    """What tells the model to write the brief; "" where code is to write it.

    The client shows a person every line of it, so that the model is sent to the command, whose text
    is not shown, unless something else has its name. A run that nobody watches is asked to end with
    its answer again, since its last words are its result. Where that answer is too long to be given
    back whole, code writes the brief instead.
    """
    payload, runtime = event.payload, event.runtime
    is_attended = hook_io.is_attended(runtime.env)
    if is_attended and not name_conflicts.find_conflict(event):
        return event.prompts.render("order_by_skill", reason=reason)
    facts = gather.read_facts(runtime, payload.session_id, payload.cwd, files=event)
    return command_text.render_at_threshold(
        facts.facts,
        redact.cleaner(event.config),
        reason=event.prompts.render("order_reason", reason=reason),
        last_answer="" if is_attended else payload.text("last_assistant_message"),
        prompts=event.prompts,
    )


def settle_handover(event: Event) -> dict[str, Any] | None:
    """After the model was asked: say what was written, or write a snapshot if nothing was."""
    payload, runtime = event.payload, event.runtime
    cause = _cause(event)
    event.adopt(handoff_transitions.settle_handoff(runtime.home, payload.session_id))
    brief, trigger = event.session.brief_as_asked, event.session.trigger
    written = None
    if not brief:
        written = rescue_sent_briefs.store_or_snapshot(payload, trigger or "context", runtime)
        event.reload()
    entries, session = transitions.take_untold(runtime.home, payload.session_id)
    event.adopt(session)
    opened = _count(event) if brief or written else ""
    cap = cap_resets.next_reset(payload.session_id, runtime) if trigger == "cap" else None
    stored = brief or (event.session.last_brief if written else {})
    if trigger == "cap":
        cap_resets.remember(event.project, str(stored.get("title") or ""), cap, runtime)
    tasks = brief_report.report([one for one in entries if one.get("kind") != "continue"])
    if not stored:
        return hook_io.tell_user(tasks) if tasks else None
    then = brief_report.past_a_cap(stored, cap) if trigger == "cap" else STAY_OR_CLEAR
    if brief:
        text = _report_asked(event, brief, cause, then, opened)
    else:
        how = f"wrote no brief, so handoff {brief_report.describe_snapshot(stored)}"
        if stored.get("author") == "model":
            how = "did not correct its brief; it was saved with the problems listed in it: "
            how += brief_report.describe(stored)
        said = f"the model {how}."
        text = brief_report.say(said, stored, then, opened)
    return hook_io.tell_user(f"{text}\n{tasks}" if tasks else text)


def _report_asked(event: Event, brief: dict[str, Any], cause: str, then: str, opened: str) -> str:
    """What to say of the brief that the model was asked for, and in auto mode of what follows."""
    if brief.get("draft"):
        return brief_report.report_one(brief)
    stopped = brief_report.report_one(brief, cause=cause, then=then, more=opened)
    goes_on, auto = next_session.next_session(event, brief_report.without_name(stopped))
    if goes_on or auto:
        then = auto if goes_on else f"{auto}\n{then}"
        return brief_report.report_one(brief, cause=cause, then=then, more=opened)
    return stopped


def _cause(event: Event) -> str:
    """Why the model was asked for a brief, where the user has not read that in this turn."""
    if event.session.asked_in is not None or not event.config.has_meter:
        return ""
    if event.session.trigger == "idle":
        return "the prompt cache was about to go cold"
    crossed = policy.is_crossed(event.reading, event.config.threshold("handoff"))
    return str(event.session.order.get("reason") or (crossed[0] if crossed else ""))


def _count(event: Event) -> str:
    """Count an automatic handoff; what to say if that opened the breaker, "" if not.

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
        f"Automatic handoffs are paused here for {config.breaker('open_s') // 60} minutes: "
        f"{reason}. To resume now: handoff session breaker --close"
    )


def after_failure(event: Event, trigger: str) -> None:
    """No model can answer for a while: a snapshot, told by the mod at once, or at the next prompt.

    The client shows nobody what StopFailure answers (seen, 2.1.330 and 2.1.197).
    """
    runtime, session_id = event.runtime, event.session_id
    written = rescue_sent_briefs.store_or_snapshot(event.payload, trigger, runtime)
    event.reload()
    if written is None:
        return
    cap = cap_resets.next_reset(session_id, runtime)
    cap_resets.remember(event.project, written.title, cap, runtime)
    entry = event.session.last_brief
    refused = (
        f"the {cap.name} is used up (resets {cap.local})" if cap else "the API refused to continue"
    )
    text = brief_report.say(
        f"{refused}, so handoff {brief_report.describe_snapshot(entry)}.",
        entry,
        brief_report.past_a_cap(entry, cap),
    )
    event.adopt(transitions.leave_message(runtime.home, session_id, text))
    orders.redraw(event)


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
            "The session continued after it, and ended.",
            payload.session_id,
            runtime,
        )
    elif (
        rescue_sent_briefs.store_or_snapshot(payload, "end" if not failed else "failure", runtime)
        is None
    ):
        finish.release_own(session.last_brief, payload.session_id, runtime)


def rescue_brief(event: Event) -> None:
    """At a turn's end: store what the model wrote in a shell that may not write."""
    rescue_sent_briefs.store(event.payload, event.runtime)
    event.reload()
