"""What `handoff usage` shows: how far it has read, then a table with totals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handoff.cli.views import tables
from handoff.cli.views.tables import Column

if TYPE_CHECKING:
    from collections.abc import Sequence

    from handoff.insight import usage


def show(usages: usage.Usage) -> None:
    """Print the rows as a table with the total at its end."""
    tables.show(columns(usages.rows, usages.total))


def columns(rows: Sequence[usage.Row], total: usage.Row) -> list[Column]:
    """The columns of the table, the total last. A day is said once."""
    days = [row.day if number == 0 or rows[number - 1].day != row.day else ""
            for number, row in enumerate(rows)]  # fmt: skip
    every = [*rows, total]

    def count(head: str, name: str, drop: int) -> Column:
        counts = (f"{getattr(row, name):,}" for row in every)
        return Column(head, tuple(counts), drop=drop, right=True)

    return [
        Column("DAY", (*days, "Total")),
        Column("MODEL", (*(row.model for row in rows), ""), drop=1, least=14),
        count("SESSIONS", "sessions", 3),
        count("INPUT", "input", 5),
        count("CACHE WRITE", "cache_write", 6),
        count("CACHE READ", "read", 4),
        count("OUTPUT", "output", 2),
        Column("COST", tuple(map(_cost, every)), right=True),
    ]


def _cost(row: usage.Row) -> str:
    cost = f"${row.priced_usd:,.2f}"
    if row.cost_usd is None:
        return f"{cost} + ?" if row.priced_usd else "unknown"
    return cost
