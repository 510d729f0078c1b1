"""What `handoff build` shows: a live display while it runs, and its screens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handoff.base import plain_text
from handoff.base.wording import format_clock, format_dollars
from handoff.cli.views import build_plan, build_screens, progress, tables
from handoff.cli.views.tables import Column
from handoff.loops import verdicts
from handoff.specs import model

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import TextIO

    from rich.console import Console
    from rich.text import Text

    from handoff.build.journal import Journal
    from handoff.cli.views.build_plan import Planned
    from handoff.launch.progress import Progress
    from handoff.specs.model import Spec

# How the bar shows each state, with and without Unicode: also where there are no colours.
_MARKS = {
    model.VERIFIED: ("█", "#", "green"),
    model.CLAIMED: ("▓", "+", "yellow"),
    model.BLOCKED: ("▒", "x", "red"),
    model.OPEN: ("░", ".", "bright_black"),
}
_MOST_BAR, _LEAST_BAR = 30, 8  # columns


class Display(progress.StatusLine):
    """The live display of a build on stderr: use it with `with`, which takes it away again.

    It shows the `journal`, or the last one that `update` was given, and how far the session is that
    `show` tells of. What `above` tells stays above it. Nothing is shown where nobody looks, as with
    StatusLine.
    """

    _clear = "\r\x1b[J"  # it has more than one line

    def __init__(
        self, journal: Journal, spec: Spec, *, quiet: bool = False, stream: TextIO | None = None
    ) -> None:
        super().__init__(quiet=quiet, stream=stream)
        self._journal = journal
        self._spec = spec
        self._running: tuple[str, Progress] | None = None

    def __enter__(self) -> Display:
        return self

    def update(self, journal: Journal) -> None:
        """Show where the build stands; the session that was shown is over if this one says so."""
        if not journal.sessions or journal.sessions[-1].verdict:
            self._running = None
        self._journal = journal
        self._refresh()

    def show(self, label: str, progress: Progress) -> None:
        """Show how far a session is; `label` says what runs: a session's feature, or a command."""
        self._running = (label, progress)
        self._refresh()

    def above(self, tell: Callable[[str], object]) -> Callable[[str], None]:
        """`tell`; what it says stays above the display."""
        told = super().above(tell)

        def tell_above(text: str) -> None:
            told(text)
            self._refresh()

        return tell_above

    def _refresh(self) -> None:
        width = self._width()
        if width is None:
            return
        from rich.console import Console

        console = Console(file=self._stream, width=width)
        lines = frame(
            self._journal, self._spec, self._running, width - 1, ascii_only=_is_ascii(console)
        )
        lines = lines[-max(1, console.height - 1) :]
        with console.capture() as shown:
            for one in lines:
                console.print(one, no_wrap=True, overflow="ellipsis", crop=True)
        self._draw(shown.get().splitlines())


def frame(
    journal: Journal,
    spec: Spec,
    running: tuple[str, Progress] | None,
    width: int,
    *,
    ascii_only: bool = False,
) -> list[Text]:
    """The lines of the live display, each of at most `width` columns; the least important parts go
    first. `running` is what runs now, and how far it is.
    """
    from rich.text import Text

    lines = [_standing(journal, running, width, ascii_only=ascii_only)]
    session = journal.sessions[-1] if journal.sessions else None
    is_going = session is not None and not session.verdict
    feature = session.feature if session is not None and is_going else journal.current
    if feature:
        attempt = session.attempt if session is not None and is_going else 0
        lines.append(Text(_work(feature, attempt, journal, spec, width)))
    if running is not None:
        label, going = running
        if is_going and label in ("", feature):
            label = f"session {len(journal.sessions)}"
        lines.append(Text(progress.describe(label, going, width), style="dim"))
    return lines


def show_end(journal: Journal, spec: Spec, resets: str = "") -> None:
    """Print on stdout how a build ended, and what to do next. `resets` says when a usage cap that
    ended it starts again.
    """
    _say(build_screens.end_lines(journal, spec, tables.screen_width(), resets))


def show_journal(journal: Journal) -> None:
    """Print the ledger of a build on stdout: a row for each session, and what they cost."""
    _say(build_screens.ledger_lines(journal, tables.screen_width()))


def show_plan(planned: Planned) -> None:
    """Print on stdout what a build would do."""
    _say(build_plan.lines(planned, tables.screen_width()))


def _say(lines: Sequence[str]) -> None:
    from handoff.cli.console import say

    for line in lines:
        say(line)


def _standing(
    journal: Journal, running: tuple[str, Progress] | None, width: int, *, ascii_only: bool
) -> Text:
    """The bar, the counts, and what it all took so far."""
    from rich.text import Text

    counts = journal.counts()
    total = sum(counts[state] for state in _MARKS)
    going = running[1] if running else None
    seconds = sum(one.seconds or 0.0 for one in journal.settled) + (going.seconds if going else 0.0)
    cost = verdicts.sum_cost(journal.settled) + ((going.usd or 0.0) if going else 0.0)
    budget = "" if journal.budget_usd is None else f" of {format_dollars(journal.budget_usd)}"
    drops = {model.CLAIMED: 3, model.BLOCKED: 2, model.OPEN: 4}
    rest = ((f"{counts[state]} {state}" if counts[state] else "") for state in drops)
    cells = (
        Column("", (f"{counts[model.VERIFIED]} of {total} verified",)),
        *(Column("", (text,), drop=drop) for text, drop in zip(rest, drops.values(), strict=True)),
        Column("", (format_clock(seconds),), drop=5),
        Column("", (f"{format_dollars(cost) if cost else '$0.00'}{budget}",), drop=1),
    )
    words = tables.line(cells, width)
    bar = _bar(counts, min(_MOST_BAR, width - len(words) - 2), ascii_only=ascii_only)
    return Text.assemble(*bar, "  " if bar else "", words)


def _bar(counts: Mapping[str, int], width: int, *, ascii_only: bool) -> list[tuple[str, str]]:
    """The share of each state as marks with a style, in `width` columns together; nothing where
    these are too few.
    """
    total = sum(counts[state] for state in _MARKS)
    if width < _LEAST_BAR or not total:
        return []
    parts, before, done = [], 0, 0
    for state, (mark, plain, style) in _MARKS.items():
        done += counts[state]
        end = done * width // total
        parts.append(((plain if ascii_only else mark) * (end - before), style))
        before = end
    return [part for part in parts if part[0]]


def _work(feature: str, attempt: int, journal: Journal, spec: Spec, width: int) -> str:
    """The feature in work, on one line."""
    known = {one.id: one.description for one in spec.features}
    repair = "repairing what broke first" if journal.broken else ""
    return tables.line(
        (
            Column("", (feature,), least=4),
            Column("", (plain_text.one_line(known.get(feature, ""), 200),), drop=1, least=12),
            Column("", (f"attempt {attempt}" if attempt > 1 else "",), drop=3),
            Column("", (repair,), drop=2),
        ),
        width,
    )


def _is_ascii(console: Console) -> bool:
    return not console.encoding.lower().startswith("utf")
