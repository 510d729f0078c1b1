"""`handoff usage`: what all sessions used and cost, by day and model."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from handoff.base.errors import HandoffError
from handoff.client.transcript import folders
from handoff.meter import history, prices

if TYPE_CHECKING:
    from collections.abc import Iterable

    from handoff.meter.history import Progress, Used
    from handoff.runtime import Runtime


@dataclass(frozen=True)
class Row:
    """One model on one local day, or the total of all (`day` and `model` are "" then).

    Tokens by class; `cost_usd` is None where a price is unknown, `priced_usd` what the rest costs.
    """

    day: str
    model: str
    sessions: int
    input: int
    write_5m: int
    write_1h: int
    read: int
    output: int
    searches: int
    cost_usd: float | None
    priced_usd: float

    @property
    def cache_write(self) -> int:
        """Tokens written into the prompt cache, whatever its life."""
        return self.write_5m + self.write_1h

    @property
    def tokens(self) -> int:
        """Tokens of all classes."""
        return self.input + self.write_5m + self.write_1h + self.read + self.output


@dataclass(frozen=True)
class Usage:
    """The answer of `handoff usage`; `problem` says what is wrong with the user's prices."""

    rows: list[Row]
    total: Row
    unknown: list[str]
    problem: str

    def as_json(self) -> dict[str, Any]:
        """For programs: every field by its name, tokens of each row added up too."""
        return {
            "rows": [_as_json(row) for row in self.rows],
            "total": _as_json(self.total),
            "unknown": self.unknown,
            "problem": self.problem,
        }


def read_rows(
    runtime: Runtime,
    cwd: str,
    *,
    since: str = "",
    project: str = "",
    workers: int = 2,
    progress: Progress | None = None,
) -> Usage:
    """What was used since a day, in a project; everything by default.

    `since` is a local day (YYYY-MM-DD) or a number of days back, today included (`7d`); `project`
    is a directory, or a part of the name that the client gives its folder. Raises HandoffError for
    a `since` that is neither.
    """
    today = datetime.fromtimestamp(runtime.now, timezone.utc).astimezone().date()
    first = _first_day(since, today)
    wanted = [
        used
        for used in history.collect_usage(
            runtime.env, runtime.home, workers=workers, progress=progress
        )
        if used.day >= first and _is_of(used.project, project, cwd)
    ]
    groups: dict[tuple[str, str], list[Used]] = {}
    for used in wanted:
        groups.setdefault((used.day, used.model), []).append(used)
    return Usage(
        [_row(day, model, group) for (day, model), group in sorted(groups.items())],
        _row("", "", wanted),
        sorted({used.model for used in wanted if used.unpriced}),
        prices.load(runtime.env).problem,
    )


def _row(day: str, model: str, group: Iterable[Used]) -> Row:
    group = list(group)
    priced = sum(used.nanos for used in group) / 1e9
    return Row(
        day,
        model,
        len({(used.project, used.session) for used in group if used.session}),
        sum(used.input for used in group),
        sum(used.write_5m for used in group),
        sum(used.write_1h for used in group),
        sum(used.read for used in group),
        sum(used.output for used in group),
        sum(used.searches for used in group),
        None if any(used.unpriced for used in group) else priced,
        priced,
    )


def _as_json(row: Row) -> dict[str, Any]:
    return {**vars(row), "tokens": row.tokens}


def _first_day(since: str, today: date) -> str:
    if not since:
        return ""
    back = re.fullmatch(r"(\d{1,5})d", since)
    try:
        if back:
            return (today - timedelta(days=max(int(back[1]), 1) - 1)).isoformat()
        return date.fromisoformat(since).isoformat()
    except (ValueError, OverflowError):
        raise HandoffError(
            f"--since {since} is not a date.", "Write a date (2026-11-22) or a number of days (7d)."
        ) from None


def _is_of(folder: str, project: str, cwd: str) -> bool:
    """Whether a project's folder is that of a directory, or has a part of that name."""
    if not project:
        return True
    directory = os.path.join(cwd, project)
    if os.sep in project or project == "." or os.path.isdir(directory):
        return folders.is_named(folder, os.path.realpath(directory))
    return project.lower() in folder.lower()
