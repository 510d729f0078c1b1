"""The hard limit: from there on a session has no room left for a call and for a brief.

It is the point where the client compacts by itself, or, if it does not, where it refuses the next
request and no hook fires any more, less the largest growth of the context between two answers that
this session has seen.

`arm_gate` runs with the readings that the hooks take anyway. Two steps before the hard limit it
arms the gate: `<state>/gate/<session_id>` is there. `hooks/run.sh` looks for that before each call
and starts nothing without it.
"""

from __future__ import annotations

import os

from handoff.base import file_io, paths, quickjson, state_file
from handoff.meter import feed, windows
from handoff.session import decision_log, policy, state

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from handoff.client import hook_io
    from handoff.config.model import Config
    from handoff.meter.context import Reading
    from handoff.runtime import Runtime

MAX_REFUSALS = 3
MIN_ROOM = 5_000  # tokens: a refused call, the reason, and a brief


def arm_gate(
    session_id: str, reading: Reading, session: state.SessionState, config: Config, runtime: Runtime
) -> None:
    """Keep the largest growth between two answers; arm the gate near the hard limit.

    Never raises for a disk that is full or read-only: the lines do without.
    """
    try:
        _watch(session_id, reading, session, config, runtime)
    except OSError:
        pass


def _watch(
    session_id: str, reading: Reading, session: state.SessionState, config: Config, runtime: Runtime
) -> None:
    path = paths.session_file(runtime.home, "growth", session_id)
    if path is None or reading.tokens is None:
        return
    seen = _seen(path)
    before, largest = seen
    if reading.tokens < before and not policy.has_fallen(reading.tokens, before):
        return  # hooks beside the turn overtake each other: this one read an older answer
    if before and reading.tokens > before:
        largest = max(largest, reading.tokens - before)
    if (reading.tokens, largest) != seen:
        feed.save(
            runtime.home, session_id, {"tokens": reading.tokens, "largest": largest}, "growth"
        )
    env = session.window_env(runtime.env)
    hard = compute_limit(reading, largest, config, env)
    near = hard is not None and reading.tokens + max(largest, MIN_ROOM) >= hard
    _arm(runtime.home, session_id, armed=near and not why_open(session, config))


def compute_limit(
    reading: Reading, largest: int, config: Config, env: Mapping[str, str]
) -> int | None:
    """Tokens from which on calls are refused; None where the window is not known.

    Never below the handoff threshold: what is in order at that threshold is not refused.
    """
    if not reading.window:
        return None
    point = reading.compact_at or windows.refusal_point(reading.window, env)
    limit = policy.context_limit(config.threshold("handoff"), reading.room) or 0
    return max(point - max(largest, MIN_ROOM), limit)


def largest_growth(home: str, session_id: str) -> int:
    """The largest growth of the context between two answers that was seen, in tokens."""
    path = paths.session_file(home, "growth", session_id)
    return _seen(path)[1] if path else 0


def forget(home: str, session_id: str) -> None:
    """The session is over."""
    _arm(home, session_id, armed=False)
    path = paths.session_file(home, "growth", session_id)
    if path:
        _remove(path)


def note_opened(payload: hook_io.Payload, reason: str, runtime: Runtime) -> None:
    """A call passes for this `reason`, which is kept once."""
    decision_log.note(runtime.home, payload.session_id, "gate", policy.NONE, reason, runtime.now)


def why_open(session: state.SessionState, config: Config) -> str:
    """Why no call is refused in this cycle whatever the context holds, "" if one may be."""
    if not config.writes:
        return f"mode is {config.mode}"
    if session.brief_of_cycle:
        return "this cycle already has a brief"
    if session.refused >= MAX_REFUSALS:
        return f"{MAX_REFUSALS} calls were refused in this cycle"
    return ""


def _seen(path: str) -> tuple[int, int]:
    """Tokens at the last answer, and the largest growth; zeros at first, or for a damaged file."""
    try:
        growth = quickjson.loads(state_file.read(path) or b"{}")
        values = [growth.get("tokens"), growth.get("largest")]
    except (OSError, ValueError, AttributeError, RecursionError):
        return 0, 0
    tokens, largest = (value if isinstance(value, int) and value > 0 else 0 for value in values)
    return tokens, largest


def _arm(home: str, session_id: str, *, armed: bool) -> None:
    known = paths.session_file(home, "gate", session_id)
    if known is None:
        return
    path = known.removesuffix(".json")
    if os.path.exists(path) == armed:
        return
    if armed:
        file_io.make_private(os.path.dirname(path))
        os.close(state_file.open_to_write(path, os.O_WRONLY))
    else:
        _remove(path)


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except IsADirectoryError:
        state_file.set_aside(path)
    except OSError:
        pass  # another hook was first
