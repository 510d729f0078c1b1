"""`handoff list`: the briefs of a repository as rows, a table or a tree."""

from __future__ import annotations

import time
from calendar import timegm
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from handoff.brief import document, ending, plain
from handoff.errors import HandoffError
from handoff.flow import claiming, commitplace, drafts, lineage, material, trusting
from handoff.repo import kept, store
from handoff.repo.committed import BY_CONFIGURATION, Committed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import JustifyMethod
    from rich.tree import Tree

    from handoff.flow.here import Here
    from handoff.flow.material import Place

KEPT = "kept"
_FROM = {
    "signed": "signed",
    "consented": "elsewhere, trusted",
    "changed": "changed",
    "foreign": "elsewhere",
}
STATES = ("open", "claimed", KEPT, "draft", "done", "unreadable")


@dataclass(frozen=True)
class Row:
    """One brief. `state`: open, claimed, kept (at `refs/handoff/` alone), done, draft, unreadable;
    `own`: this machine wrote it so.

    `created` is UTC; `claimed_by` a session's id, "" if nobody has it; `used_by` that of the one
    which used an open one up and is gone; `problem` why it cannot be read; `parent` the id of the
    brief that its session came from; `origin` whose its bytes are, as `trusting.Standing` tells it;
    `cost_usd` what the sessions cost that its Outcome names, None where it names none; `commit`,
    `ref`, `on_branch` and `reason` where git has it now and why, as in `committed.Committed`, with
    `commit` "" on the branch. The JSON of `handoff list` is a list of these.
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
    parent: str = ""
    origin: str = "foreign"
    used_by: str = ""
    cost_usd: float | None = None
    commit: str = ""
    ref: str = ""
    on_branch: bool = False
    reason: str = ""


@dataclass(frozen=True)
class Filter:
    """Which rows are wanted; what is empty or None leaves none out. Of `labels` one is enough."""

    kind: str = ""
    labels: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    own: bool | None = None

    def fits(self, row: Row) -> bool:
        """Whether a row is wanted."""
        return (
            (not self.kind or row.kind == self.kind)
            and (not self.labels or not set(self.labels).isdisjoint(row.labels))
            and (not self.states or row.state in self.states)
            and (self.own is None or row.own is self.own)
        )


def rows(here: Here, cwd: str, *, everything: bool, wanted: Filter | None = None) -> list[Row]:
    """The briefs of the repository around `cwd`, newest first; finished ones too if asked."""
    place = material.locate(cwd)
    wanted = wanted or Filter()
    finished = everything or "done" in wanted.states
    found = read(place, here, finished=finished)
    judge = trusting.Judge(place, here)
    view = commitplace.look(place)
    made = [_row(item, judge, view, here) for item in found]
    return sorted(filter(wanted.fits, made), key=lambda row: row.id, reverse=True)


def read(place: Place, here: Here, *, finished: bool) -> list[store.Stored]:
    """The briefs of a place: in the work tree, drafts, and what only `refs/handoff/` has."""
    folders = (store.OPEN, store.DONE) if finished else (store.OPEN,)
    shown = [item for folder in folders for item in store.read_all(place.root, folder)]
    return [*shown, *drafts.read_all(place, here), *beside(place)]


def row(stored: store.Stored, place: Place, here: Here) -> Row:
    """One brief as a row."""
    return _row(stored, trusting.Judge(place, here), commitplace.look(place), here)


def show(found: Sequence[Row]) -> None:
    """Print rows as a table."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    with_cost = any(item.cost_usd is not None for item in found)
    for name in ("ID", "STATE", "KIND", "FROM", "AGE", *(["COST"] if with_cost else []), "TITLE"):
        justify: JustifyMethod = "right" if name == "COST" else "left"
        table.add_column(name, no_wrap=name != "TITLE", overflow="ellipsis", justify=justify)
    for item in found:
        origin = _FROM.get(item.origin) or item.author
        cells = [item.id, item.state, item.kind, origin, _age(item.created)]
        if with_cost:
            cells.append("" if item.cost_usd is None else dollars(item.cost_usd))
        gone = f" (used by session {item.used_by[:8]}, gone)" if item.used_by else ""
        is_beside = item.commit and item.state != KEPT and item.reason != BY_CONFIGURATION
        beside = " (not on the branch)" if is_beside else ""
        title = f"{item.problem or item.title}{gone}{beside}"
        table.add_row(*map(Text, cells), Text(plain.one_line(title, 200)))
    _print(table)


def show_tree(found: Sequence[Row], everything: Iterable[Row]) -> None:
    """Print rows as trees of lineage, each with its ancestors out of `everything`."""
    from rich.console import Group
    from rich.text import Text
    from rich.tree import Tree

    known = {row.id: row for row in everything}
    parents = {row.id: row.parent for row in known.values()}
    wanted = lineage.with_ancestors((row.id for row in found), parents)
    parents = {name: parents[name] for name in wanted}
    trees = []
    for root in reversed(lineage.roots(parents)):
        branches: dict[int, Tree] = {}
        for node in lineage.below(root, parents):
            label = Text(_label(known[node.id]))
            above = branches.get(node.depth - 1)
            branches[node.depth] = above.add(label) if above else Tree(label)
        trees.append(branches[0])
    _print(Group(*trees))


def beside(place: Place) -> list[store.Stored]:
    """The briefs that no file of the work tree has, at the refs that keep them."""
    if place.checkout is None:
        return []
    folders = (store.OPEN, store.DONE)
    in_tree = {Path(name).stem for f in folders for name in store.names(place.root, f)}
    found = []
    held: dict[str, tuple[kept.Kept, str, str]] = {}
    for ref in kept.refs(place.checkout, skipping=in_tree):
        for folder in (store.OPEN, store.DONE):  # finished counts before open
            path = store.relative_path(folder, ref.id)
            if blob := ref.changes.get(path, kept.Change(None, None)).new:
                held[ref.id] = (ref, path, blob)
    texts = kept.contents(place.checkout, [blob for _, _, blob in held.values()])
    for ref, path, blob in held.values():
        if blob not in texts:
            continue
        raw = texts[blob]
        if kept.in_history(place.checkout, path, blob):
            continue  # the branch had it, and it was taken off
        brief, problem = None, ""
        try:
            brief = document.parse(raw, f"{ref.ref}:{path}")
        except HandoffError as error:
            problem = error.what
        found.append(store.Stored(ref.ref, ref.ref, KEPT, raw, brief, problem))
    return found


def _row(stored: store.Stored, judge: trusting.Judge, view: commitplace.View, here: Here) -> Row:
    brief = stored.brief
    if brief is None:
        name = plain.one_line(Path(stored.path).stem, 80)
        return Row(
            id=name,
            title="",
            kind="",
            state="unreadable",
            own=False,
            author="",
            created="",
            labels=(),
            claimed_by="",
            path=stored.relative,
            problem=stored.problem,
            origin=judge.of(stored).kind,
        )
    claimant = claiming.held_by(brief, here)
    folders = {store.DONE: "done", drafts.DRAFT: "draft", KEPT: KEPT}
    state = folders.get(stored.folder) or ("claimed" if claimant else "open")
    origin = "own" if state == "draft" else judge.of(stored).kind
    committed = Committed() if state == "draft" else view.committed(stored, here)
    return Row(
        id=brief.id,
        title=plain.one_line(brief.title, 200),
        kind=brief.kind,
        state=state,
        own=origin == "own",
        author=brief.author,
        created=plain.one_line(brief.created, 30),
        labels=tuple(plain.one_line(label, 40) for label in brief.labels),
        claimed_by=claimant,
        path=stored.relative,
        problem="",
        parent=brief.parent,
        origin=origin,
        used_by=claiming.used_by(brief, here) if state == "open" else "",
        cost_usd=ending.cost_of(brief) if state == "done" else None,
        commit=committed.sha,
        ref=committed.ref,
        on_branch=committed.on_branch,
        reason=committed.reason,
    )


def dollars(usd: float) -> str:
    """Dollars for a table: cents, and four digits under ten cents."""
    return f"${usd:.2f}" if usd >= 0.1 else f"${usd:.4f}"


def _label(row: Row) -> str:
    cost = f", {dollars(row.cost_usd)}" if row.cost_usd is not None else ""
    return f"{row.id}  {row.state}, {_age(row.created)}{cost}  {plain.one_line(row.title, 80)}"


def _print(what: object) -> None:
    from rich.console import Console

    console = Console()
    if not console.is_terminal:
        console.width = 200
    console.print(what)


def _age(created: str) -> str:
    try:
        then = timegm(time.strptime(created, "%Y-%m-%dT%H:%M:%SZ"))
    except ValueError:
        return "?"
    minutes = max(0, int((time.time() - then) // 60))
    if minutes < 60:
        return f"{minutes}m"
    return f"{minutes // 60}h" if minutes < 48 * 60 else f"{minutes // 1440}d"
