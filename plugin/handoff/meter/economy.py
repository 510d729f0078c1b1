"""Whether a hand-off pays, and what a cold cache costs: prices in, dollars and calls out.

The formulas and where they come from: docs/economics.md. Pure: tokens and prices are given.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from handoff.client.transcript.charges import Charge

if TYPE_CHECKING:
    from handoff.meter.prices import Prices

MAX_CALLS = 2_000  # nobody plans further
BRIEF_TOKENS = 2_500  # what a brief holds at most by default: written once, read in once
WRITING_CALLS = 2  # one that writes the brief, one that tells the user
ORIENTATION_CALLS = 3  # what a fresh session reads again before it is where the old one was


@dataclass(frozen=True)
class Session:
    """A session as it stands: `tokens` of context, `start` those of its first answer.

    `growth` and `output` are tokens a call, on average; `warm` says whether the prompt cache still
    holds the context, `hour` whether it is written for an hour (five minutes else).
    """

    model: str
    tokens: int
    start: int
    growth: float
    output: float
    warm: bool = True
    hour: bool = False
    compact_at: int | None = None


def recache_usd(tokens: int, model: str, prices: Prices, *, hour: bool) -> float | None:
    """What the next request pays to write `tokens` into a cold cache; None: no price is known.

    With a warm cache it would pay for reading them: a twentieth to a fortieth of it.
    """
    return _usd(model, prices, write=tokens, hour=hour)


def brief_usd(tokens: int, model: str, prices: Prices, *, hour: bool) -> float | None:
    """What a brief costs while the cache still holds `tokens`: the calls that write it."""
    whole = _usd(model, prices, read=WRITING_CALLS * tokens, output=BRIEF_TOKENS, hour=hour)
    if whole is None:
        return None
    written = _usd(model, prices, write=BRIEF_TOKENS, hour=hour)
    return None if written is None else whole + written


def break_even_calls(session: Session, prices: Prices) -> int | None:
    """After how many further calls a hand-off now has cost less than going on.

    None when a price is unknown, the client compacts before, or it never pays.
    """
    fresh = session.start + BRIEF_TOKENS
    if fresh >= session.tokens:
        return None  # nothing would be left behind
    stay, leave = _Path(session, prices), _Path(session, prices)
    for _ in range(WRITING_CALLS):
        leave.call(output=BRIEF_TOKENS / WRITING_CALLS, grows=False)
    leave.begin(fresh)
    for _ in range(ORIENTATION_CALLS):
        leave.call()
    for calls in range(1, MAX_CALLS + 1):
        if session.compact_at is not None and stay.tokens >= session.compact_at:
            return None
        stay.call()
        leave.call()
        if stay.usd is None or leave.usd is None:
            return None
        if leave.usd < stay.usd:
            return calls
    return None


class _Path:
    """One way to go on, call by call."""

    def __init__(self, session: Session, prices: Prices) -> None:
        self.usd: float | None = 0.0
        self.tokens: float = session.tokens
        self._cached: float = session.tokens if session.warm else 0.0
        self._session = session
        self._prices = prices

    def begin(self, tokens: int) -> None:
        """Go on in a fresh session, whose context nothing has cached yet."""
        self.tokens, self._cached = float(tokens), 0.0

    def call(self, output: float | None = None, *, grows: bool = True) -> None:
        """Pay for a call: what is cached is read, the rest is written."""
        cost = _usd(
            self._session.model,
            self._prices,
            read=round(self._cached),
            write=round(self.tokens - self._cached),
            output=round(self._session.output if output is None else output),
            hour=self._session.hour,
        )
        self.usd = None if cost is None or self.usd is None else self.usd + cost
        self._cached = self.tokens
        if grows:
            self.tokens += self._session.growth


def _usd(
    model: str,
    prices: Prices,
    *,
    read: int = 0,
    write: int = 0,
    output: int = 0,
    hour: bool = False,
) -> float | None:
    short, long = (0, write) if hour else (write, 0)
    nanos = prices.nanos(Charge(model, 0, short, long, read, output, 0, False, False))
    return None if nanos is None else nanos / 1e9
