"""What is shown while something takes long: a line on stderr, where that is a terminal."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TYPE_CHECKING

from handoff.base.wording import format_clock, format_dollars
from handoff.cli.views import tables
from handoff.cli.views.tables import Column

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from types import TracebackType
    from typing import TextIO

    from handoff.launch.progress import Progress

_LARGE = 4_000_000  # bytes that are searched in about a second
_CLEAR = "\r\x1b[2K"


class StatusLine:
    """One line that is written over and over; use it with `with`, which takes it away again.

    Nothing is shown where nobody looks: `quiet`, a pipe, or a terminal without cursor movements.
    """

    _clear = _CLEAR

    def __init__(self, *, quiet: bool = False, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        is_plain = os.environ.get("TERM", "dumb") in ("dumb", "unknown")
        self._is_off = quiet or is_plain or tables.screen_width(self._stream) is None
        self._shown = ""

    def __enter__(self) -> StatusLine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: object, trace: TracebackType | None
    ) -> None:
        self.clear()

    @property
    def is_off(self) -> bool:
        """Whether nothing is ever shown."""
        return self._is_off

    def show(self, label: str, progress: Progress) -> None:
        """Show how far a session is."""
        width = self._width()
        if width is not None:
            self._draw([describe(label, progress, width - 1)])

    def write(self, text: str) -> None:
        """Show a text, cut where the screen ends."""
        width = None if self._is_off else tables.screen_width(self._stream)
        if width is not None:
            self._write(f"{_CLEAR}{text[: width - 1]}\r")
            self._is_shown = True

    def above(self, tell: Callable[[str], object]) -> Callable[[str], None]:
        """`tell`, for as long as the line is shown: what it says stays above the line."""

        def tell_above(text: str) -> None:
            self.clear()
            tell(text)

        return tell_above

    def clear(self) -> None:
        """Take the line away, before something else is printed."""
        if self._shown:
            self._shown = ""
            self._write(self._clear)

    def _width(self) -> int | None:
        """The columns of the screen, None while nothing is shown on it."""
        return None if self._is_off else tables.screen_width(self._stream)

    def _draw(self, lines: Sequence[str]) -> None:
        """Show lines instead of the ones before; each is narrower than the screen."""
        # The cursor waits at the beginning: what others print is not put behind a line.
        up = f"\x1b[{len(lines) - 1}A" if len(lines) > 1 else ""
        text = "\n".join(lines) + up + "\r"
        if lines and text != self._shown:
            self._write(f"{self._clear}{text}")
            self._shown = text

    def _write(self, text: str) -> None:
        try:
            self._stream.write(text)
            self._stream.flush()
        except (OSError, ValueError):
            self._is_off = True  # a terminal that was closed stops nothing


def describe(label: str, progress: Progress, width: int) -> str:
    """How far a session is, in at most `width` columns: the least important goes first."""
    from handoff.session import policy

    turns = f"{progress.turns} turn{'' if progress.turns == 1 else 's'}" if progress.turns else ""
    context = "" if progress.tokens is None else f"context {policy.thousands(progress.tokens)}"
    cost = "" if progress.usd is None else format_dollars(progress.usd)
    cells = (
        Column("", (label,), drop=4, least=4),
        Column("", (format_clock(progress.seconds),)),
        Column("", (cost,), drop=1),
        Column("", (context,), drop=2),
        Column("", (turns,), drop=3),
        Column("", (progress.tool or "starting",), drop=5, least=8),
    )
    return tables.line(cells, width)


@contextlib.contextmanager
def reading_bar(what: str) -> Iterator[Callable[[int, int], None] | None]:
    """A bar on stderr while files are read, and what to tell it (bytes read, and in all); None
    where nobody looks.
    """
    if tables.screen_width(sys.stderr) is None:
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

    columns = (TextColumn(what), BarColumn(), DownloadColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


@contextlib.contextmanager
def searching(paths: Iterable[str]) -> Iterator[None]:
    """A moving bar on stderr while large files are searched, if somebody looks."""
    size = 0
    for path in paths:
        with contextlib.suppress(OSError):
            size += os.stat(path).st_size
    if size < _LARGE or tables.screen_width(sys.stderr) is None:
        yield
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    what = f"Searching {size / 1_000_000:.0f} MB of transcript"
    columns = (TextColumn(what), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        bar.add_task("", total=None)
        yield
