"""How likely something is to be needed in the next stretch of work, from how it was used so far.

Logistic models over what was needed in the next 60 tool calls at some 200 cuts through the sessions
of two public repositories, fitted on each and checked on the other; coefficients are rounded to
what both agree on. Recency says most, then repetition; a file that the user names counts much.
"""

from __future__ import annotations

import math

_HORIZON = 400  # tool calls after which age says nothing more


def recency(age: float | None) -> float:
    """1 for now, 0 for long ago or never, falling with the logarithm of the age in calls."""
    if age is None:
        return 0.0
    return 1.0 - math.log1p(min(max(age, 0.0), _HORIZON)) / math.log1p(_HORIZON)


def file_needed(
    *,
    edited: float | None,
    read: float | None,
    named: float | None,
    seen: float | None,
    reads: int,
    times_named: int,
    created: bool,
    asked: bool,
    outside: bool,
    unsure: bool,
) -> float:
    """For a file: ages of its last edit, read, naming in a command, sight in an output.

    `asked`: one of the last requests names it; `outside` of the repository; `unsure` whether it
    is in the repository at all.
    """
    score = -3.6 + 4.0 * recency(edited) + (1.6 * recency(read) if edited is None else 0.0)
    score += 1.4 * recency(named) + 1.5 * recency(seen)
    score += 0.7 * math.log1p(reads) + 0.35 * math.log1p(times_named)
    score += 1.7 * asked - 0.5 * created - 0.3 * outside - 0.6 * unsure
    return _probability(score)


def command_needed(*, runs: int, age: float) -> float:
    """For a command, by how often it was run and how long ago it was run last."""
    return _probability(-4.0 + 1.5 * math.log1p(runs) + 2.8 * recency(age))


def _probability(score: float) -> float:
    return 1.0 / (1.0 + math.exp(-score))
