"""A usage cap that ends a session's work: when it resets, and who waits for that.

`<state>/caps.json` maps a project's root to `{kind, resets_at, title}` (epoch seconds) once a cap
had a brief written there; the first session that starts after that moment says so.
"""

from __future__ import annotations

import os
import time

from handoff.base import file_io, locks
from handoff.meter import feed as feeds
from handoff.runtime import find_root
from handoff.session import state

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from handoff.client import hook_io
    from handoff.runtime import Runtime

WORDS = {feeds.FIVE_HOUR: "5-hour", feeds.SEVEN_DAY: "7-day"}
_MAX_PROJECTS = 50
_FORGOTTEN_SECONDS = 14 * 86_400.0  # nobody wants to hear of it then


class Cap:
    """A cap by its `kind` (five_hour, seven_day, model, spend) and when it resets."""

    __slots__ = ("kind", "resets_at")

    def __init__(self, kind: str, resets_at: float) -> None:
        self.kind = kind
        self.resets_at = resets_at

    @property
    def name(self) -> str:
        """`5-hour cap`, `model cap`."""
        return f"{WORDS.get(self.kind, self.kind)} cap"

    @property
    def local(self) -> str:
        """`14:00`; with the day where that is not today's or tonight's: `Thu 14:00`."""
        clock = "%a %H:%M" if self.kind == feeds.SEVEN_DAY else "%H:%M"
        return time.strftime(clock, time.localtime(self.resets_at))

    @property
    def utc(self) -> str:
        """`2026-11-22T14:00:00Z`."""
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.resets_at))


def next_reset(session_id: str, runtime: Runtime) -> Cap | None:
    """The cap that stops a session, if it is known when it resets and that is to come.

    What the client just refused for comes first, then the fullest cap of the feed.
    """
    told = state.load(runtime.home, session_id).cap
    resets_at = told.get("resets_at")
    if isinstance(resets_at, (int, float)) and resets_at > runtime.now:
        return Cap(str(told.get("kind")), float(resets_at))
    fed = feeds.load(runtime.home, session_id, runtime.now)
    known = [
        (cap.percent, kind, cap.resets_at)
        for kind, cap in (fed.caps.items() if fed else ())
        if cap.resets_at is not None
    ]
    if not known:
        return None
    _, kind, starts = max(known)
    return Cap(kind, starts)


def note_refusal(payload: hook_io.Payload, runtime: Runtime) -> None:
    """Keep which cap the client said it ran into: in the event's words, else in the transcript."""
    from handoff.client.transcript import limits, recent

    limit = limits.parse(payload.text("last_assistant_message"), runtime.now)
    limit = limit or recent.read(payload.transcript).limit
    if limit is not None and limit.resets_at is not None:
        note(payload.session_id, Cap(limit.kind, limit.resets_at), runtime)


def note(session_id: str, cap: Cap, runtime: Runtime) -> None:
    """Keep which cap a session ran into: its brief tells the next one."""

    def change(session: state.SessionState) -> None:
        session.cap = {"kind": cap.kind, "resets_at": cap.resets_at}

    state.update(runtime.home, session_id, change)


def remember(project: str, title: str, cap: Cap | None, runtime: Runtime) -> None:
    """A brief was written for `cap`: the first session after its reset is told."""
    if cap is None:
        return
    root = find_root(project)
    entry = {"kind": cap.kind, "resets_at": cap.resets_at, "title": title}

    def change(known: dict[str, Any]) -> None:
        known.pop(root, None)
        known[root] = entry
        for old in list(known)[:-_MAX_PROJECTS]:
            del known[old]

    with locks.Lock(os.path.join(runtime.home, "locks", "caps")):
        file_io.update_json(_file(runtime.home), change)


def take_restarted(project: str, runtime: Runtime) -> str:
    """What to tell a person about a cap that has reset since, once; "" if there is none."""
    if not os.path.exists(_file(runtime.home)):
        return ""
    root = find_root(project)
    one = file_io.read_json(_file(runtime.home)).get(root)
    resets_at = one.get("resets_at") if isinstance(one, dict) else None
    if not isinstance(one, dict) or not isinstance(resets_at, (int, float)):
        return ""
    if runtime.now < resets_at:
        return ""
    taken: list[Any] = []
    with locks.Lock(os.path.join(runtime.home, "locks", "caps")):
        file_io.update_json(_file(runtime.home), lambda known: taken.append(known.pop(root, None)))
    if not taken or not taken[0] or runtime.now - resets_at > _FORGOTTEN_SECONDS:
        return ""
    at = time.strftime("%a %H:%M", time.localtime(resets_at))
    name = Cap(str(one.get("kind")), resets_at).name
    title = str(one.get("title"))[:80]
    return f"handoff: the {name} reset {at}. “{title}” was handed off because of it."


def _file(home: str) -> str:
    return os.path.join(home, "caps.json")
