"""The feed: the client's own figures of a session, saved for the hooks by whoever is given them.

One JSON object a session, `<state>/feed/<session_id>.json`:
`{context: {tokens, window, percent}, rateLimits: [{kind, percentUsed, resetsAt}], cost: {usd},
model, at}`; `at` is epoch seconds. Everything may be missing.
"""

from __future__ import annotations

from handoff import fsio, paths

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_SLACK_SECONDS = 2.0  # the client writes the transcript just after it tells its figures


class Feed:
    """What a feed says; None where it says nothing."""

    __slots__ = ("at", "cost_usd", "five_hour", "model", "seven_day", "tokens", "window")

    def __init__(self, found: dict[str, Any]) -> None:
        context = _object(found.get("context"))
        self.at: float = _number(found.get("at")) or 0.0
        self.tokens: int | None = _count(context.get("tokens"))
        self.window: int | None = _count(context.get("window")) or None
        self.cost_usd: float | None = _number(_object(found.get("cost")).get("usd"))
        model = found.get("model")
        self.model: str = model if isinstance(model, str) else ""
        limits = found.get("rateLimits")
        used = {
            limit.get("kind"): _number(limit.get("percentUsed"))
            for limit in (limits if isinstance(limits, list) else [])
            if isinstance(limit, dict)
        }
        self.five_hour: float | None = used.get("five_hour")
        self.seven_day: float | None = used.get("seven_day")

    def is_fresh(self, transcript_changed: float) -> bool:
        """Whether nothing was added to the transcript (epoch seconds) since the feed was saved."""
        return self.at + _SLACK_SECONDS >= transcript_changed


def load(home: str, session_id: str) -> Feed | None:
    """The feed of a session, None where nobody saved one."""
    path = paths.session_file(home, "feed", session_id)
    found = fsio.read_json(path) if path else {}
    return Feed(found) if found else None


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) < 1e15:
        return None
    return float(value)


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
