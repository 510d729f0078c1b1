"""Where the client was seen to compact by itself: `<state>/compaction.json`, by model.

Hooks do not see every reason for it, as `--autocompact`. What was seen counts for a week, and only
while what was expected then is still expected: with other settings it says nothing.
"""

from __future__ import annotations

import os

from handoff.base import file_io
from handoff.client import compact_settings
from handoff.client.transcript import tail
from handoff.meter.compaction import OBSERVED, Rules, Seen
from handoff.session import state

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from handoff.client import hook_io
    from handoff.meter.context import Reading
    from handoff.runtime import Runtime
    from handoff.session.files import SessionFiles

_LASTS = 7 * 86_400.0
_IDLE = 600.0  # seconds with nothing new: the client compacts because nothing happens


def read_rules(session: state.SessionState, runtime: Runtime) -> Rules:
    """What decides, besides the client's own figure, where it compacts this session."""
    env = session.window_env(runtime.env)
    return Rules(env, compact_settings.read(env, session.project), _load(runtime))


def path(home: str) -> str:
    """The file."""
    return os.path.join(home, "compaction.json")


def expect(payload: hook_io.Payload, runtime: Runtime) -> state.SessionState | None:
    """A compaction may follow. One that the context's size is the reason for comes right behind
    something new: not one by a person, nor one of an idle session.
    """
    quiet = runtime.now - tail.modified_at(payload.transcript)
    is_by_size = payload.text("trigger") == "auto" and quiet < _IDLE
    begun = tail.file_size(payload.transcript) if is_by_size else 0

    def change(session: state.SessionState) -> None:
        session.compacting = begun

    return state.update(runtime.home, payload.session_id, change)


def note(files: SessionFiles, transcript: str, reading: Reading, *, turn_ends: bool) -> None:
    """Remember where the expected compaction came, if that is below the point that was known.

    The client writes of it into the transcript after its hooks; at the turn's end it is there, or
    there was none.
    """
    begun, known = files.session.compacting, reading.compact_by
    if not begun or known is None:
        return
    compaction = tail.read_compaction(transcript, begun)
    if compaction is None and not turn_ends:
        return
    runtime = files.runtime

    def forget(session: state.SessionState) -> None:
        del session.compacting

    files.adopt(state.update(runtime.home, files.session_id, forget))
    tokens = compaction.tokens if compaction is not None and compaction.trigger == "auto" else 0
    if known.source == OBSERVED and known.tokens:
        tokens = min(tokens, known.tokens)
    if not tokens or tokens >= (known.expected or reading.window or 0):
        return
    seen = {"at": tokens, "expected": known.expected, "told": known.told, "seen": runtime.now}

    def remember(values: dict[str, Any]) -> None:
        values[known.model] = seen

    from handoff.base import locks

    with locks.Lock(os.path.join(runtime.home, "locks", "compaction")):
        file_io.update_json(path(runtime.home), remember)
    files.reload_rules()


def _load(runtime: Runtime) -> dict[str, Seen]:
    observed = file_io.read_json(path(runtime.home))
    return {model: seen for model, entry in observed.items() if (seen := _seen(entry, runtime.now))}


def _seen(entry: object, now: float) -> Seen | None:
    if not isinstance(entry, dict):
        return None
    tokens, expected, at = entry.get("at"), entry.get("expected"), entry.get("seen")
    if not isinstance(tokens, int) or tokens <= 0 or not isinstance(at, (int, float)):
        return None
    if not now - _LASTS < at <= now + _LASTS or not isinstance(expected, (int, type(None))):
        return None
    return Seen(tokens, expected, told=entry.get("told") is True)
