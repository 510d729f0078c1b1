"""`handoff list`: the briefs of a repository as rows, a table or a tree."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from handoff.brief import outcome as brief_outcome
from handoff.git.commit_result import Committed
from handoff.maintenance import untrusted_text
from handoff.redact import redact
from handoff.store import (
    brief_files,
    claim_rules,
    commit_location,
    drafts,
    kept_refs,
    places,
    trust,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from handoff.runtime import Here
    from handoff.store.places import Place
STATES = ("open", "claimed", kept_refs.KEPT, "draft", "done", "unreadable")


@dataclass(frozen=True)
class Row:
    """One brief. `state`: open, claimed, kept (at `refs/handoff/` alone), done, draft, unreadable;
    `own`: this machine wrote it so.

    `created` is UTC; `claimed_by` a session's id, "" if nobody has it; `used_by` that of the one
    which used an open one up and is gone; `problem` why it cannot be read; `parent` the id of the
    brief that its session came from; `origin` whose its bytes are, as `trust.Standing` tells it;
    `cost_usd` what the sessions cost that its Outcome names, None where it names none; `ended` how
    an open one was put away before (`finished`, `dropped`, or `removed` from the branch by a
    commit, at the UTC `ended_at`), "" if it was not; `commit`, `ref`, `on_branch` and `reason`
    where git has it now and why, as in `commit_result.Committed`, with `commit` "" on the branch;
    `directory` the one it is for, from the root ("." is that itself), "" for the whole repository.

    The JSON of `handoff list` is a list of these. In a session's shell the texts of others have the
    form of `marking.words`.
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
    ended: str = ""
    ended_at: str = ""
    commit: str = ""
    ref: str = ""
    on_branch: bool = False
    reason: str = ""
    directory: str = ""


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
    place = places.locate(cwd)
    wanted = wanted or Filter()
    finished = everything or "done" in wanted.states
    kept = kept_refs.refs(place.checkout) if place.checkout else []
    found = read(place, here, finished=finished, kept=kept)
    judge = trust.Judge(place, here)
    view = commit_location.look(place, kept)
    clean = redact.cleaner(here.config(place.root))
    made = [_row(judge.as_written(item), judge, view, here) for item in found]
    fitting = sorted(filter(wanted.fits, made), key=lambda row: row.id, reverse=True)
    return [untrusted_text.mark_row(row, here, clean) for row in fitting]


def read(
    place: Place, here: Here, *, finished: bool, kept: Sequence[kept_refs.Kept] | None = None
) -> list[brief_files.Stored]:
    """The briefs of a place: in the work tree, drafts, and what only `refs/handoff/` has (`kept`,
    if that has been read).
    """
    folders = (brief_files.OPEN, brief_files.DONE) if finished else (brief_files.OPEN,)
    shown = [item for folder in folders for item in brief_files.read_all(place.root, folder)]
    return [*shown, *drafts.read_all(place, here), *kept_refs.beside(place, kept)]


def row(stored: brief_files.Stored, place: Place, here: Here) -> Row:
    """One brief as a row."""
    clean = redact.cleaner(here.config(place.root))
    view = commit_location.look(place)
    judge = trust.Judge(place, here)
    made = _row(judge.as_written(stored), judge, view, here)
    return untrusted_text.mark_row(made, here, clean)


def _row(
    stored: brief_files.Stored, judge: trust.Judge, view: commit_location.View, here: Here
) -> Row:
    brief = stored.brief
    if brief is None:
        return Row(
            id=Path(stored.path).stem,
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
    claimant = claim_rules.held_by(brief, here)
    folders = {brief_files.DONE: "done", drafts.DRAFT: "draft", kept_refs.KEPT: kept_refs.KEPT}
    state = folders.get(stored.folder) or ("claimed" if claimant else "open")
    origin = "own" if state == "draft" else judge.of(stored).kind
    ended = judge.ended(stored) if state == "open" else None
    committed = Committed() if state == "draft" else view.committed(stored, here)
    return Row(
        id=brief.id,
        title=brief.title,
        kind=brief.kind,
        state=state,
        own=origin == "own",
        author=brief.author,
        created=brief.created,
        labels=brief.labels,
        claimed_by=claimant,
        path=stored.relative,
        problem="",
        parent=brief.parent,
        origin=origin,
        used_by=claim_rules.used_by(brief, here) if state == "open" else "",
        cost_usd=brief_outcome.cost_of(brief) if state == "done" else None,
        ended=ended.how if ended else "",
        ended_at=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(ended.at)) if ended else "",
        commit=committed.sha,
        ref=committed.ref,
        on_branch=committed.on_branch,
        reason=committed.reason,
        directory=str(brief.git.get("directory") or ""),
    )
