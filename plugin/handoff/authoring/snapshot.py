"""A brief by code alone, where no model writes one: the session as its transcript has it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from handoff.authoring import gather, model, write_brief
from handoff.client.transcript import later_activity
from handoff.session import decision_log, policy, state

if TYPE_CHECKING:
    from collections.abc import Mapping

    from handoff.client import hook_io
    from handoff.runtime import Here


def snapshot(payload: hook_io.Payload, trigger: str, here: Here) -> model.Written | None:
    """Write a snapshot, unless nothing was done since the session's last brief."""
    found = gather.collect(
        here, payload.session_id, payload.cwd, transcript_path=payload.transcript
    )
    session = state.load(here.home, payload.session_id)
    if session.briefs and not _has_worked(session.last_brief, found):
        decision_log.note(
            here.home,
            payload.session_id,
            "snapshot",
            policy.NONE,
            f"{trigger}: nothing was done since the last brief",
            here.now,
        )
        return None
    decision_log.note(here.home, payload.session_id, "snapshot", "snapshot", trigger, here.now)
    config = here.config(session.project or payload.cwd or os.curdir)
    return write_brief.write_snapshot(found, model.Orders(trigger=trigger), here, config)


def _has_worked(brief: Mapping[str, Any], found: gather.Material) -> bool:
    """Whether anything was done since a brief of the session: whether its last tool call came after
    that. A count does not tell: what was taken back (/rewind) is out of it, and what is old.
    """
    offset, last = brief.get("transcript_size"), found.facts.last_call
    return bool(last) and later_activity.was_called(
        found.transcript, offset if isinstance(offset, int) else 0, last
    )
