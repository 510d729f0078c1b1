"""Which claims count: a claim ends with its session, unless the session used the brief."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handoff.client import tail
from handoff.flow import state
from handoff.repo import claims

if TYPE_CHECKING:
    from handoff.brief import document
    from handoff.flow.here import Here


def claimed_by(brief: document.Brief, here: Here) -> str:
    """The session that has a brief, "" if none.

    A claim counts while its session is open, and after that if the session did something with the
    brief: one that was opened and closed again has not used it up. Nor has the brief's own session,
    which had it back after a compaction.
    """
    owner = claims.owner(here.home, brief.id)
    session = state.load(here.home, owner)
    was_started = bool(session.number("client_pid"))  # by a client, not by hand in a shell
    if not owner or not was_started or not session.is_over(here.now):
        return owner
    if owner == brief.session.get("id"):
        return ""
    return owner if tail.read_last(session.text("transcript")) is not None else ""
