"""Claims (`<state>/claims/<brief id>.json`): one session gets a brief, also when many start.

When another session takes a brief that one had used up before, its claim says so (`used`). Which
claims still count is for `store.claim_rules`. Standard library only: hooks load this at prompts.
"""

from __future__ import annotations

import os

from handoff.base import file_io, locks, quickjson, state_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

UNKNOWN = "unknown (its claim cannot be read)"


class Claim:
    """Who has a brief: the `session` that took it, and `at` (epoch seconds) when.

    `used`: the session that had used it up by then, "" if none.
    """

    __slots__ = ("at", "session", "used")

    def __init__(self, session: str, at: float, used: str = "") -> None:
        self.session = session
        self.at = at
        self.used = used

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Claim) and (other.session, other.at) == (self.session, self.at)

    __hash__ = None  # type: ignore[assignment]


def read(home: str, brief_id: str) -> Claim | None:
    """The claim on a brief, None if nobody took it.

    One that cannot be read is somebody's (UNKNOWN, since its file was written): taking it for none
    would give the brief to two sessions. So it is not moved aside, unlike any other state.
    """
    path = _file(home, brief_id)
    try:
        raw = state_file.read(path)
        if raw is None:
            return None
        fields = quickjson.loads(raw)
        session, at, used = fields["session"], fields["at"], fields.get("used", "")
        if session and isinstance(session, str) and isinstance(at, (int, float)):
            return Claim(session, float(at), used if isinstance(used, str) else "")
    except (OSError, ValueError, TypeError, KeyError, OverflowError, RecursionError):
        pass
    try:
        return Claim(UNKNOWN, os.stat(path).st_mtime)
    except OSError:
        return None


def take_claim(
    home: str,
    brief_id: str,
    session_id: str,
    now: float,
    *,
    instead_of: Claim | None = None,
    used: str = "",
) -> Claim:
    """Claim the brief for `session_id`; the claim that stands then: its own, or who was first.

    `instead_of` is a claim that counts no more, `used` the session that used the brief up. Atomic
    over processes, and on disk when it returns. Raises HandoffError when another process holds the
    lock for too long.
    """
    with locks.Lock(os.path.join(home, "locks", "claims")):
        current = read(home, brief_id)
        if current is not None and current.session != session_id and current != instead_of:
            return current
        claim = Claim(session_id, now, "" if used == session_id else used)
        if current is not None:
            _write(home, brief_id, claim)
        elif not file_io.create_json(_file(home, brief_id), _values(claim)):
            return read(home, brief_id) or claim  # a process that this lock does not keep out
    return Claim(session_id, now, used)


def claim(home: str, brief_id: str, session_id: str, now: float) -> bool:
    """Whether the brief is the session's after it tried to take it."""
    return take_claim(home, brief_id, session_id, now).session == session_id


def owner(home: str, brief_id: str) -> str:
    """The session that has the brief, "" if none."""
    claim = read(home, brief_id)
    return claim.session if claim else ""


def release(home: str, brief_id: str) -> None:
    """Give the brief back, if it was taken; that a session had used it up before stays known."""
    with locks.Lock(os.path.join(home, "locks", "claims")):
        claim = read(home, brief_id)
        if claim is not None and claim.used:
            _write(home, brief_id, Claim(claim.used, claim.at))
        else:
            forget(home, brief_id)


def forget(home: str, brief_id: str) -> None:
    """Nobody has the brief, and nobody ever had it."""
    try:
        os.unlink(_file(home, brief_id))
    except FileNotFoundError:
        pass


def _write(home: str, brief_id: str, claim: Claim) -> None:
    file_io.write_json(_file(home, brief_id), _values(claim))


def _values(claim: Claim) -> dict[str, Any]:
    values = {"session": claim.session, "at": claim.at}
    return {**values, "used": claim.used} if claim.used else values


def _file(home: str, brief_id: str) -> str:
    return os.path.join(home, "claims", brief_id + ".json")
