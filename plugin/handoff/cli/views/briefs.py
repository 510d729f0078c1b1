"""What `handoff list` shows: rows as a table or as trees of lineage."""

from __future__ import annotations

import time
from calendar import timegm
from typing import TYPE_CHECKING

from handoff.base.wording import format_dollars
from handoff.cli.views import tables
from handoff.git.commit_result import BY_CONFIGURATION
from handoff.store import lineage
from handoff.store.kept_refs import KEPT

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import JustifyMethod
    from rich.tree import Tree

    from handoff.maintenance.listing import Row


def show(rows: Sequence[Row]) -> None:
    """Print rows as a table."""
    from rich.text import Text

    table = tables.plain_table()
    with_cost = any(item.cost_usd is not None for item in rows)
    for name in ("ID", "STATE", "KIND", "FROM", "AGE", *(["COST"] if with_cost else []), "TITLE"):
        justify: JustifyMethod = "right" if name == "COST" else "left"
        table.add_column(name, no_wrap=name != "TITLE", overflow="ellipsis", justify=justify)
    for item in rows:
        origin = item.author if item.origin == "own" else item.origin
        cells = [item.id, item.state, item.kind, origin, _age(item.created)]
        if with_cost:
            cells.append("" if item.cost_usd is None else format_dollars(item.cost_usd))
        gone = f" (used by session {item.used_by[:8]}, gone)" if item.used_by else ""
        if item.ended:
            gone = f" ({item.ended} on {item.ended_at[:10]}, and open again)"
        is_beside = item.commit and item.state != KEPT and item.reason != BY_CONFIGURATION
        beside = " (not on the branch)" if is_beside else ""
        where = f" (in {item.directory})" if item.directory not in ("", ".") else ""
        table.add_row(*map(Text, cells), Text(f"{item.problem or item.title}{where}{gone}{beside}"))
    tables.print_wide(table)


def show_tree(rows: Sequence[Row], everything: Iterable[Row]) -> None:
    """Print rows as trees of lineage, each with its ancestors out of `everything`."""
    from rich.console import Group
    from rich.text import Text
    from rich.tree import Tree

    known = {row.id: row for row in everything}
    parents = {row.id: row.parent for row in known.values()}
    wanted = lineage.with_ancestors((row.id for row in rows), parents)
    parents = {name: parents[name] for name in wanted}
    trees = []
    for root in reversed(lineage.find_roots(parents)):
        branches: dict[int, Tree] = {}
        for node in lineage.list_below(root, parents):
            label = Text(_label(known[node.id]))
            above = branches.get(node.depth - 1)
            branches[node.depth] = above.add(label) if above else Tree(label)
        trees.append(branches[0])
    tables.print_wide(Group(*trees))


def _label(row: Row) -> str:
    cost = f", {format_dollars(row.cost_usd)}" if row.cost_usd is not None else ""
    origin = [] if row.origin == "own" else [row.origin]
    about = ", ".join([row.state, *origin, f"{_age(row.created)}{cost}"])
    return f"{row.id}  {about}  {row.title}"


def _age(created: str) -> str:
    try:
        then = timegm(time.strptime(created, "%Y-%m-%dT%H:%M:%SZ"))
    except ValueError:
        return "?"
    minutes = max(0, int((time.time() - then) // 60))
    if minutes < 60:
        return f"{minutes}m"
    return f"{minutes // 60}h" if minutes < 48 * 60 else f"{minutes // 1440}d"
