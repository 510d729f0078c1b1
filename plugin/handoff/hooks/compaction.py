"""What a compaction does: before it code writes a brief, after it that brief is offered.

The brief is for one goal where the user typed `/compact handoff: <goal>`.
"""

from __future__ import annotations

import os
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from handoff.authoring import by_code, gather, model, write_brief
from handoff.base.wording import format_age
from handoff.brief import inject
from handoff.client import hook_io
from handoff.facts import focus
from handoff.hooks import rescue_sent_briefs
from handoff.redact import redact
from handoff.session import transitions
from handoff.store import (
    brief_files,
    claims,
    places,
    trust,
    trusted_prompts,
)

if TYPE_CHECKING:
    from handoff.hooks.event import Event
    from handoff.runtime import Runtime

_ASKED = re.compile(r"\s*/?handoff\s*:\s*(.+)", re.IGNORECASE | re.DOTALL)
_MAX_CHARS = 2_000


def before_compaction(event: Event) -> None:
    """Keep the facts, and remember the brief that has them, for afterwards: also what to tell.

    Nothing can be said now: the client puts what PreCompact prints into its request for the summary
    (docs/client.md, "Where a hook's output goes").
    """
    payload, runtime = event.payload, event.runtime
    goal = goal_of(payload)
    if goal:
        written = write_with_goal(goal, payload, runtime)
    else:
        written = rescue_sent_briefs.store_or_snapshot(payload, "compact", runtime)
    event.reload()
    brief_id = written.id if written else str(event.session.last_brief.get("id") or "")
    if brief_id:
        transitions.keep_compaction_brief(runtime.home, payload.session_id, brief_id)
    if written is not None:
        kept = f"brief for “{written.title}”" if goal else "snapshot"
        told = f"handoff: {kept} saved before the compaction: {written.summary()}."
        transitions.leave_message(runtime.home, payload.session_id, told)


def goal_of(payload: hook_io.Payload) -> str:
    """The goal that a person gave with `/compact handoff: <goal>`, "" for any other compaction."""
    if payload.text("trigger") != "manual":
        return ""
    match = _ASKED.fullmatch(payload.text("custom_instructions"))
    return match[1].strip() if match else ""


def write_with_goal(
    goal: str, payload: hook_io.Payload, runtime: Runtime
) -> model.WrittenBrief | None:
    """Write and commit the brief: the goal as its task, and the facts that have to do with it.

    No model can be asked in the middle of a compaction. None when nothing was done yet.
    """
    place = places.session_place(runtime, payload.session_id, payload.cwd)
    material = gather.collect_material(
        runtime, payload.session_id, place, transcript_path=payload.transcript
    )
    config = runtime.config(place.root)
    goal = redact.keep_head(redact.cleaner(config)(goal), _MAX_CHARS)
    facts = replace(focus.for_goal(material.facts, goal), goal=goal)
    orders = model.WriteOptions(trigger="manual", goal=goal)
    composed = by_code.compose_snapshot(material, facts, orders, runtime, config)
    return write_brief.save(composed, material, runtime, config) if composed else None


def after_compaction(event: Event) -> dict[str, Any] | None:
    """Give a compacted session its own facts back, from the snapshot taken just before."""
    payload, runtime = event.payload, event.runtime
    brief_id = event.session.compaction_brief
    if not brief_id:
        return None
    place = places.session_place(runtime, payload.session_id, payload.cwd)
    judge = trust.TrustCheck(place, runtime)
    stored = judge.as_written(brief_files.find(place.root, brief_id))
    if stored.brief is None or not judge.is_own(stored.raw):
        return None
    claims.claim(runtime.home, brief_id, payload.session_id, runtime.now)
    about = inject.Surroundings(
        stored.relative,
        format_age(0),
        "the facts of this same session, kept before it was compacted",
        file=os.path.join(place.root, stored.relative),
        text=stored.file_bytes.decode("utf-8", "replace"),
    )
    config = runtime.config(place.root)
    prompts = trusted_prompts.load(runtime, place.root)
    most, clean = config.brief("inject_chars"), redact.cleaner(config)
    text = inject.render(stored.brief, about, most, clean=clean, prompts=prompts)
    return hook_io.tell_model("session-start", text)
