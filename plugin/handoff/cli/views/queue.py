"""The queue's rows as a table: live where somebody looks, and once at the end."""

from __future__ import annotations

import contextlib
import sys
import time
from typing import TYPE_CHECKING

from handoff.base import plain_text
from handoff.base.wording import count_of, format_clock, format_dollars
from handoff.cli.views import tables
from handoff.cli.views.tables import Column
from handoff.loops.tasks import FAILED, RUNNING, WAITING
from handoff.loops.verdicts import DONE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import TracebackType

    from rich.console import Group

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
        if not quiet and tables.screen_width(sys.stderr) is not None:
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

    @property
    def is_live(self) -> bool:
        """Whether somebody looks at it as it changes."""
        return self._live is not None

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """Take the live table away for as long as something else is shown."""
        if self._live:
            with contextlib.suppress(OSError, SystemExit):
                self._live.stop()
        try:
            yield
        finally:
            if self._live:
                with contextlib.suppress(OSError, SystemExit):
                    self._live.start()

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
                screen = self._live.console
                most = max(1, screen.height - _AROUND)
                self._live.update(view(rows, screen.width, most), refresh=True)
            return
        for row in rows if not self._quiet else ():
            if self._states.get(row.id, WAITING) != row.state:
                why = f": {row.why}" if row.why else ""
                _say(f"{row.id}  {row.state}{why}")
            self._states[row.id] = row.state


def columns(rows: Sequence[Row], width: int | None, *, is_live: bool) -> list[Column]:
    """The columns of the tasks: live with what each does or why it failed, else with branches.

    Without a `width` IDs are whole.
    """
    ids = tables.short_ids(row.id for row in rows) if width else {row.id: row.id for row in rows}
    notes = ("" if row.state == DONE else row.why for row in rows)
    behind = Column("NOTE", tuple(notes), drop=3, least=16, want=27)
    if not is_live:
        behind = Column("BRANCH", tuple(row.branch for row in rows), drop=6)
    return [
        Column("ID", tuple(ids[row.id] for row in rows)),
        Column("STATE", tuple(row.state for row in rows), drop=2),
        Column("SESSIONS", tuple(str(row.sessions or "") for row in rows), drop=5, right=True),
        Column("TIME", tuple(map(_took, rows)), drop=4, right=True),
        Column("COST", tuple(map(_cost, rows)), drop=1, right=True),
        Column("TITLE", tuple(row.title for row in rows), least=18, want=30),
        behind,
    ]


def view(rows: Sequence[Row], width: int, most: int | None = None) -> Group:
    """The live table with its total; of more than `most` rows those that tell most now."""
    shown = _telling(rows, len(rows) if most is None else most)
    hidden = f", {len(rows) - len(shown)} not shown" if len(rows) > len(shown) else ""
    lines = tables.render(columns(shown, width, is_live=True), width)
    return tables.group(lines, total(rows) + hidden)


def total(rows: Sequence[Row]) -> str:
    """`2 of 3 tasks done, $1.51`."""
    done = sum(row.state == DONE for row in rows)
    cost = format_dollars(sum(row.cost_usd for row in rows))
    return f"{done} of {count_of(len(rows), 'task')} done, {cost}"


def _telling(rows: Sequence[Row], most: int) -> Sequence[Row]:
    """At most so many rows, in their order: what runs, then what failed, then what has ended."""
    order = {RUNNING: 0, FAILED: 1, WAITING: 3}
    kept = sorted(range(len(rows)), key=lambda n: order.get(rows[n].state, 2))[:most]
    return [rows[number] for number in sorted(kept)]


def show(rows: Sequence[Row]) -> None:
    """Print on stdout how the tasks ended, what went wrong, and what to merge."""
    width = tables.screen_width()
    tables.show(columns(rows, width, is_live=False), width)
    tables.print_lines(summary(rows, width))


def summary(rows: Sequence[Row], width: int | None) -> list[str]:
    """The lines below the table."""
    ids = tables.short_ids(row.id for row in rows)
    lines = ["", f"{total(rows)}."]
    for row in rows:
        if row.state != DONE and row.why:
            name = ids[row.id] if width else row.id
            why = plain_text.printable(row.why)
            lines += tables.hanging(f"{name} {row.state}: ", why, width)
    branches = [row.branch for row in rows if row.state == DONE and row.branch]
    if branches:
        lines += ["", "Nothing is merged yet. To merge what is done:"]
        lines += [f"  git merge {branch}" for branch in branches]
    return lines


def _took(row: Row) -> str:
    return format_clock(row.seconds) if row.seconds else ""


def _cost(row: Row) -> str:
    is_unknown = not row.sessions or (row.state == RUNNING and not row.cost_usd)
    return "" if is_unknown else format_dollars(row.cost_usd)


def _say(text: str) -> None:
    import click

    click.echo(plain_text.printable(text), err=True)
