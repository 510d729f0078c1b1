"""The feed: the client's own figures of a session, saved for the hooks by whoever is given them.

One JSON object a session, `<state>/feed/<session_id>.json`:
`{context: {tokens, window, percent}, rateLimits: [{kind, percentUsed, resetsAt}], cost: {usd},
cache: {ttl, expiresAt, recacheTokens}, compaction: {at, source, model}, model, answers, session,
transcript, at}`; `at`, `resetsAt` and `expiresAt` are epoch seconds, but `compaction.at` tokens;
`answers` is the model that answers where that is not the client's own `model`. Everything may be
missing. The status line saves one; the mod saves
its own (`client/mod_state.py`): the newer one counts, with what only the older one knows.
"""

from __future__ import annotations

import os
import time

from handoff.base import file_io, paths, quickjson, state_file
from handoff.client import mod_state

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

FIVE_HOUR, SEVEN_DAY = "five_hour", "seven_day"
_LASTS = {FIVE_HOUR: 5 * 3600.0, SEVEN_DAY: 7 * 86_400.0}  # how long a cap's figure can mean much


class Cap:
    """How much of a cap was used, in percent, and when it starts again (epoch seconds, or None)."""

    __slots__ = ("percent", "resets_at")

    def __init__(self, percent: float, resets_at: float | None) -> None:
        self.percent = percent
        self.resets_at = resets_at


class Cache:
    """The prompt cache: until when it is warm, and how many tokens must be written if it is not.

    `ttl` is "5m", "1h" or "". None where the feed says nothing.
    """

    __slots__ = ("expires_at", "tokens", "ttl")

    def __init__(self, expires_at: float | None, tokens: int | None, ttl: str) -> None:
        self.expires_at = expires_at
        self.tokens = tokens
        self.ttl = ttl


class Told:
    """Where the client says that it compacts `model` by itself, in `tokens`; None: it does not."""

    __slots__ = ("model", "tokens")

    def __init__(self, tokens: int | None, model: str) -> None:
        self.tokens = tokens
        self.model = model


class Feed:
    """What a feed says at `now` (epoch seconds); None where it says nothing.

    A cap that has started again since then is unknown, not what it was. `model` is the one that
    answers; `client_model` the one that the client believes in, "" where that is the same.
    """

    __slots__ = (
        "at",
        "cache",
        "caps",
        "client_model",
        "cost_usd",
        "model",
        "percent",
        "session_id",
        "tokens",
        "told",
        "transcript",
        "window",
    )  # fmt: skip

    def __init__(self, found: dict[str, Any], now: float | None = None) -> None:
        context = _object(found.get("context"))
        self.at: float = _number(found.get("at")) or 0.0
        self.tokens: int | None = _count(context.get("tokens"))
        self.window: int | None = _count(context.get("window")) or None
        self.percent: float | None = _number(context.get("percent"))
        self.cost_usd: float | None = _number(_object(found.get("cost")).get("usd"))
        answers, model = _text(found.get("answers")), _text(found.get("model"))
        self.model: str = answers or model
        self.client_model: str = model if answers else ""
        self.session_id: str = _text(found.get("session"))
        self.transcript: str = _text(found.get("transcript"))
        self.told: Told | None = _told(_object(found.get("compaction")))
        self.cache: Cache | None = _cache(_object(found.get("cache")))
        limits = found.get("rateLimits")
        self.caps: dict[str, Cap] = _caps(
            limits if isinstance(limits, list) else [], self.at, time.time() if now is None else now
        )

    @property
    def five_hour(self) -> float | None:
        """Percent of the five-hour cap used."""
        return self._percent(FIVE_HOUR)

    @property
    def seven_day(self) -> float | None:
        """Percent of the seven-day cap used."""
        return self._percent(SEVEN_DAY)

    def is_fresh(self, transcript_changed: float) -> bool:
        """Whether nothing was added to the transcript (epoch seconds) since the feed was saved.

        No slack: a transcript that was only finished after it gives the same figures itself.
        """
        return self.at >= transcript_changed

    def _percent(self, kind: str) -> float | None:
        cap = self.caps.get(kind)
        return cap.percent if cap else None


def load(home: str, session_id: str, now: float | None = None) -> Feed | None:
    """The feed of a session, None where nobody saved one."""
    path = paths.session_file(home, "feed", session_id)
    saved = [file_io.read_json(path) if path else {}, mod_state.load(home, session_id).found]
    older, newer = sorted(saved, key=lambda found: _number(found.get("at")) or 0.0)
    found = {**older, **{key: value for key, value in newer.items() if value}}
    return Feed(found, now) if found else None


def save(home: str, session_id: str, found: dict[str, Any], kind: str = "feed") -> None:
    """Save a feed (or another small file of a session), whole or not at all.

    Without fsync: it is written again with the next answer, and one that a power cut damaged is
    moved aside by `load`. fsync would be most of the time that a status line takes.
    """
    path = paths.session_file(home, kind, session_id)
    if path is None:
        return
    temporary = file_io.temporary(path)
    try:
        descriptor = _create(temporary)
    except FileNotFoundError:
        file_io.make_private(os.path.dirname(path))
        descriptor = _create(temporary)
    try:
        try:
            os.write(descriptor, quickjson.dumps(found).encode() + b"\n")
        finally:
            os.close(descriptor)
        try:
            os.replace(temporary, path)
        except IsADirectoryError:
            state_file.set_aside(path)
            os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def _create(path: str) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)


def _caps(limits: list[Any], at: float, now: float) -> dict[str, Cap]:
    found = {}
    for limit in limits:
        kind = limit.get("kind") if isinstance(limit, dict) else None
        percent = _number(limit.get("percentUsed")) if isinstance(kind, str) else None
        if kind not in _LASTS or percent is None:
            continue
        resets = _moment(limit.get("resetsAt"))
        if now < (at + _LASTS[kind] if resets is None else resets):
            found[kind] = Cap(percent, resets)
    return found


def _cache(given: dict[str, Any]) -> Cache | None:
    if not given:
        return None
    return Cache(
        _moment(given.get("expiresAt")), _count(given.get("recacheTokens")), _text(given.get("ttl"))
    )


def _told(given: dict[str, Any]) -> Told | None:
    """By source `auto` it compacts only once the API has refused, whatever figure it gives."""
    model = _text(given.get("model"))
    at = _count(given.get("at")) if given.get("source") != "auto" else None
    return Told(at or None, model) if model else None


def _moment(value: object) -> float | None:
    """Epoch seconds from seconds, milliseconds or an ISO date: a mod's clock is JavaScript's."""
    if isinstance(value, str):
        import datetime  # rare, and it costs milliseconds

        try:
            found = datetime.datetime.fromisoformat(value.replace("Z", "+00:00"))
            return found.timestamp() if found.tzinfo else None
        except (ValueError, OverflowError):
            return None
    number = _number(value)
    if number is None or number <= 0:
        return None
    return number / 1000 if number > 1e11 else number


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) < 1e15:
        return None
    return float(value)


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
