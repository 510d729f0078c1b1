"""When a hand-off pays, and what a cold cache costs: by table, by formula, by a plain sum."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handoff.meter import economy
from handoff.meter.economy import BRIEF_TOKENS, ORIENTATION_CALLS, WRITING_CALLS, Session
from handoff.meter.prices import Prices

# Dollars per million tokens, easy to follow.
FLAT = {"input": 10, "output": 50, "write_5m": 12.5, "write_1h": 20, "read": 1}
STEEP = {**FLAT, "read": 0.25}
TIERED = {
    **FLAT,
    "above": {
        "tokens": 100_000, "input": 50, "output": 250, "write_5m": 62.5, "write_1h": 100, "read": 5
    },
}  # fmt: skip
PRICES = Prices({"claude-flat": FLAT, "claude-steep": STEEP, "claude-tiered": TIERED}, {})


def session(
    tokens: int, growth: float = 600, model: str = "claude-flat", **more: object
) -> Session:
    """A session that began with 20,000 tokens."""
    return Session(model, tokens, 20_000, growth, 300, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("stands", "calls"),
    [
        (session(50_000), 25),
        (session(120_000), 8),
        (session(200_000), 6),
        (session(500_000), 4),
        (session(120_000, growth=3_000), 10),
        (session(120_000, growth=0), 8),
        (session(120_000, model="claude-steep"), 23),
        (session(120_000, model="claude-tiered"), 4),
        (session(120_000, warm=False), 8),
        (session(120_000, hour=True), 10),
        (session(120_000, compact_at=122_000), None),
        (session(120_000, compact_at=967_000), 8),
        (session(22_500), None),
        (session(22_600), None),
        (session(10_000), None),
        (session(120_000, model="some-model"), None),
    ],
)
def test_break_even(stands: Session, calls: int | None) -> None:
    """The dearer reading is and the fuller the session, the sooner; never where nothing is left
    behind, where the client compacts before, or where no price is known.
    """
    assert economy.break_even_calls(stands, PRICES) == calls


@given(
    st.integers(40_000, 900_000), st.integers(5_000, 30_000), st.integers(0, 5_000),
    st.integers(0, 2_000), st.booleans(), st.booleans(),
)  # fmt: skip
def test_it_is_the_formula_of_the_documentation(
    tokens: int, start: int, growth: int, output: int, warm: bool, hour: bool
) -> None:
    """With flat prices it is exactly the formula in docs/economics.md, warm or cold."""
    read, write, out = 1.0, 20.0 if hour else 12.5, 50.0
    fresh, k = start + BRIEF_TOKENS, ORIENTATION_CALLS
    saved = read * (tokens - fresh - k * growth)
    spent = (
        WRITING_CALLS * read * tokens + out * BRIEF_TOKENS
        + (write - read) * fresh
        + k * (read * fresh + write * growth + out * output)
        + read * growth * k * (k - 3) / 2
    )  # fmt: skip
    expected = math.floor(spent / saved) + 1 if saved > 0 else None
    break_even = economy.break_even_calls(
        Session("claude-flat", tokens, start, growth, output, warm=warm, hour=hour), PRICES
    )

    assert break_even == (expected if expected and expected <= economy.MAX_CALLS else None)


def test_the_price_of_a_cold_cache() -> None:
    """All of it is written again, at the price of its life; an unknown model has no price."""
    assert economy.recache_usd(200_000, "claude-flat", PRICES, hour=False) == 2.5
    assert economy.recache_usd(200_000, "claude-flat", PRICES, hour=True) == 4.0
    assert economy.recache_usd(200_000, "claude-tiered", PRICES, hour=False) == 12.5
    assert economy.recache_usd(200_000, "some-model", PRICES, hour=False) is None
