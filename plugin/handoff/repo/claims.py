"""Claims (`<state>/claims/<brief id>.json`): one session gets a brief, also when many start."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from handoff import fsio


def claim(home: str, brief_id: str, session_id: str, now: float, *, instead_of: str = "") -> bool:
    """Take the brief for `session_id`; False if another session has it. Atomic over processes.

    `instead_of` is an owner whose claim counts no more.
    """
    with fsio.locked(str(Path(home) / "locks" / "claims")):
        if owner(home, brief_id) not in ("", session_id, instead_of):
            return False
        fsio.write_json(str(_file(home, brief_id)), {"session": session_id, "at": now})
    return True


def owner(home: str, brief_id: str) -> str:
    """The session that has the brief, "" if none."""
    found: dict[str, Any] = fsio.read_json(str(_file(home, brief_id)))
    return str(found.get("session") or "")


def release(home: str, brief_id: str) -> None:
    """Give the brief back, if it was taken."""
    _file(home, brief_id).unlink(missing_ok=True)


def _file(home: str, brief_id: str) -> Path:
    return Path(home) / "claims" / f"{brief_id}.json"
