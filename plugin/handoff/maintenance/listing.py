"""`handoff list`: the briefs of a repository as rows, a table or a tree."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from handoff.brief import document
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
    trust,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from handoff.runtime import Runtime
    from handoff.store.places import Place

_NAME_CHARS = 80
_LABEL_CHARS = 40
_DATE_CHARS = 30
_PATH_CHARS = 400
_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
STATES = ("open", "claimed", kept_refs.KEPT, "draft", "done", "unreadable")


@dataclass(frozen=True)
class Row:
    """One brief. `state`: open, claimed, kept (at `refs/handoff/` alone), done, draft, unreadable;
    `trusted`: whether a session is given it as its own work, `origin` why, as `trust.Origin` tells.

    `created` is UTC; `claimed_by` a session's id, "" if nobody has it; `used_by` that of the one
    which used an open one up and is gone; `problem` why it cannot be read; `parent` the id of the
    brief that its session came from; `cost_usd` what the sessions cost that its Outcome names,
    None where it names none; `ended` how an open one was put away before (`finished`, `dropped`, or
    `removed` from the branch by a commit, at the UTC `ended_at`), "" if it was not; `commit`,
    `ref`, `on_branch` and `reason` where git has it now and why, as in `commit_result.Committed`,
    with `commit` "" on the branch; `directory` the one it is for, from the root ("." is that
    itself), "" for the whole repository.

    The JSON of `handoff list` is a list of these. In a session's shell the texts of others have the
    form of `marking.mark_words`.
    """

    id: str
    title: str
    kind: str
    state: str
    trusted: bool
    author: str
    created: str
    labels: tuple[str, ...]
    claimed_by: str
    path: str
    problem: str
    parent: str = ""
    origin: str = "elsewhere"
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
    trusted: bool | None = None

    def fits(self, row: Row) -> bool:
        """Whether a row is wanted."""
        return (
            (not self.kind or row.kind == self.kind)
            and (not self.labels or not set(self.labels).isdisjoint(row.labels))
            and (not self.states or row.state in self.states)
            and (self.trusted is None or row.trusted is self.trusted)
        )


def list_rows(
    runtime: Runtime, place: Place, *, everything: bool, wanted: Filter | None = None
) -> list[Row]:
    """The briefs of a place, newest first; finished ones too if asked."""
    wanted = wanted or Filter()
    finished = everything or "done" in wanted.states
    kept = kept_refs.list_refs(place.checkout) if place.checkout else []
    stored = read_briefs(place, runtime, finished=finished, kept=kept)
    judge = trust.TrustCheck(place, runtime)
    view = commit_location.read_view(place, kept)
    clean = redact.cleaner(runtime.config(place.root))
    all_rows = [_row(judge.as_written(item), judge, view, runtime) for item in stored]
    fitting = sorted(filter(wanted.fits, all_rows), key=lambda row: row.id, reverse=True)
    return [_mark_row(row, runtime, clean) for row in fitting]


def read_briefs(
    place: Place,
    runtime: Runtime,
    *,
    finished: bool,
    kept: Sequence[kept_refs.KeptRef] | None = None,
) -> list[brief_files.StoredBrief]:
    """The briefs of a place: in the worktree, drafts, and what only `refs/handoff/` has (`kept`,
    if that has been read).
    """
    folders = (brief_files.OPEN, brief_files.DONE) if finished else (brief_files.OPEN,)
    shown = [item for folder in folders for item in brief_files.read_all(place.root, folder)]
    return [*shown, *drafts.read_all(place, runtime), *kept_refs.read_beside(place, kept)]


def build_row(stored: brief_files.StoredBrief, place: Place, runtime: Runtime) -> Row:
    """One brief as a row."""
    clean = redact.cleaner(runtime.config(place.root))
    view = commit_location.read_view(place)
    judge = trust.TrustCheck(place, runtime)
    plain_row = _row(judge.as_written(stored), judge, view, runtime)
    return _mark_row(plain_row, runtime, clean)


def _row(
    stored: brief_files.StoredBrief,
    judge: trust.TrustCheck,
    view: commit_location.View,
    runtime: Runtime,
) -> Row:
    brief = stored.brief
    if brief is None:
        return Row(
            id=Path(stored.path).stem,
            title="",
            kind="",
            state="unreadable",
            trusted=False,
            author="",
            created="",
            labels=(),
            claimed_by="",
            path=stored.relative,
            problem=stored.problem,
            origin=judge.classify(stored).kind,
        )
    claimant = claim_rules.held_by(brief, runtime)
    folders = {brief_files.DONE: "done", drafts.DRAFT: "draft", kept_refs.KEPT: kept_refs.KEPT}
    state = folders.get(stored.folder) or ("claimed" if claimant else "open")
    origin = trust.Origin("own") if state == "draft" else judge.classify(stored)
    ended = judge.ended(stored) if state == "open" else None
    committed = Committed() if state == "draft" else view.committed(stored, runtime)
    return Row(
        id=brief.id,
        title=brief.title,
        kind=brief.kind,
        state=state,
        trusted=origin.is_trusted,
        author=brief.author,
        created=brief.created,
        labels=brief.labels,
        claimed_by=claimant,
        path=stored.relative,
        problem="",
        parent=brief.parent,
        origin=origin.kind,
        used_by=claim_rules.used_by(brief, runtime) if state == "open" else "",
        cost_usd=brief_outcome.cost_of(brief) if state == "done" else None,
        ended=ended.how if ended else "",
        ended_at=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(ended.at)) if ended else "",
        commit=committed.sha,
        ref=committed.ref,
        on_branch=committed.on_branch,
        reason=committed.reason,
        directory=str(brief.git.get("directory") or ""),
    )


def _mark_row(row: Row, runtime: Runtime, clean: redact.Redactor) -> Row:
    """A row as it may be printed here."""
    mark = untrusted_text.mark
    shown = replace(
        row,
        title=mark(clean(row.title), untrusted_text.TITLE_CHARS, runtime, is_trusted=row.trusted),
        created=row.created
        if _DATE.fullmatch(row.created)
        else mark(clean(row.created), _DATE_CHARS, runtime, is_trusted=row.trusted),
        labels=tuple(
            mark(clean(label), _LABEL_CHARS, runtime, is_trusted=row.trusted)
            for label in row.labels
        ),
        directory=mark(clean(row.directory), _PATH_CHARS, runtime, is_trusted=row.trusted),
        problem=mark(clean(row.problem), _PATH_CHARS, runtime),
    )
    if document.ID_PATTERN.fullmatch(row.id):
        return shown
    return replace(
        shown,
        id=mark(clean(row.id), _NAME_CHARS, runtime),
        path=mark(clean(row.path), _PATH_CHARS, runtime),
    )
