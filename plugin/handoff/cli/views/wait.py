"""What `handoff wait` shows: a live table on a terminal, else a line for every change."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from handoff.base import plain_text
from handoff.base.wording import format_clock, format_dollars
from handoff.cli.views import tables
from handoff.cli.views.tables import Column

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from rich.console import Group

    from handoff.loops.wait import WaitStatus


def follow(
    states: Iterable[Sequence[WaitStatus]], say: Callable[[str], None]
) -> Sequence[WaitStatus]:
    """Show states as they come; the last of them.

    On a terminal they are a live table on stderr, and the last ones are said at the end; elsewhere
    every change is said when it happens. No line is said twice.
    """
    from rich.console import Console
    from rich.live import Live

    console = Console(stderr=True)
    began = time.monotonic()
    last: Sequence[WaitStatus] = ()
    if tables.screen_width(sys.stderr) is None:
        for statuses in states:
            told = {(one.id, one.state, one.current) for one in last}
            for one in statuses:
                if (one.id, one.state, one.current) not in told:
                    say(line(one))
            last = statuses
        return last
    try:
        with Live(console=console, auto_refresh=False, transient=True) as live:
            for last in states:
                live.update(view(last, console.width, time.monotonic() - began), refresh=True)
    finally:
        for one in last:
            say(line(one))
    return last


def line(one: WaitStatus) -> str:
    """A brief's state on one line."""
    cost = f", {format_dollars(one.cost_usd)}" if one.cost_usd is not None else ""
    successor = f" as {one.current}" if one.current != one.id else ""
    note = f": {one.note}" if one.note else ""
    return plain_text.one_line(f"{one.id}{successor}: {one.state}{cost}{note}", 400)


def columns(statuses: Sequence[WaitStatus]) -> list[Column]:
    """The columns of the live table."""
    ids = tables.short_ids(one.id for one in statuses)
    costs = ("" if one.cost_usd is None else format_dollars(one.cost_usd) for one in statuses)
    return [
        Column("ID", tuple(ids[one.id] for one in statuses)),
        Column("STATE", tuple(one.state for one in statuses)),
        Column("COST", tuple(costs), drop=1, right=True),
        Column("TITLE", tuple(one.title for one in statuses), least=18, want=30),
        Column("NOTE", tuple(one.note for one in statuses), drop=2, least=20, want=32),
    ]


def view(statuses: Sequence[WaitStatus], width: int, seconds: float) -> Group:
    """The live table, with how many are settled."""
    done = sum(one.is_settled for one in statuses)
    foot = f"{done} of {len(statuses)} settled, {format_clock(seconds)}. Ctrl-C only stops waiting."
    return tables.group(tables.render(columns(statuses), width), foot)
