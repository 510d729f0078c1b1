"""Claims (`<state>/claims/<brief id>.json`): one session gets a brief, also when many start."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from handoff import fsio


def claim(home: str, brief_id: str, session_id: str, now: float) -> bool:
    """Take the brief for `session_id`; False if another session has it. Atomic over processes."""
    path = _file(home, brief_id)
    fsio.make_private(str(path.parent))
    content = json.dumps({"session": session_id, "at": now}).encode() + b"\n"
    return fsio.create_exclusive(str(path), content) or owner(home, brief_id) == session_id


def owner(home: str, brief_id: str) -> str:
    """The session that has the brief, "" if none."""
    found: dict[str, Any] = fsio.read_json(str(_file(home, brief_id)))
    return str(found.get("session") or "")


def release(home: str, brief_id: str) -> None:
    """Give the brief back, if it was taken."""
    _file(home, brief_id).unlink(missing_ok=True)


def _file(home: str, brief_id: str) -> Path:
    return Path(home) / "claims" / f"{brief_id}.json"
