"""The tables of every command: one look, and one way to stdout."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

_PIPE_COLUMNS = 200  # a pipe has no width: nothing is cut that a terminal would show


def plain_table(*, has_footer: bool = False) -> Table:
    """A table without lines, its heads bold."""
    from rich.table import Table

    return Table(box=None, pad_edge=False, header_style="bold", show_footer=has_footer)


def print_wide(shown: RenderableType) -> None:
    """Print on stdout, as wide as the terminal is."""
    from rich.console import Console

    console = Console()
    if not console.is_terminal:
        console.width = _PIPE_COLUMNS
    console.print(shown)
