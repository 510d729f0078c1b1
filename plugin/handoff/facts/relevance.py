"""How likely a file or a command is to be needed in the next stretch of work.

Logistic models over what was needed in the next 40 responses at some 200 cuts through the sessions
of two public repositories, fitted on each and checked on the other; coefficients are rounded to
what both agree on. Recency says most, then repetition; a file that the user names counts much, and
a command for one path is seldom run again.
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
    used: float | None,
    seen: float | None,
    uses: int,
    sights: int,
    touched: bool,
    asked: bool,
    unsure: bool,
) -> float:
    """For a file: ages of its last edit, of its last use by a tool or a command, and of its last
    sight in an output; how often tools worked on it (`uses`) and outputs named it (`sights`),
    and whether a tool worked on it at all (`touched`).

    `asked`: one of the last requests or an open task names it; `unsure` whether it is in the
    repository at all.
    """
    score = -5.2 + 1.1 * recency(used) + 0.9 * recency(edited) + 2.2 * recency(seen)
    score += 0.75 * math.log1p(uses) + 0.3 * math.log1p(sights)
    score += 1.3 * touched + 1.8 * asked - 1.3 * unsure
    return _probability(score)


def command_needed(*, runs: int, age: float, specific: bool, tests: bool) -> float:
    """For a command, by how often it was run and how long ago it was run last; whether it names
    one path, and whether it runs tests.
    """
    score = -3.4 + 1.2 * math.log1p(runs) + 2.1 * recency(age) - 1.1 * specific + 0.5 * tests
    return _probability(score)


def share(likely: float, expected: float) -> float:
    """Which part of what is needed one thing makes up: needed with the chance `likely`, beside
    others of which so many are expected that all together are `expected`.
    """
    others = max(expected - likely, 1e-9)
    return likely * -math.expm1(-others) / others


def _probability(score: float) -> float:
    return 1.0 / (1.0 + math.exp(-score))
