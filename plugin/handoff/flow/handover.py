"""Handing over: the model is asked for a brief at the line; code writes where none can answer."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from handoff.client import hookio
from handoff.flow import command, material, policy, state, writing

if TYPE_CHECKING:
    from handoff.flow.here import Here


def ask(
    payload: hookio.Payload, decision: policy.Decision, tokens: int, here: Here
) -> dict[str, Any] | None:
    """At the handoff line: give the model the command `/handoff` to carry out, once a climb."""
    fired = state.fire(
        here.home,
        payload.session_id,
        policy.HANDOFF,
        tokens,
        asked_at=here.now,
        trigger=decision.trigger,
    )
    if not fired:
        return None
    found = material.collect(here, payload.session_id, payload.cwd, with_git=False)
    answer = "" if hookio.is_attended(here.env) else payload.text("last_assistant_message")
    text = command.at_the_line(
        found.facts, reason=f"handoff: {decision.reason}.", last_answer=answer
    )
    return hookio.tell_model(
        "stop", text, user=f"handoff: {decision.crossed}: writing a brief for a fresh session."
    )


def settle(
    payload: hookio.Payload, session: state.SessionState, here: Here
) -> dict[str, Any] | None:
    """After the model was asked: say what was written, or write a snapshot if nothing was."""
    state.update(here.home, payload.session_id, lambda values: values.update(settled=True))
    brief = session.brief_since(session.asked_at)
    if brief is not None:
        commit = str(brief.get("commit") or "")[:9]
        where = f"committed as {commit}" if commit else f"not committed: {brief.get('reason')}"
        undo = f" Undo: git revert {commit}" if commit and brief.get("on_branch") else ""
        return hookio.tell_user(
            f"handoff: brief “{brief['title']}” written, {where}. {_then()}{undo}"
        )
    written = _snapshot(payload, session.text("trigger") or "context", here)
    if written is None:
        return None
    return hookio.tell_user(
        f"handoff: the model wrote no brief, so code wrote one: {written.summary()}. {_then()}"
    )


def snapshot_for(payload: hookio.Payload, trigger: str, here: Here) -> dict[str, Any] | None:
    """Before a compaction, or after a failure: a snapshot, and one line that says so."""
    written = _snapshot(payload, trigger, here)
    if written is None:
        return None
    if trigger == "compact":
        state.update(
            here.home, payload.session_id, lambda values: values.update(compaction_brief=written.id)
        )
        return hookio.tell_user(f"handoff: facts kept before the compaction: {written.summary()}.")
    # The client shows nobody what StopFailure answers (seen, 2.1.330 and 2.1.197).
    state.say_next(
        here.home,
        payload.session_id,
        f"handoff: when no model could answer, code wrote a brief: {written.summary()}. "
        "A fresh session, also on another model or account, picks it up.",
    )
    return None


def at_end(
    payload: hookio.Payload, session: state.SessionState, here: Here, *, wants_snapshot: bool
) -> None:
    """A session ends: leave a snapshot if its work would be lost; put its compaction's away."""
    if wants_snapshot and _snapshot(payload, "end", here) is not None:
        return  # it finished the compaction's snapshot as well
    from handoff.flow import pickup

    pickup.finish_own(
        session.text("compaction_brief"),
        material.session_place(here, payload.session_id, payload.cwd),
        "The session went on after the compaction, and has ended.",
        here,
    )


def _snapshot(payload: hookio.Payload, trigger: str, here: Here) -> writing.Written | None:
    found = material.collect(
        here, payload.session_id, payload.cwd, transcript_path=payload.transcript
    )
    work = found.facts.calls
    session = state.load(here.home, payload.session_id)
    if session.briefs and session.values.get("work_at_brief") == work:
        return None  # nothing was done since the last brief
    config = here.config(session.text("project") or payload.cwd or os.curdir)
    written = writing.write_snapshot(found, writing.Orders(trigger=trigger), here, config)
    state.update(here.home, payload.session_id, lambda values: values.update(work_at_brief=work))
    return written


def _then() -> str:
    return "/clear starts a fresh session with it; to go on here instead, just type."
