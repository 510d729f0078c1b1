"""`/compact handoff: <goal>`: before the client compacts, code writes a brief for that goal."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from handoff.authoring import compose, gather, write_brief
from handoff.brief import snapshot
from handoff.facts import focus
from handoff.redact import cleaning, redact

if TYPE_CHECKING:
    from handoff.client import hook_io
    from handoff.runtime import Here

_ASKED = re.compile(r"\s*/?handoff\s*:\s*(.+)", re.IGNORECASE | re.DOTALL)
_MOST_CHARS = 2_000


def goal_of(payload: hook_io.Payload) -> str:
    """The goal that a person gave with `/compact handoff: <goal>`, "" for any other compaction."""
    if payload.text("trigger") != "manual":
        return ""
    found = _ASKED.fullmatch(payload.text("custom_instructions"))
    return found[1].strip() if found else ""


def write_for(goal: str, payload: hook_io.Payload, here: Here) -> write_brief.Written | None:
    """Write and commit the brief: the goal as its task, and the facts that have to do with it.

    No model can be asked in the middle of a compaction. None when nothing was done yet.
    """
    found = gather.collect(
        here, payload.session_id, payload.cwd, transcript_path=payload.transcript
    )
    config = here.config(found.place.root)
    goal = redact.head(cleaning.cleaner(config)(goal), _MOST_CHARS)
    words = snapshot.words(replace(focus.for_goal(found.facts, goal), goal=goal))
    if words is None:
        return None
    orders = write_brief.Orders(trigger="manual", goal=goal)
    return write_brief.save(
        compose.compose(words, "snapshot", found, orders, here, config), found, here, config
    )
