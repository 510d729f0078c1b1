"""A brief by code alone, where no model writes one: the session as its transcript has it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Protocol

from handoff.authoring import gather, model, write_brief
from handoff.client.transcript import later_activity
from handoff.session import decision_log, policy, state
from handoff.store import places

if TYPE_CHECKING:
    from collections.abc import Mapping

    from handoff.runtime import Runtime


class Conversation(Protocol):
    """A session to write down: its id, the directory it works in, the path of its transcript. A
    hook's payload is one.
    """

    @property
    def session_id(self) -> str:
        """The session's id."""

    @property
    def cwd(self) -> str:
        """The directory the session works in."""

    @property
    def transcript(self) -> str:
        """The path of its transcript, "" where that is not known."""


def write_if_worked(
    conversation: Conversation, trigger: str, runtime: Runtime
) -> model.WrittenBrief | None:
    """Write a snapshot, unless nothing was done since the session's last brief."""
    session_id, cwd = conversation.session_id, conversation.cwd
    place = places.session_place(runtime, session_id, cwd)
    material = gather.collect_material(
        runtime, session_id, place, transcript_path=conversation.transcript
    )
    session = state.load(runtime.home, session_id)
    if session.briefs and not _has_worked(session.last_brief, material):
        decision_log.note(
            runtime.home,
            session_id,
            "snapshot",
            policy.NONE,
            f"{trigger}: nothing was done since the last brief",
            runtime.now,
        )
        return None
    decision_log.note(runtime.home, session_id, "snapshot", "snapshot", trigger, runtime.now)
    config = runtime.config(session.project or cwd or os.curdir)
    return write_brief.write_snapshot(
        material, model.WriteOptions(trigger=trigger), runtime, config
    )


def _has_worked(brief: Mapping[str, Any], material: gather.Material) -> bool:
    """Whether anything was done since a brief of the session: whether its last tool call came after
    that. A count does not tell: what was taken back (/rewind) is out of it, and what is old.
    """
    offset, last = brief.get("transcript_size"), material.facts.last_call
    return bool(last) and later_activity.was_called(
        material.transcript, offset if isinstance(offset, int) else 0, last
    )
