"""What `handoff list` shows: rows as a table or as trees of lineage; and who has claimed which."""

from __future__ import annotations

import time
from calendar import timegm
from typing import TYPE_CHECKING

from handoff.base.wording import format_dollars
from handoff.brief import document
from handoff.cli.views import tables
from handoff.cli.views.tables import Column
from handoff.git.commit_result import BY_CONFIGURATION
from handoff.store import lineage
from handoff.store.kept_refs import KEPT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from handoff.maintenance.claim import ClaimRow
    from handoff.maintenance.listing import Row

MIN_TITLE = 14
_WANT_TITLE = 40
_MIN_NOTE = 17
_MIN_NAME = 12  # of a file whose name is no ID
_INDENT = 4  # columns a generation of a tree


def show(rows: Sequence[Row], width: int | None = None, known: Iterable[str] = ()) -> None:
    """Print rows as a table, for a screen of `width` columns if that is given.

    `known` are the IDs of briefs that are not shown: a short ID names none of them either.
    """
    width = width or tables.screen_width()
    tables.show(columns(rows, _named(rows, width, known), time.time()), width)


def columns(rows: Sequence[Row], ids: Mapping[str, str], now: float) -> list[Column]:
    """The columns of `handoff list`, with each ID as `ids` has it."""
    titles = tuple(row.problem or row.title for row in rows)
    is_mixed = any(row.origin != "own" for row in rows)  # then whose it is matters more
    return [
        Column("ID", tuple(ids[row.id] for row in rows), least=_MIN_NAME),
        Column("STATE", tuple(row.state for row in rows), drop=1),
        Column("KIND", tuple(row.kind for row in rows), drop=7),
        Column("FROM", tuple(map(_origin, rows)), drop=3 if is_mixed else 6),
        Column("AGE", tuple(_age(row.created, now) for row in rows), drop=4),
        Column("COST", tuple(map(_cost, rows)), drop=2, right=True),
        Column("TITLE", titles, least=MIN_TITLE, want=_WANT_TITLE),
        Column("NOTE", tuple(map(_note, rows)), drop=5, least=_MIN_NOTE, want=24),
    ]


def show_tree(rows: Sequence[Row], everything: Sequence[Row], width: int | None = None) -> None:
    """Print rows as trees of lineage, each with its ancestors out of `everything`."""
    width = width or tables.screen_width()
    ids = _named(everything, width)
    tables.print_lines(tree_lines(rows, everything, ids, width, time.time()))


def tree_lines(
    rows: Sequence[Row],
    everything: Iterable[Row],
    ids: Mapping[str, str],
    width: int | None,
    now: float,
) -> list[str]:
    """The lines of the trees, in at most `width` columns."""
    known = {row.id: row for row in everything}
    parents = {row.id: row.parent for row in known.values()}
    wanted = lineage.with_ancestors((row.id for row in rows), parents)
    parents = {name: parents[name] for name in wanted}
    lines = []
    for root in reversed(lineage.find_roots(parents)):
        nodes = lineage.list_below(root, parents)
        depths = [node.depth for node in nodes]
        for number, node in enumerate(nodes):
            guide = _guide(depths, number)
            room = None if width is None else max(1, width - len(guide))
            lines.append(guide + _label(known[node.id], ids[node.id], room, now))
    return lines


def _guide(depths: Sequence[int], number: int) -> str:
    """The branches of a tree in front of a node, of which the `depths` are in their order."""
    depth = depths[number]
    below = depths[number + 1 :]

    def goes_on(level: int) -> bool:
        """Whether another node of that level, below the same one, is still to come."""
        later = next((other for other in below if other <= level), 0)
        return later == level

    bars = "".join("│   " if goes_on(level) else " " * _INDENT for level in range(1, depth))
    return f"{bars}{'├── ' if goes_on(depth) else '└── '}" if depth else ""


def _label(row: Row, name: str, width: int | None, now: float) -> str:
    cells = (
        Column("ID", (name,), least=_MIN_NAME),
        Column("STATE", (row.state,), drop=2),
        Column("FROM", ("" if row.origin == "own" else row.origin,), drop=1),
        Column("AGE", (_age(row.created, now),), drop=4),
        Column("COST", (_cost(row),), drop=3),
        Column("TITLE", (row.problem or row.title,), least=MIN_TITLE),
    )
    return tables.line(cells, width)


def show_claims(claims: Sequence[ClaimRow]) -> None:
    """Print who has which brief."""
    width = tables.screen_width()
    names = [claim.id for claim in claims]
    ids = tables.short_ids(names) if width else {name: name for name in names}
    tables.show(claim_columns(claims, ids), width)


def claim_columns(claims: Sequence[ClaimRow], ids: Mapping[str, str]) -> list[Column]:
    """The columns of `handoff claim --list`."""
    is_short = any(ids[claim.id] != claim.id for claim in claims)
    sessions = tuple(_holder(claim.session) if is_short else claim.session for claim in claims)
    return [
        Column("ID", tuple(ids[claim.id] for claim in claims)),
        Column("STATE", tuple(claim.state for claim in claims), drop=2),
        Column("REMOTE", tuple(claim.remote for claim in claims), drop=3),
        Column("WHO", tuple(claim.who for claim in claims), drop=1, least=12),
        Column("SESSION", sessions, least=8),
        Column("SINCE", tuple(claim.since for claim in claims), drop=5),
        Column("UNTIL", tuple(claim.until for claim in claims), drop=4),
    ]


def _holder(session: str) -> str:
    """A session's short ID, or what a claim has in place of one: `none (by hand, in a shell)`."""
    return session.partition("(")[2].rstrip(")") if session.startswith("none") else session[:8]


def _named(rows: Sequence[Row], width: int | None, known: Iterable[str] = ()) -> Mapping[str, str]:
    """The IDs as they are shown: whole in a pipe, else as short as they may be."""
    names = [row.id for row in rows]
    if width is None:
        return {name: name for name in names}
    briefs = [name for name in names if document.ID_PATTERN.fullmatch(name)]
    return {name: name for name in names} | tables.short_ids(briefs, {*names, *known})


def _origin(row: Row) -> str:
    return row.author if row.origin == "own" else row.origin


def _cost(row: Row) -> str:
    return "" if row.cost_usd is None else format_dollars(row.cost_usd)


def _note(row: Row) -> str:
    """What is unusual about a brief, in as few words as possible."""
    is_beside = row.commit and row.state != KEPT and row.reason != BY_CONFIGURATION
    notes = (
        f"{row.ended} {row.ended_at[:10]}, open again" if row.ended else "",
        f"used by session {row.used_by[:8]}" if row.used_by and not row.ended else "",
        "not on the branch" if is_beside else "",
        f"in {row.directory}" if row.directory not in ("", ".") else "",
    )
    return "; ".join(note for note in notes if note)


def _age(created: str, now: float) -> str:
    try:
        then = timegm(time.strptime(created, "%Y-%m-%dT%H:%M:%SZ"))
    except ValueError:
        return "?"
    minutes = max(0, int((now - then) // 60))
    if minutes < 60:
        return f"{minutes}m"
    return f"{minutes // 60}h" if minutes < 48 * 60 else f"{minutes // 1440}d"
