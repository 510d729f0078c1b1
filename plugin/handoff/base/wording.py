"""Amounts in words: counts, ages and dollars."""

from __future__ import annotations

DAY = 86_400  # seconds


def noun_for(count: int, noun: str) -> str:
    """`noun` (a singular) as it stands behind `count`: `brief`, `briefs`."""
    return noun if count == 1 else f"{noun}s"


def count_of(count: int, noun: str) -> str:
    """`1 brief`, `3 briefs`, `2 more places`: a count with its noun, which is given in singular."""
    return f"{count} {noun_for(count, noun)}"


def format_age(seconds: float) -> str:
    """`4 minutes`, `3 hours`, `12 days`."""
    for size, name in ((DAY, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            return count_of(int(seconds // size), name)
    return "less than a minute"


def format_time_left(seconds: float) -> str:
    """`2 d 3 h`, `2 h 10 min`, `12 min`, `45 s`: what is left of a wait."""
    whole = max(0, round(seconds))
    for size, name, below, part in ((DAY, "d", 3600, "h"), (3600, "h", 60, "min")):
        if whole >= size:
            rest = whole % size // below
            return f"{whole // size} {name} {rest} {part}" if rest else f"{whole // size} {name}"
    return f"{whole // 60} min" if whole >= 60 else f"{whole} s"


def rounded_usd(usd: float) -> float:
    """Dollars as they are written to a brief and in JSON: to a millionth, which is less than any
    token costs. The digits behind that are noise from adding up.
    """
    return round(usd, 6)


def format_dollars(usd: float) -> str:
    """Dollars for a table: cents, and four digits under ten cents."""
    return f"${usd:.2f}" if usd >= 0.1 else f"${usd:.4f}"


def format_clock(seconds: float) -> str:
    """A duration as a clock shows it: `4:05`, `1:02:09`."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
