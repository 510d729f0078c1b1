"""A warning comes before the brief: each part of `warn` is at most the same part of `handoff`.

Percents are held against percents and tokens against tokens: which of the two comes first depends
on the room of a session. A default that is above what somebody set is no mistake of theirs, not
even where it is written out, as by `handoff config`.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from handoff.config.model import DEFAULTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from handoff.config.problem import Source


def correct(
    values: Mapping[str, Any], sources: Mapping[str, Source], user_file: str
) -> Iterator[tuple[Source, str]]:
    """Give each part of `warn` that is set above that of `handoff` its default again; where that is
    to be told, and what. `sources` has the keys that are set.

    Of two files it is the team's that is told of: the user's own is what the user wants. Of two
    places in the user's it is the entry of `projects`.
    """
    warn, handoff = (values["thresholds"][name] for name in ("warn", "handoff"))
    for part in warn:
        names = [f"thresholds.{name}.{part}" for name in ("warn", "handoff")]
        above = _find_above(part, warn[part], handoff[part])
        default = DEFAULTS["thresholds"]["warn"][part]
        if above is None or names[0] not in sources or warn[part] == default:
            continue
        warn[part] = copy.copy(default)
        set_at = [sources.get(name) for name in names]
        told_at = _choose_place([at for at in set_at if at], user_file)
        first, second = (
            f"{name} ({value}{_origin(at, told_at)})"
            for name, value, at in zip(names, above, set_at, strict=True)
        )
        yield told_at, f"{first} is above {second}: lower the first or raise the second"


def _choose_place(places: Sequence[Source], user_file: str) -> Source:
    """Which of the places that set a value is told of."""
    teams = next((at for at in places if at.path != user_file), None)
    return teams or next((at for at in places if at.project), places[0])


def _find_above(part: str, warn: Any, handoff: Any) -> tuple[str, str] | None:
    """Both values as a file has them, of the part's first unit in which `warn` is above."""
    for unit, (of_warn, of_handoff) in _by_unit(part, warn, handoff):
        if of_warn and of_handoff and min(of_warn) > min(of_handoff):
            return unit(min(of_warn)), unit(min(of_handoff))
    return None


def _by_unit(part: str, *values: Any) -> Iterator[tuple[Callable[[Any], str], list[list[Any]]]]:
    """How a value of each unit is written, and those that either threshold has of it."""
    if part == "context":
        yield _percent, [[float(i[:-1]) for i in each if isinstance(i, str)] for each in values]
        yield _tokens, [[i for i in each if not isinstance(i, str)] for each in values]
    else:
        given = [[] if value is None else [value] for value in values]
        yield (_dollars if part == "cost_usd" else _percent), given


def _percent(value: float) -> str:
    return f"{value:g}%"


def _dollars(value: float) -> str:
    return f"${value:g}"


def _tokens(value: int) -> str:
    return str(value) if value % 1000 else f"{value // 1000}k"


def _origin(at: Source | None, told_at: Source) -> str:
    """Where a value is from, if not from the place that is told of."""
    if at is None:
        return ", the default"
    if at.path != told_at.path:
        return f", {at.path}:{at.line}"
    return "" if at.project == told_at.project else f", line {at.line}"
