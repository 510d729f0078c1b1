"""Why something was done or not: a session's last decisions, `<state>/why/<session_id>.jsonl`.

Each line is `{at, event, act, reason}`. What is decided again for the same reason is not written
again, so that a session far below its thresholds has one line and the hooks write nothing.
"""

from __future__ import annotations

import os

from handoff.base import fields, file_io, paths, quickjson, state_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_MAX_BYTES = 16 * 1024
_DIGITS = str.maketrans("", "", "0123456789.,")


def note(home: str, session_id: str, event: str, act: str, reason: str, now: float) -> None:
    """Keep a decision, unless the last one of this `event` was the same but for its figures.

    Never raises for a disk that is full or read-only: what was decided is to be done all the same.
    """
    path = _file(home, session_id)
    if path is None:
        return
    try:
        _note(path, event, act, reason, now)
    except OSError:
        pass


def _note(path: str, event: str, act: str, reason: str, now: float) -> None:
    raw = _read(path)
    for line in reversed(raw.splitlines()):
        last = _entry(line)
        if last.get("event") == event:
            if (last.get("act"), _shape(last.get("reason"))) == (act, _shape(reason)):
                return
            break
    entry = {"at": round(now, 1), "event": event, "act": act, "reason": reason}
    line = quickjson.dumps(entry).encode() + b"\n"
    if len(raw) + len(line) > _MAX_BYTES:
        keep = raw[-_MAX_BYTES // 2 :].partition(b"\n")[2]
        file_io.write_atomic(path, keep + line)
        return
    try:
        _append(path, line)
    except FileNotFoundError:
        file_io.make_private(os.path.dirname(path))
        _append(path, line)


def read_entries(home: str, session_id: str) -> list[dict[str, Any]]:
    """The decisions that are kept, oldest first: `{at, event, act, reason}`."""
    path = _file(home, session_id)
    decisions = [_entry(line) for line in _read(path).splitlines()] if path else []
    return [entry for entry in decisions if isinstance(entry.get("at"), (int, float))]


def _file(home: str, session_id: str) -> str | None:
    path = paths.session_file(home, "why", session_id)
    return path and path + "l"


def _read(path: str) -> bytes:
    try:
        return (state_file.read(path) or b"")[: 4 * _MAX_BYTES]
    except OSError:
        return b""


def _append(path: str, line: bytes) -> None:
    """One write without fsync: several hooks' lines do not mix, and none is worth waiting for."""
    descriptor = state_file.open_to_write(path, os.O_WRONLY | os.O_APPEND)
    try:
        os.write(descriptor, line)
    finally:
        os.close(descriptor)


def _entry(line: bytes) -> dict[str, Any]:
    try:
        entry = quickjson.loads(line)
    except (ValueError, RecursionError):
        return {}
    return fields.mapping(entry)


def _shape(reason: object) -> str:
    """A reason without its figures, which change with every answer."""
    return str(reason).translate(_DIGITS)
