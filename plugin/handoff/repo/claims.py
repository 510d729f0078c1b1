"""Claims (`<state>/claims/<brief id>.json`): one session gets a brief, also when many start.

Which claims still count is for `flow.claiming`. Standard library only: hooks load this at prompts.
"""

from __future__ import annotations

import os

from handoff import fsio, quickjson

UNKNOWN = "unknown (its claim cannot be read)"


class Claim:
    """Who has a brief: the `session` that took it, and `at` (epoch seconds) when."""

    __slots__ = ("at", "session")

    def __init__(self, session: str, at: float) -> None:
        self.session = session
        self.at = at

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Claim) and (other.session, other.at) == (self.session, self.at)

    __hash__ = None  # type: ignore[assignment]


def read(home: str, brief_id: str) -> Claim | None:
    """The claim on a brief, None if nobody took it.

    One that cannot be read is somebody's (UNKNOWN, since its file was written): taking it for none
    would give the brief to two sessions.
    """
    path = _file(home, brief_id)
    try:
        with open(path, "rb") as file:
            found = quickjson.loads(file.read())
        session, at = found["session"], found["at"]
        if session and isinstance(session, str) and isinstance(at, (int, float)):
            return Claim(session, float(at))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError, OverflowError, RecursionError):
        pass
    try:
        return Claim(UNKNOWN, os.stat(path).st_mtime)
    except OSError:
        return None


def take(
    home: str, brief_id: str, session_id: str, now: float, *, instead_of: Claim | None = None
) -> Claim:
    """Claim the brief for `session_id`; the claim that stands then: its own, or who was first.

    `instead_of` is a claim that counts no more. Atomic over processes, and on disk when it returns.
    Raises HandoffError when another process holds the lock for too long.
    """
    with fsio.locked(os.path.join(home, "locks", "claims")):
        found = read(home, brief_id)
        if found is not None and found.session != session_id and found != instead_of:
            return found
        fsio.write_json(_file(home, brief_id), {"session": session_id, "at": now})
    return Claim(session_id, now)


def claim(home: str, brief_id: str, session_id: str, now: float) -> bool:
    """Whether the brief is the session's after it tried to take it."""
    return take(home, brief_id, session_id, now).session == session_id


def owner(home: str, brief_id: str) -> str:
    """The session that has the brief, "" if none."""
    found = read(home, brief_id)
    return found.session if found else ""


def release(home: str, brief_id: str) -> None:
    """Give the brief back, if it was taken."""
    try:
        os.unlink(_file(home, brief_id))
    except FileNotFoundError:
        pass


def _file(home: str, brief_id: str) -> str:
    return os.path.join(home, "claims", brief_id + ".json")
