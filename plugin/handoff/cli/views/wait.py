"""What `handoff wait` shows: a live table on a terminal, else a line for every change."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from handoff.base import plain_text
from handoff.base.wording import format_dollars
from handoff.cli.views import tables

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import JustifyMethod

    from handoff.loops.wait import WaitStatus


def follow(states: Iterable[Sequence[WaitStatus]]) -> Sequence[WaitStatus]:
    """Show states as they come, on stderr; the last of them."""
    console = Console(stderr=True)
    began = time.monotonic()
    last: Sequence[WaitStatus] = ()
    if not console.is_terminal:
        for statuses in states:
            told = {(one.id, one.state, one.current) for one in last}
            for one in statuses:
                if (one.id, one.state, one.current) not in told and not one.is_settled:
                    sys.stderr.write(f"{line(one)}\n")
            last = statuses
        return last
    with Live(console=console, auto_refresh=False, transient=True) as live:
        for last in states:
            live.update(_view(last, time.monotonic() - began), refresh=True)
    return last


def line(one: WaitStatus) -> str:
    """A brief's state on one line."""
    cost = f", {format_dollars(one.cost_usd)}" if one.cost_usd is not None else ""
    goes_on = f" as {one.current}" if one.current != one.id else ""
    note = f": {one.note}" if one.note else ""
    return plain_text.one_line(f"{one.id}{goes_on}: {one.state}{cost}{note}", 400)


def _view(statuses: Sequence[WaitStatus], seconds: float) -> Group:
    done = sum(one.is_settled for one in statuses)
    foot = (
        f"{done} of {len(statuses)} settled, {_clock(seconds)}. Ctrl-C stops waiting, nothing else."
    )
    table = tables.plain_table()
    for name in ("BRIEF", "STATE", "COST", "WHAT"):
        justify: JustifyMethod = "right" if name == "COST" else "left"
        # What wraps gives way first where there is not enough room.
        table.add_column(name, no_wrap=name != "WHAT", overflow="ellipsis", justify=justify)
    for one in statuses:
        cost = "" if one.cost_usd is None else format_dollars(one.cost_usd)
        note = Text(plain_text.one_line(one.note, 200), no_wrap=True, overflow="ellipsis")
        table.add_row(Text(plain_text.one_line(one.title, 30)), one.state, cost, note)
    return Group(table, Text(foot, style="dim"))


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
