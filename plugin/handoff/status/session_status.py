"""`handoff status`: one session's reading, and what happens at which threshold."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from handoff.base.errors import HandoffError
from handoff.client import hook_io, locations
from handoff.client.transcript import recent, tail
from handoff.git import commit_result
from handoff.git.commit_result import Committed
from handoff.meter import context, cost, economy, prices
from handoff.meter import feed as feeds
from handoff.runtime import find_root
from handoff.session import command_names, state
from handoff.session import outlook as outlooks
from handoff.session.files import SessionFiles

if TYPE_CHECKING:
    from handoff.runtime import Runtime


@dataclass(frozen=True)
class Cap:
    """A cap: percent used, when it resets (epoch seconds, None: unknown), who says so."""

    percent_used: float
    resets_at: float | None
    source: str


@dataclass(frozen=True)
class Cache:
    """The prompt cache: until when it is warm, and what `tokens` cost to write if it is not."""

    warm: bool
    expires_at: float | None
    tokens: int
    recache_usd: float | None
    source: str


@dataclass(frozen=True)
class SessionStatus:
    """A session now, and what happens next in it (`outlook`).

    `appended` is an estimate of what was added since the last answer, in tokens. `last_commit` is
    where the last of `briefs` was committed when it was written. `at` is epoch seconds, `files` are
    those whose change makes it out of date. `command` is what the user types there for a brief,
    `version` the client's, "" where nobody told it.
    """

    session_id: str
    reading: context.Reading
    mode: str
    outlook: outlooks.Outlook
    fired: tuple[str, ...]
    briefs: tuple[str, ...]
    last_commit: Committed = field(default_factory=Committed)
    at: float = 0.0
    appended: int | None = None
    cost: cost.Cost = field(default_factory=lambda: cost.Cost({}, 0))
    caps: dict[str, Cap | None] = field(default_factory=dict)
    cache: Cache | None = None
    break_even_calls: int | None = None
    files: tuple[str, ...] = ()
    command: str = "/handoff:handoff"
    version: str = ""

    @property
    def thresholds(self) -> dict[str, int | None]:
        """The thresholds of the context in tokens, None where one has none."""
        return self.outlook.limits

    @property
    def percent(self) -> float | None:
        """Percent of the window that is filled."""
        now = self.reading
        if now.tokens is None or not now.window:
            return None
        return round(100 * now.tokens / now.window, 1)

    def as_json(self) -> dict[str, Any]:
        """The stable JSON of `handoff status --json`; unknown figures are null."""
        now, by = self.reading, self.reading.compact_by
        return {
            "session_id": self.session_id,
            "client_version": self.version or None,
            "model": now.model or None,
            "context_tokens": now.tokens,
            "context_estimated": self.appended,
            "window": now.window,
            "auto_compact_at": now.compact_at,
            "auto_compact_source": by.source if by else None,
            "auto_compact_where": (by.path or by.name or None) if by else None,
            "percent": self.percent,
            "cost_usd": self.cost.usd if self.cost.source else None,
            "cost_source": self.cost.source or None,
            "by_model": {name: one.as_json() for name, one in self.cost.models.items()} or None,
            "caps": {name: vars(cap) if cap else None for name, cap in self.caps.items()},
            "cache": vars(self.cache) if self.cache else None,
            "thresholds": self.thresholds,
            "break_even_calls": self.break_even_calls,
            "source": now.source or None,
            "mode": self.mode,
            "decision": {
                "act": self.outlook.decision.act,
                "reason": self.outlook.decision.reason,
            },
            "outlook": {
                "kind": self.outlook.kind,
                "reason": self.outlook.reason or None,
                "steps": [{"tokens": step.at, "what": step.what} for step in self.outlook.steps],
            },
            "fired": list(self.fired),
            "briefs": list(self.briefs),
            "last_commit": commit_result.dump(self.last_commit) if self.briefs else None,
        }


def read_status(runtime: Runtime, session_id: str, transcript: str, cwd: str) -> SessionStatus:
    """The status of a session: the one named, the one this runs in, else the project's newest.

    Raises HandoffError when no session is known.
    """
    session_id = session_id or ("" if transcript else hook_io.current_session(runtime.env))
    if not session_id and not transcript:
        session_id = _newest(runtime, find_root(cwd))
    session = state.load(runtime.home, session_id)
    known = session.transcript
    path = transcript or locations.transcript_of(session_id, known, runtime.env) or known
    if not path and not session.is_known:
        raise HandoffError(
            f"Unknown session {session_id}."
            if session_id
            else "No session has been seen here yet.",
            "Start one with the plugin installed, or name one with --session or --transcript.",
        )
    session_id = session_id or Path(transcript).stem
    files = SessionFiles(session_id, runtime, cwd)
    files.adopt(session)  # a transcript that was only named is of no session that is known
    fed = files.feed
    reading = context.measure(fed, path, session.model, files.rules)
    latest = recent.read(path)
    table = prices.load(runtime.env)
    cache = _cache(fed, latest, reading, table, runtime.now)
    return SessionStatus(
        session_id=session_id,
        reading=reading,
        mode=files.config.mode,
        outlook=outlooks.read(files, path, reading),
        fired=tuple(session.fired),
        briefs=tuple(str(brief.get("id")) for brief in session.briefs),
        last_commit=commit_result.load(session.last_brief),
        at=runtime.now,
        appended=latest.appended,
        cost=_cost(runtime, session_id, path, fed, latest),
        caps=_caps(fed, latest, runtime.now),
        cache=cache,
        break_even_calls=_break_even(session, path, reading, latest, cache, table),
        files=(path, str(Path(runtime.home) / "feed" / f"{session_id}.json")),
        command=command_names.handoff_command(files),
        version=fed.version if fed else "",
    )


def _cost(
    runtime: Runtime, session_id: str, path: str, fed: feeds.Feed | None, latest: recent.Recent
) -> cost.Cost:
    """What is counted, or the client's own figure when nothing was answered since it was told."""
    session_cost = cost.read_cost(runtime.home, session_id, path, runtime.env, fed)
    last = latest.answers[-1].at if latest.answers else 0.0
    told = fed.cost_usd if fed is not None and fed.at >= last else None
    if told is not None and session_cost.source != "feed" and session_cost.counted_usd is not None:
        session_cost.usd, session_cost.source = told, "feed"
        session_cost.difference_usd = told - session_cost.counted_usd
    return session_cost


def _caps(fed: feeds.Feed | None, latest: recent.Recent, now: float) -> dict[str, Cap | None]:
    """The caps by the feed; one that the session was just refused for is used up."""
    caps: dict[str, Cap | None] = {feeds.FIVE_HOUR: None, feeds.SEVEN_DAY: None}
    for kind, cap in (fed.caps if fed else {}).items():
        caps[kind] = Cap(cap.percent, cap.resets_at, "feed")
    limit = latest.limit
    if limit is not None and limit.kind in caps and limit.holds(now):
        caps[limit.kind] = Cap(100.0, limit.resets_at, "transcript")
    return caps


def _cache(
    fed: feeds.Feed | None,
    latest: recent.Recent,
    reading: context.Reading,
    table: prices.Prices,
    now: float,
) -> Cache | None:
    """The prompt cache by the feed if nothing was answered since, else by the last answer."""
    last = latest.answers[-1] if latest.answers else None
    told = fed.cache if fed is not None and fed.at >= (last.at if last else 0.0) else None
    if told is not None and told.tokens is not None:
        expires_at, tokens, ttl, source = told.expires_at, told.tokens, told.ttl, "feed"
    elif last is not None:
        expires_at, tokens, ttl = latest.cache_expires_at, last.tokens, last.ttl
        source = "transcript"
    else:
        return None
    return Cache(
        warm=expires_at is not None and now < expires_at,
        expires_at=expires_at,
        tokens=tokens,
        recache_usd=economy.recache_usd(tokens, reading.model, table, hour=ttl == "1h"),
        source=source,
    )


def _break_even(
    session: state.SessionState,
    path: str,
    reading: context.Reading,
    latest: recent.Recent,
    cache: Cache | None,
    table: prices.Prices,
) -> int | None:
    """After how many further calls a hand-off now has paid; None when that is not to be known."""
    first = tail.read_first(path, session.cycle_offset)
    if first is None or reading.tokens is None or latest.growth is None:
        return None
    return economy.break_even_calls(
        economy.Session(
            model=reading.model,
            tokens=reading.tokens + (latest.appended or 0),
            start=first.tokens,
            growth=latest.growth,
            output=latest.output,
            warm=cache.warm if cache else False,
            hour=latest.answers[-1].ttl == "1h",
            compact_at=reading.compact_at,
        ),
        table,
    )


def _newest(runtime: Runtime, root: str) -> str:
    """The session of the project at `root` whose state was saved last, "" if there is none."""
    folder = Path(runtime.home) / "sessions"
    files = sorted(folder.glob("*.json"), key=lambda f: f.stat().st_mtime, reverse=True)
    for file in files[:200]:
        project = state.load(runtime.home, file.stem).project
        if project and find_root(project) == root:
            return file.stem
    return ""
