"""Handing over: the model is asked for a brief at the line; code writes where none can answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from handoff.authoring import command_text, gather
from handoff.client import hook_io
from handoff.client.transcript import tail
from handoff.git import commit_result
from handoff.hooks import next_session, rescue_sent_briefs
from handoff.redact import redact
from handoff.session import breaker, cap_resets, decision_log, policy, state
from handoff.store import finish, places, stopgaps, trusted_prompts

if TYPE_CHECKING:
    from handoff.runtime import Here


def ask(
    payload: hook_io.Payload, decision: policy.Decision, tokens: int, here: Here
) -> dict[str, Any] | None:
    """At the handoff line: give the model the command `/handoff` to carry out, once a climb; again
    where it did not get to it (`turn_end.is_lost`).

    A run that nobody watches is asked to end with its answer again, since its last words are its
    result. Where that answer is too long to be given back whole, code writes the brief instead.
    """
    answer = "" if hook_io.is_attended(here.env) else payload.text("last_assistant_message")
    found = gather.collect(here, payload.session_id, payload.cwd, with_git=False)
    clean = redact.cleaner(here.config(found.place.root))
    prompts = trusted_prompts.load(here, found.place.root)
    text = command_text.at_the_line(
        found.facts,
        clean,
        reason=prompts.render("order_reason", reason=decision.reason),
        last_answer=answer,
        prompts=prompts,
    )
    fired = state.fire_handoff(
        here.home,
        payload.session_id,
        tokens,
        at=here.now,
        trigger=decision.trigger,
        settled=not text,
        asked_in=payload.text("prompt_id"),
        asked_size=tail.size(payload.transcript),
        asks=state.load(here.home, payload.session_id).number("asks") + 1,
    )
    if not fired:
        return None
    if not text:
        rescue_sent_briefs.store_or_snapshot(payload, decision.trigger, here)
        _count(payload, here)
        return None
    return hook_io.tell_model(
        "stop", text, user=f"handoff: {decision.crossed}: writing a brief for a fresh session."
    )


def settle(
    payload: hook_io.Payload, session: state.SessionState, here: Here
) -> dict[str, Any] | None:
    """After the model was asked: say what was written, or write a snapshot if nothing was."""
    state.update(
        here.home, payload.session_id, lambda values: values.update(settled=True, order={})
    )
    brief = session.brief_as_asked
    written = (
        None
        if brief
        else rescue_sent_briefs.store_or_snapshot(
            payload, session.text("trigger") or "context", here
        )
    )
    opened = _count(payload, here) if brief or written else ""
    if session.text("trigger") == "cap":
        title = str(brief.get("title") or "") if brief else written.title if written else ""
        cap_resets.remember(
            session.text("project") or payload.cwd,
            title,
            cap_resets.ahead(payload.session_id, here),
            here,
        )
    if brief.get("draft"):
        return hook_io.tell_user(
            f"handoff: brief “{brief.get('title')}” is a draft for your review: "
            f"handoff edit {brief.get('id')} commits it, then /clear goes on with it."
        )
    if brief:
        made = commit_result.load(brief)
        back = f" {made.then()}" if made.then() else ""
        where = made.words()
        if brief.get("problem"):
            where += f", without git's state ({brief['problem']})"
        config = session.adapt(here.config(session.text("project") or payload.cwd))
        goes_on, relay = next_session.next_session(payload, session, config, here)
        then = relay if goes_on else relay + _then()
        return hook_io.tell_user(
            f"handoff: brief “{brief.get('title')}” written, {where}. {then}{back}{opened}"
        )
    if written is None:
        return None
    how = "wrote no brief, so code wrote one"
    if written.author == "model":
        how = "did not mend its brief; it is stored with what was found"
    return hook_io.tell_user(f"handoff: the model {how}: {written.summary()}. {_then()}{opened}")


def _count(payload: hook_io.Payload, here: Here) -> str:
    """Count a handoff that nobody asked for; what to say if that opened the breaker, "" if not.

    The work before it is counted in tool calls, from the session's last handoff on. Those of a
    `handoff relay` or `run` are not counted: a person ordered them, and said how many.
    """
    if here.env.get("HANDOFF_RELAY"):
        return ""
    session = state.load(here.home, payload.session_id)
    done, before = session.number("work_at_brief"), session.number("work_at_handoff")
    state.update(here.home, payload.session_id, lambda values: values.update(work_at_handoff=done))
    project = session.text("project") or payload.cwd
    calls = done - before if done >= before else done
    config = here.config(project)
    reason = breaker.record(project, payload.session_id, calls, config, here.home, here.now)
    if not reason:
        return ""
    decision_log.note(here.home, payload.session_id, "breaker", "open", reason, here.now)
    return (
        f" No more handoffs by themselves here for {config.breaker('open_s') // 60} minutes: "
        f"{reason}. handoff breaker --close"
    )


def after_failure(payload: hook_io.Payload, trigger: str, here: Here) -> None:
    """No model can answer for a while: a snapshot, told at the next prompt.

    The client shows nobody what StopFailure answers (seen, 2.1.330 and 2.1.197).
    """
    written = rescue_sent_briefs.store_or_snapshot(payload, trigger, here)
    if written is not None:
        project = state.load(here.home, payload.session_id).text("project") or payload.cwd
        cap_resets.remember(
            project, written.title, cap_resets.ahead(payload.session_id, here), here
        )
        state.say_next(
            here.home,
            payload.session_id,
            f"handoff: when no model could answer, code wrote a brief: {written.summary()}. "
            "A fresh session, also on another model or account, picks it up.",
        )


def at_end(payload: hook_io.Payload, here: Here) -> None:
    """A session ends: what it left to be carried on is brought up to date, the rest filed away.

    It leaves something to carry on when it passed the handoff line, when a brief of its own waits
    for a successor, or when it ended in a failure. Only a stopgap is filed away, and only where
    the transcript shows that the session went on after it; in any doubt it stays.
    """
    rescue_sent_briefs.store(payload, here)
    session = state.load(here.home, payload.session_id)
    failed = session.values.get("failed") is True
    leaves = session.passed_the_line or failed or bool(session.values.get("handed_over"))
    if not leaves and stopgaps.is_over(session.last_brief, payload.transcript):
        finish.finish_own(
            str(session.last_brief.get("id")),
            places.locate(str(session.last_brief["root"])),
            "The session went on after it, and ended.",
            payload.session_id,
            here,
        )
    elif (
        rescue_sent_briefs.store_or_snapshot(payload, "end" if not failed else "failure", here)
        is None
    ):
        finish.release_own(session.last_brief, payload.session_id, here)


def rescue(payload: hook_io.Payload, here: Here) -> str:
    """At a turn's end: store what the model wrote in a shell that may not write. What to tell the
    user of it, "" where that is told anyhow (`settle`).
    """
    stored = rescue_sent_briefs.store(payload, here)
    if state.load(here.home, payload.session_id).is_handing_over:
        return ""
    return "\n".join(f"handoff: brief “{one.title}” written: {one.summary()}." for one in stored)


def _then() -> str:
    return "/clear starts a fresh session with it; to go on here instead, just type."
