"""The tables of every command: columns that say how important they are, fitted into a width.

On a terminal a table is never wider than the screen: first whole columns go, the least important
ones first, then the cells that may be cut end in an ellipsis. Figures and costs are never cut. Into
a pipe everything is written out, with whole IDs.
"""

from __future__ import annotations

import sys
import textwrap
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from handoff.base import plain_text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from typing import TextIO

    from rich.console import Group

_GAP = "  "
_MIN_ID = 4  # characters of a short ID: the random part of a brief's
_CHEAP = 5  # columns from this `drop` on go also where a title has less than it wants
_MIN_WRAP = 24  # columns that are left for a text beside its label, or it begins below


@dataclass(frozen=True)
class Column:
    """One column: its head and its cells.

    `drop`: the column with the highest number is left out first where the width does not suffice, 0
    never. `least`: its cells may be cut to so many columns of the screen, 0: never cut; `want` is
    how many they should have, if it only takes the columns that matter little.
    """

    head: str
    cells: tuple[str, ...]
    drop: int = 0
    least: int = 0
    want: int = 0
    right: bool = False


def screen_width(stream: TextIO | None = None) -> int | None:
    """How many columns a stream (stdout) has to show something on; None where it is no terminal."""
    stream = stream or sys.stdout
    if not stream.isatty():
        return None
    from rich.console import Console

    return Console(file=stream).width


def render(columns: Sequence[Column], width: int | None) -> list[str]:
    """The lines of a table, its heads first, in at most `width` columns; None: as wide as it is.

    A column without any content is left out, unless it is one that is never dropped.
    """
    filled = [_printable(one) for one in columns if any(one.cells) or not one.drop]
    shown = [(one, _natural(one)) for one in filled]
    if width is not None:
        shown = _fit(filled, width)
    rows = zip(*((one.head, *one.cells) for one, _ in shown), strict=True)
    return [_join(row, shown) for row in rows]


def line(columns: Sequence[Column], width: int | None) -> str:
    """The only row of a table, without the heads."""
    return render([replace(one, head="") for one in columns], width)[1]


def show(columns: Sequence[Column], width: int | None = None) -> None:
    """Print a table on stdout, for its terminal; `width` is for another one."""
    head, *rows = render(columns, width or screen_width())
    print_lines(rows, head)


def print_lines(lines: Iterable[str], head: str = "") -> None:
    """Print lines on stdout as they are; the head is bold on a terminal.

    Cells that others wrote are marked before (`maintenance.untrusted_text`).
    """
    import click

    if head:
        click.echo(click.style(head, bold=True))  # which click leaves out in a pipe
    for one in lines:
        click.echo(one)


def group(lines: Sequence[str], foot: str = "") -> Group:
    """A table's lines for a live display, with a line below."""
    from rich.console import Group
    from rich.text import Text

    head, *rows = lines
    below = [Text(foot, style="dim", no_wrap=True, overflow="ellipsis")] if foot else []
    shown = [Text(head, style="bold"), *map(Text, rows)]
    for one in shown:
        one.no_wrap, one.overflow = True, "ellipsis"
    return Group(*shown, *below)


def short_ids(ids: Iterable[str], known: Collection[str] = ()) -> dict[str, str]:
    """Each ID with the shortest end of it that names it alone, among these and the `known` ones.

    It is what a command accepts for it (`store.match_id`): what an ID begins with wins over what
    one ends with.
    """
    shown = list(ids)
    every = {*shown, *known}
    return {one: _short_id(one, every) for one in shown}


def hanging(label: str, text: str, width: int | None) -> list[str]:
    """`text` behind its label, wrapped so that it stays in its own column."""
    if width is None:
        return [f"{label}{text}".rstrip()]
    indent = len(label) if width - len(label) >= _MIN_WRAP else 4
    lines = textwrap.wrap(
        text,
        width,
        initial_indent=label if indent == len(label) else " " * indent,
        subsequent_indent=" " * indent,
        break_on_hyphens=False,
        break_long_words=False,
    )
    return lines if indent == len(label) and lines else [label.rstrip(), *lines]


def cut(text: str, width: int) -> str:
    """`text` in at most `width` columns of the screen, where a wide character has two."""
    from rich.cells import cell_len, set_cell_size

    if cell_len(text) <= width:
        return text
    return f"{set_cell_size(text, max(0, width - 1)).rstrip()}…" if width > 0 else ""


def _short_id(whole: str, every: Collection[str]) -> str:
    for length in range(_MIN_ID, len(whole)):
        end = whole[-length:]
        begins = any(other.startswith(end) for other in every)
        if end[0] != "-" and not begins and sum(other.endswith(end) for other in every) == 1:
            return end
    return whole


def _printable(column: Column) -> Column:
    cells = (" ".join(plain_text.printable(cell).split()) for cell in column.cells)
    return replace(column, cells=tuple(cells))


def _natural(column: Column) -> int:
    from rich.cells import cell_len

    return max(map(cell_len, (column.head, *column.cells)))


def _fit(columns: Sequence[Column], width: int) -> list[tuple[Column, int]]:
    """The columns that fit into a width, and how wide each is."""
    kept = list(columns)
    while width < _least_width([replace(one, least=max(one.least, one.want)) for one in kept]):
        last = max(kept, key=lambda one: one.drop)
        if last.drop < _CHEAP:
            break
        kept.remove(last)
    while (room := width - _least_width(kept)) < 0 and any(one.drop for one in kept):
        kept.remove(max(kept, key=lambda one: one.drop))
    widths = [_least(one) for one in kept]
    flexible = [number for number, one in enumerate(kept) if one.least]
    flexible.sort(key=lambda number: kept[number].drop)
    wanted = [(number, kept[number].want) for number in flexible]
    # First what each should have at least, then all that it could use.
    for number, most in (*wanted, *((number, width) for number in flexible)):
        # Where there is no room left at all, what may be cut is cut further than is good.
        goal = min(_natural(kept[number]), max(most, widths[number]))
        more = max(1 - widths[number], min(room, goal - widths[number]))
        widths[number] += more
        room -= more
    return list(zip(kept, widths, strict=True))


def _least(column: Column) -> int:
    natural = _natural(column)
    return min(natural, max(column.least, len(column.head))) if column.least else natural


def _least_width(columns: Sequence[Column]) -> int:
    return sum(map(_least, columns)) + len(_GAP) * (len(columns) - 1)


def _join(cells: Sequence[str], shown: Sequence[tuple[Column, int]]) -> str:
    from rich.cells import cell_len

    parts = []
    for cell, (column, width) in zip(cells, shown, strict=True):
        text = cut(cell, width) if column.least else cell
        blank = " " * max(0, width - cell_len(text))
        parts.append(blank + text if column.right else text + blank)
    return _GAP.join(parts).rstrip()
