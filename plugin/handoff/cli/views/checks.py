"""What `handoff doctor` and `handoff providers` show: one line a check, with its fix below."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handoff.cli.views import tables
from handoff.cli.views.tables import Column

if TYPE_CHECKING:
    from collections.abc import Sequence

    from handoff.doctor.model import Check
    from handoff.launch.provider_check import ProviderCheck, Row

_MARKS = {True: "ok  ", False: "FAIL", None: "note"}
_MAX_NAME = 24


def show(checks: Sequence[Check | ProviderCheck]) -> None:
    """Print checks on stdout."""
    from handoff.cli.console import say

    for line in check_lines(checks, tables.screen_width()):
        say(line)


def check_lines(checks: Sequence[Check | ProviderCheck], width: int | None) -> list[str]:
    """The checks with their details, and how to fix what does not work, in their own column."""
    names = min(_MAX_NAME, max((len(check.name) for check in checks), default=0))
    lines = []
    for check in checks:
        lines += _wrapped(f"{_MARKS[check.ok]}  {check.name:<{names}}  ", check.detail, width)
        if check.hint and check.ok is not True:
            lines += _wrapped(" " * (names + 8), check.hint, width)
    return lines


def _wrapped(label: str, text: str, width: int | None) -> list[str]:
    """A text of several lines, each of them behind the label's column."""
    first, *more = text.splitlines() or [""]
    lines = tables.hanging(label, first, width)
    for line in more:
        lines += tables.hanging(" " * len(label), line, width)
    return lines


def show_providers(rows: Sequence[Row]) -> None:
    """Print the providers on stdout."""
    from handoff.cli.console import say

    for line in provider_lines(rows, tables.screen_width()):
        say(line)


def provider_lines(rows: Sequence[Row], width: int | None) -> list[str]:
    """A table of the providers, each with its models below."""
    head, *lines = tables.render(
        [
            Column("NAME", tuple(row.name for row in rows)),
            Column("TYPE", tuple(row.type for row in rows), drop=2),
            Column("KEY", tuple(row.key for row in rows), least=20),
            Column("ADDRESS", tuple(row.base_url or "-" for row in rows), drop=1, least=16),
        ],
        width,
    )
    shown = [head]
    for row, line in zip(rows, lines, strict=True):
        models = ", ".join(f"{name}: {model}" for name, model in row.models.items())
        shown.append(line)
        shown += tables.hanging("    models   ", models, width) if models else []
        without = ", ".join(row.without)
        shown += tables.hanging("    without  ", without, width) if without else []
    return shown
