"""The queue's rows as a table: live where somebody looks, and once at the end."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

from handoff.base import plain_text
from handoff.cli.views import tables
from handoff.loops.tasks import FAILED, RUNNING, WAITING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from rich.table import Table

    from handoff.loops.tasks import Row

_EVERY_SECONDS = 0.5
_AROUND = 4  # lines of a screen that are no rows


class Display:
    """Shows rows on stderr as they change: a live table on a terminal, else a line for each change.

    Use it with `with`; `quiet` shows nothing.
    """

    def __init__(self, *, quiet: bool) -> None:
        from rich.console import Console
        from rich.live import Live

        console = Console(stderr=True)
        self._quiet = quiet
        self._live = None
        if console.is_terminal and not quiet:
            self._live = Live(console=console, auto_refresh=False, transient=True)
        self._states: dict[str, str] = {}
        self._shown_at = 0.0

    def __enter__(self) -> Display:
        if self._live:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: object, trace: TracebackType | None
    ) -> None:
        if self._live:
            with contextlib.suppress(OSError, SystemExit):
                self._live.stop()

    def show(self, rows: Sequence[Row]) -> None:
        """Show where the tasks stand. A terminal that was closed stops nothing: sessions run."""
        try:
            self._show(rows)
        except (OSError, SystemExit):  # the latter is rich's word for a closed pipe
            self._quiet, self._live = True, None

    def _show(self, rows: Sequence[Row]) -> None:
        if self._live:
            now = time.monotonic()
            if now - self._shown_at >= _EVERY_SECONDS:
                self._shown_at = now
                most = max(1, self._live.console.height - _AROUND)
                self._live.update(table(rows, most), refresh=True)
            return
        for row in rows if not self._quiet else ():
            if self._states.get(row.id, "waiting") != row.state:
                why = f": {row.why}" if row.why else ""
                _say(f"{row.id}  {row.state}{why}")
            self._states[row.id] = row.state


def table(rows: Sequence[Row], most: int | None = None) -> Table:
    """The rows with their total; of more than `most` those that tell most now."""
    from rich.text import Text

    queue_table = tables.plain_table(has_footer=True)
    done = sum(row.state == "done" for row in rows)
    usd = sum(row.cost_usd for row in rows)
    shown = _telling(rows, len(rows) if most is None else most)
    hidden = f", {len(rows) - len(shown)} not shown" if len(rows) > len(shown) else ""
    count = f"{done} of {len(rows)} done{hidden}"
    heads = (("TASK", count), ("STATE", ""), ("SESSIONS", ""), ("TIME", ""),
             ("COST", f"${usd:.4f}"), ("WHAT", ""))  # fmt: skip
    for name, foot in heads:
        right = name in ("SESSIONS", "TIME", "COST")
        # What wraps gives way first where there is not enough room.
        queue_table.add_column(name, foot, justify="right" if right else "left",
                               min_width=len(name), no_wrap=name not in ("TASK", "WHAT"),
                               overflow="ellipsis")  # fmt: skip
    for row in shown:
        what = row.why or row.title
        cost = f"${row.cost_usd:.4f}" if row.sessions else ""
        count = str(row.sessions or "")
        cells = (row.state, count, _took(row.seconds), cost, plain_text.one_line(what, 200))
        queue_table.add_row(Text(row.id, no_wrap=True, overflow="ellipsis"), *map(Text, cells))
    return queue_table


def _telling(rows: Sequence[Row], most: int) -> Sequence[Row]:
    """At most so many rows, in their order: what runs, then what failed, then what is over."""
    order = {RUNNING: 0, FAILED: 1, WAITING: 3}
    kept = sorted(range(len(rows)), key=lambda n: order.get(rows[n].state, 2))[:most]
    return [rows[number] for number in sorted(kept)]


def show(rows: Sequence[Row]) -> None:
    """Print the rows on stdout."""
    tables.print_wide(table(rows))


def _took(seconds: float) -> str:
    if not seconds:
        return ""
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


def _say(text: str) -> None:
    import click

    click.echo(plain_text.printable(text), err=True)
