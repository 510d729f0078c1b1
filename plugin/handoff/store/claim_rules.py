"""Taking briefs, and which claims count: a claim has an owner, a time and an end."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from handoff.base import paths
from handoff.base.errors import HandoffError
from handoff.client.transcript import tail
from handoff.session import state, transitions
from handoff.store import claims

if TYPE_CHECKING:
    from handoff.brief import document
    from handoff.runtime import Runtime

QUIET_SECONDS = 24 * 3600.0


def held_by(brief: document.Brief, runtime: Runtime) -> str:
    """The owner of a claim that has not ended, "" if there is none.

    It ends with its session, or when nothing was heard of its owner for QUIET_SECONDS: that is
    all there is to go by for one taken in a shell, or one that cannot be read.
    """
    claim = claims.read(runtime.home, brief.id)
    if claim is None:
        return ""
    session = state.load(runtime.home, claim.session)
    by_client = bool(session.client_pid)
    if by_client and session.is_over(runtime.now):
        return ""
    heard = max(claim.at, _last_change(runtime.home, claim.session)) if by_client else claim.at
    # A clock that was set back must not keep a claim for ever.
    return claim.session if abs(runtime.now - heard) <= QUIET_SECONDS else ""


def describe_owner(owner: str) -> str:
    """`by session 0c9e…`, `by hand, in a shell`, or `by an unknown session (…)`, and why."""
    name, _, note = owner.partition(" (")
    if note and name == "none":
        return note.removesuffix(")")
    return f"by an unknown session ({note}" if note and name == "unknown" else f"by session {owner}"


def used_by(brief: document.Brief, runtime: Runtime) -> str:
    """The session that used a brief up, "" if none did: it was given the brief, and answered.

    Its claim may have ended, but no session is given the brief by itself again; a person, or
    who starts a session with it, may. The brief's own session, which had it back after a
    compaction, has not used it up.
    """
    claim = claims.read(runtime.home, brief.id)
    if claim is None or claim.session == brief.session.get("id"):
        return claim.used if claim else ""
    session = state.load(runtime.home, claim.session)
    if session.picking == brief.id:
        return claim.used  # its hook died before the brief was handed over
    has_answered = tail.read_last(session.transcript) is not None
    return claim.session if has_answered else claim.used


def ends_at(claim: claims.Claim, runtime: Runtime) -> float | None:
    """When a claim ends by itself (epoch seconds); None for one that ends with its session."""
    by_client = state.load(runtime.home, claim.session).client_pid
    return None if by_client else claim.at + QUIET_SECONDS


def pick_up(brief: document.Brief, session_id: str, runtime: Runtime) -> str:
    """`take` a brief whose text the session is given right after this; the owner it has then.

    The session's state says so in two steps, so that a hook that dies between them has not used
    the brief up: the session's next prompt delivers it (`hooks.session_start`), else the next
    session.
    """
    if session_id:
        transitions.begin_pickup(runtime.home, session_id, brief.id)
    owner = claim_brief(brief, session_id, runtime)
    if session_id:
        picked = brief.id if owner == session_id else ""
        transitions.end_pickup(runtime.home, session_id, picked)
    return owner


def claim_brief(brief: document.Brief, session_id: str, runtime: Runtime) -> str:
    """Claim a brief for a session ("": for this shell); the owner that it has then."""
    seen = claims.read(runtime.home, brief.id)
    stale = None if held_by(brief, runtime) else seen
    name, used = owner_name(session_id), used_by(brief, runtime)
    return claims.take_claim(
        runtime.home, brief.id, name, runtime.now, instead_of=stale, used=used
    ).session


def check_not_taken(brief: document.Brief, session_id: str, runtime: Runtime, hint: str) -> None:
    """Raise HandoffError (its hint: `hint`) when another session that is still open has the brief.

    A session of the same client is not another one: after /clear it carries on. A claim by hand, in
    a shell, stands in no one's way.
    """
    owner = held_by(brief, runtime)
    client = state.load(runtime.home, owner).client_pid
    mine = state.load(runtime.home, session_id).client_pid
    if not owner or owner == session_id or client in (0, mine):
        return
    raise HandoffError(
        f"{brief.id} is claimed {describe_owner(owner)}, which is still open. Nothing was changed.",
        hint,
    )


def give_back(brief_id: str, session_id: str, runtime: Runtime) -> None:
    """Release a brief that a session took and was not given."""
    if claims.owner(runtime.home, brief_id) == session_id:
        claims.release(runtime.home, brief_id)
    transitions.end_pickup(runtime.home, session_id)


def owner_name(session_id: str) -> str:
    """The session, or the terminal (by the number of its first process) where there is none."""
    return session_id or f"none (by hand, in shell {os.getsid(0)})"


def _last_change(home: str, session_id: str) -> float:
    try:
        return os.stat(paths.session_file(home, "sessions", session_id) or "").st_mtime
    except OSError:
        return 0.0
