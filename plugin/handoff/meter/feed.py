"""The feed: the client's own figures of a session, saved for the hooks by whoever is given them.

One JSON object a session, `<state>/feed/<session_id>.json`:
`{context: {tokens, window, percent}, rateLimits: [{kind, percentUsed, resetsAt}], cost: {usd},
cache: {ttl, expiresAt, recacheTokens}, compaction: {at, source, model}, model, answers, session,
transcript, version, at}`; `at`, `resetsAt` and `expiresAt` are epoch seconds, but `compaction.at`
tokens; `answers` is the model that answers where that is not the client's own `model`; `version` is
the client's. Everything may be missing. The status line saves one; the mod saves its own
(`client/mod_state.py`): the newer one counts, with what only the older one knows.
"""

from __future__ import annotations

import time

from handoff.base import fields, file_io, paths
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


class ClientCompaction:
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
        "version",
        "window",
    )  # fmt: skip

    def __init__(self, values: dict[str, Any], now: float | None = None) -> None:
        context = fields.mapping(values.get("context"))
        self.at: float = fields.number(values.get("at")) or 0.0
        self.tokens: int | None = fields.count(context.get("tokens"))
        self.window: int | None = fields.count(context.get("window")) or None
        self.percent: float | None = fields.number(context.get("percent"))
        self.cost_usd: float | None = fields.number(fields.mapping(values.get("cost")).get("usd"))
        answers, model = fields.text(values.get("answers")), fields.text(values.get("model"))
        self.model: str = answers or model
        self.client_model: str = model if answers else ""
        self.session_id: str = fields.text(values.get("session"))
        self.transcript: str = fields.text(values.get("transcript"))
        self.version: str = fields.text(values.get("version"))  # of the client
        self.told: ClientCompaction | None = _told(fields.mapping(values.get("compaction")))
        self.cache: Cache | None = _cache(fields.mapping(values.get("cache")))
        limits = values.get("rateLimits")
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


def load(
    home: str, session_id: str, now: float | None = None, mod: mod_state.Mod | None = None
) -> Feed | None:
    """The feed of a session, None where nobody saved one. `mod`: what its mod said, if that is
    known already.
    """
    path = paths.session_file(home, "feed", session_id)
    mod = mod_state.load(home, session_id) if mod is None else mod
    saved = [file_io.read_json(path) if path else {}, mod.values]
    older, newer = sorted(saved, key=lambda values: fields.number(values.get("at")) or 0.0)
    values = {**older, **{key: value for key, value in newer.items() if value}}
    return Feed(values, now) if values else None


def save(home: str, session_id: str, values: dict[str, Any], kind: str = "feed") -> None:
    """Save a feed (or another small file of a session), whole or not at all.

    Without fsync: it is written again with the next answer, and one that a power cut damaged is
    moved aside by `load`. fsync would be most of the time that a status line takes.
    """
    path = paths.session_file(home, kind, session_id)
    if path is None:
        return
    file_io.write_json(path, values, durable=False)


def _caps(limits: list[Any], at: float, now: float) -> dict[str, Cap]:
    caps = {}
    for limit in limits:
        kind = limit.get("kind") if isinstance(limit, dict) else None
        percent = fields.number(limit.get("percentUsed")) if isinstance(kind, str) else None
        if kind not in _LASTS or percent is None:
            continue
        resets = _moment(limit.get("resetsAt"))
        if now < (at + _LASTS[kind] if resets is None else resets):
            caps[kind] = Cap(percent, resets)
    return caps


def _cache(given: dict[str, Any]) -> Cache | None:
    if not given:
        return None
    return Cache(
        _moment(given.get("expiresAt")),
        fields.count(given.get("recacheTokens")),
        fields.text(given.get("ttl")),
    )


def _told(given: dict[str, Any]) -> ClientCompaction | None:
    """By source `auto` it compacts only once the API has refused, whatever figure it gives."""
    model = fields.text(given.get("model"))
    at = fields.count(given.get("at")) if given.get("source") != "auto" else None
    return ClientCompaction(at or None, model) if model else None


def _moment(value: object) -> float | None:
    """Epoch seconds from seconds, milliseconds or an ISO date: a mod's clock is JavaScript's."""
    if isinstance(value, str):
        import datetime  # rare, and it costs milliseconds

        try:
            time_given = datetime.datetime.fromisoformat(value.replace("Z", "+00:00"))
            return time_given.timestamp() if time_given.tzinfo else None
        except (ValueError, OverflowError):
            return None
    number = fields.number(value)
    if number is None or number <= 0:
        return None
    return number / 1000 if number > 1e11 else number
