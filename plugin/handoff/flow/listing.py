"""`handoff list`: the briefs of a repository as rows."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from handoff.brief import plain
from handoff.flow import drafts, material
from handoff.repo import claims, ledger, store

if TYPE_CHECKING:
    from collections.abc import Sequence

    from handoff.flow.here import Here
    from handoff.flow.material import Place


@dataclass(frozen=True)
class Row:
    """One brief. `state`: open, claimed, done, draft, unreadable; `own`: this machine wrote it so.

    `created` is UTC; `claimed_by` a session's id, "" if nobody has it; `problem` why it cannot be
    read. The JSON of `handoff list` is a list of these.
    """

    id: str
    title: str
    kind: str
    state: str
    own: bool
    author: str
    created: str
    labels: tuple[str, ...]
    claimed_by: str
    path: str
    problem: str


def rows(here: Here, cwd: str, *, everything: bool) -> list[Row]:
    """The open briefs of the repository around `cwd`, newest first; finished ones too if asked."""
    place = material.locate(cwd)
    folders = (store.OPEN, store.DONE) if everything else (store.OPEN,)
    found = [item for folder in folders for item in store.read_all(place.root, folder)]
    found += drafts.read_all(place, here)
    own = ledger.own_entries(here.home, place.key)
    made = [_row(item, own, here) for item in found]
    return sorted(made, key=lambda row: row.id, reverse=True)


def row(stored: store.Stored, place: Place, here: Here) -> Row:
    """One brief as a row."""
    return _row(stored, ledger.own_entries(here.home, place.key), here)


def show(found: Sequence[Row]) -> None:
    """Print rows as a table."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("ID", "STATE", "KIND", "FROM", "AGE", "TITLE"):
        table.add_column(name, no_wrap=name != "TITLE", overflow="ellipsis")
    for item in found:
        origin = item.author if item.own else "elsewhere"
        cells = (item.id, item.state, item.kind, origin, _age(item.created))
        title = item.problem or item.title
        table.add_row(*map(Text, cells), Text(plain.one_line(title, 200)))
    console = Console()
    if not console.is_terminal:
        console.width = 200
    console.print(table)


def _row(stored: store.Stored, own: dict[str, ledger.Entry], here: Here) -> Row:
    brief = stored.brief
    if brief is None:
        name = plain.one_line(Path(stored.path).stem, 80)
        return Row(
            name, "", "", "unreadable", False, "", "", (), "", stored.relative, stored.problem
        )
    claimant = claims.owner(here.home, brief.id)
    folders = {store.DONE: "done", drafts.DRAFT: "draft"}
    state = folders.get(stored.folder) or ("claimed" if claimant else "open")
    return Row(
        id=brief.id,
        title=plain.one_line(brief.title, 200),
        kind=brief.kind,
        state=state,
        own=state == "draft" or ledger.digest(stored.raw) in own,
        author=brief.author,
        created=plain.one_line(brief.created, 30),
        labels=tuple(plain.one_line(label, 40) for label in brief.labels),
        claimed_by=claimant,
        path=stored.relative,
        problem="",
    )


def _age(created: str) -> str:
    try:
        then = time.mktime(time.strptime(created, "%Y-%m-%dT%H:%M:%SZ")) - time.timezone
    except ValueError:
        return "?"
    minutes = max(0, int((time.time() - then) // 60))
    if minutes < 60:
        return f"{minutes}m"
    return f"{minutes // 60}h" if minutes < 48 * 60 else f"{minutes // 1440}d"
