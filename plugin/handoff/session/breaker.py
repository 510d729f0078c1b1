"""The breaker: no automatic handoff in a project where handoffs follow one another too fast.

`<state>/breaker.json` maps a project's root to `{handoffs: [{at, session, calls}], opened, reason}`
(`at` and `opened`: epoch seconds). Only handoffs that nobody asked for count. Open, it stops the
model's briefs, the gate and auto mode; what code writes by itself it does not stop.
"""

from __future__ import annotations

import os
import time

from handoff.base import fields, file_io, locks
from handoff.runtime import find_root

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from handoff.config.model import Config

_MAX_PROJECTS = 50
_MAX_HANDOFFS = 20


def judge_handoffs(handoffs: Sequence[tuple[float, int]], config: Config, now: float) -> str:
    """Why the breaker opens after these (epoch seconds, calls of work before it), "" if not."""
    most, within = config.breaker("handoffs"), config.breaker("within_s")
    recent = [at for at, _ in handoffs if 0 <= now - at <= within]
    if len(recent) >= most:
        return f"{len(recent)} handoffs within {_minutes(within)}"
    least = config.breaker("least_calls")
    work = [calls for _, calls in handoffs[-2:]]
    if len(work) == 2 and max(work) < least:
        return (
            f"two handoffs in a row after only {work[0]} and {work[1]} tool calls, "
            f"fewer than the {least} that a handoff costs"
        )
    return ""


def record_handoff(
    project: str, session_id: str, calls: int, config: Config, home: str, now: float
) -> str:
    """Count a handoff of `project`; why that opened the breaker, "" if it did not."""
    root, opened = _root(project), ""

    def change(known: dict[str, Any]) -> None:
        nonlocal opened
        one = _entry_of(known, root)
        done = [*_handoffs(one), {"at": now, "session": session_id, "calls": calls}]
        opened = judge_handoffs([(entry["at"], entry["calls"]) for entry in done], config, now)
        known.pop(root, None)
        known[root] = {**one, "handoffs": done[-_MAX_HANDOFFS:]}
        if opened:  # those that opened it do not count again
            known[root] = {"handoffs": [], "opened": now, "reason": opened}
        for old in list(known)[:-_MAX_PROJECTS]:
            del known[old]

    _update(home, change)
    return opened


def why_open(project: str, config: Config, home: str, now: float) -> str:
    """Why it is open for `project` and until when, in words; "" if it is closed."""
    one = _entry_of(file_io.read_json(_file(home)), _root(project))
    opened, last = one.get("opened"), config.breaker("open_s")
    if not isinstance(opened, (int, float)) or not 0 <= now - opened < last:
        return ""  # a clock that was set back closes it too
    until = time.strftime("%H:%M", time.localtime(opened + last))
    return f"automatic handoffs are paused until {until} ({one.get('reason')})"


def close(project: str, home: str) -> bool:
    """Close it and forget the handoffs before; False if there was nothing to forget."""
    was_known = False

    def change(known: dict[str, Any]) -> bool:
        nonlocal was_known
        was_known = known.pop(_root(project), None) is not None
        return was_known

    _update(home, change)
    return was_known


def handoffs(project: str, home: str) -> list[dict[str, Any]]:
    """The project's last automatic handoffs, oldest first: `{at, session, calls}`."""
    return _handoffs(_entry_of(file_io.read_json(_file(home)), _root(project)))


def _root(project: str) -> str:
    """One name for a project, whatever links lead to it."""
    return find_root(project)


def _handoffs(one: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        entry
        for entry in fields.mappings(one.get("handoffs"))
        if isinstance(entry.get("at"), (int, float)) and isinstance(entry.get("calls"), int)
    ]


def _entry_of(known: dict[str, Any], root: str) -> dict[str, Any]:
    return fields.mapping(known.get(root))


def _update(home: str, change: Any) -> None:
    with locks.Lock(os.path.join(home, "locks", "breaker")):
        file_io.update_json(_file(home), change)


def _file(home: str) -> str:
    return os.path.join(home, "breaker.json")


def _minutes(seconds: int) -> str:
    return f"{seconds // 60} minutes" if seconds >= 120 else f"{seconds} s"
