"""Amounts in words: ages and dollars."""

from __future__ import annotations

_DAY = 86_400


def age(seconds: float) -> str:
    """`4 minutes`, `3 hours`, `12 days`."""
    for size, name in ((_DAY, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {name}{'s' if count > 1 else ''}"
    return "less than a minute"


def dollars(usd: float) -> str:
    """Dollars for a table: cents, and four digits under ten cents."""
    return f"${usd:.2f}" if usd >= 0.1 else f"${usd:.4f}"
