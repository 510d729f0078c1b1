"""Stopgaps: briefs by code that bridge an interruption, which their session may get over.

Nothing else is ever filed away without a successor or somebody's word.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from handoff.client.transcript import later_activity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from handoff.brief.document import Brief
    from handoff.session.state import SessionState

_COMPACTION = "compact"
_TRIGGERS = (_COMPACTION, "cap", "failure")


def is_stopgap(brief: Brief, replaced: Iterable[str], session: SessionState) -> bool:
    """Whether a brief bridges an interruption and no more: written by code for a compaction, or for
    a failure in a session that was not to hand over, and what it `replaced` (ids) was the same.
    """
    if brief.author != "snapshot" or brief.trigger not in _TRIGGERS:
        return False
    if brief.trigger != _COMPACTION and session.has_passed_threshold:
        return False
    known = {entry.get("id") for entry in session.briefs if entry.get("stopgap") is True}
    return known.issuperset(replaced)


def is_over(entry: Mapping[str, Any], transcript: str) -> bool:
    """Whether a session went on after a brief of its own (`state.briefs`) that is a stopgap.

    A compaction does not end a turn; after a failure a person has to say something first. False
    where the transcript does not show it.
    """
    at, offset = entry.get("at"), entry.get("transcript_size")
    if entry.get("stopgap") is not True or not isinstance(at, float) or not isinstance(offset, int):
        return False
    asked = entry.get("trigger") != _COMPACTION
    return later_activity.has_continued(transcript, offset, at, asked=asked)
