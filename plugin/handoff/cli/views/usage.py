"""What `handoff usage` shows: how far it has read, then a table with totals."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from handoff.cli.views import tables

if TYPE_CHECKING:
    from collections.abc import Iterator

    from handoff.insight import usage
    from handoff.meter import history


@contextlib.contextmanager
def show_progress() -> Iterator[history.Progress | None]:
    """A bar on stderr while files are read, and what to tell it; None where nobody looks."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

    console = Console(stderr=True)
    if not console.is_terminal:
        yield None
        return
    columns = (TextColumn("Reading transcripts"), BarColumn(), DownloadColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def show(usages: usage.Usage) -> None:
    """Print the rows as a table with the total at its end."""
    table = tables.plain_table(has_footer=True)
    total = _cells(usages.total)
    for name, foot in zip(("DAY", "MODEL"), ("Total", ""), strict=True):
        table.add_column(name, foot, no_wrap=True)
    names = ("SESSIONS", "INPUT", "CACHE WRITE", "CACHE READ", "OUTPUT", "COST")
    for name, foot in zip(names, total, strict=True):
        table.add_column(name, foot, justify="right", no_wrap=True)
    day = ""
    for row in usages.rows:
        table.add_row("" if row.day == day else row.day, row.model, *_cells(row))
        day = row.day
    tables.print_wide(table)


def _cells(row: usage.Row) -> tuple[str, ...]:
    cost = f"${row.priced_usd:,.2f}"
    if row.cost_usd is None:
        cost = f"{cost} + ?" if row.priced_usd else "unknown"
    tokens = (row.input, row.write_5m + row.write_1h, row.read, row.output)
    return (str(row.sessions), *(f"{count:,}" for count in tokens), cost)
