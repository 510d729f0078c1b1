"""The tasks of a queue: which are wanted, which are free, and where each stands."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from handoff.base.errors import HandoffError
from handoff.brief import document, marking
from handoff.brief import outcome as brief_outcome
from handoff.git import run as git
from handoff.git import worktrees
from handoff.loops import verdicts
from handoff.pickup import candidates
from handoff.store import across_worktrees, brief_files, claim_rules, lookup, places, trust

if TYPE_CHECKING:
    from collections.abc import Sequence

    from handoff.brief.document import Brief
    from handoff.loops.session import Session
    from handoff.runtime import Runtime
    from handoff.store.places import Place

WAITING, RUNNING, SKIPPED, FAILED = "waiting", "running", "skipped", "failed"
_MAX_CHAIN = 100  # briefs in a row that carry a task on


class NotFreeError(HandoffError):
    """A task that is not to be started now, and has not failed either."""


@dataclass(frozen=True)
class Filter:
    """Which tasks are wanted; what is empty leaves none out. Of `labels` one is enough."""

    ids: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    kind: str = "task"
    model: str = ""

    def fits(self, brief: Brief) -> bool:
        """Whether a brief is wanted. One that is named is wanted whatever its kind."""
        return (
            (bool(self.ids) or brief.kind == self.kind)
            and (not self.labels or not set(self.labels).isdisjoint(brief.labels))
            and (not self.model or brief.target.get("model") == self.model)
        )


@dataclass(frozen=True)
class Row:
    """One task of a run: `state` is `waiting`, `running`, `skipped`, `failed` or a verdict.

    `sessions`, `seconds` and `cost_usd` are of this run; `why` says more.
    """

    id: str
    title: str
    state: str
    sessions: int = 0
    seconds: float = 0.0
    cost_usd: float = 0.0
    branch: str = ""
    directory: str = ""
    why: str = ""


def build_row(
    task: str, title: str, over: Sequence[Session], now: Sequence[Session], state: str, why: str
) -> Row:
    """Where a task stands whose sessions are `over`, or run `now`; `state` and `why` hold where
    these do not say it.
    """
    last = [*over, *now][-1:]
    if now:
        state = RUNNING
    elif over and over[-1].verdict in (verdicts.DONE, verdicts.STOPPED):
        state, why = over[-1].verdict, over[-1].words
    at = time.time()
    return Row(
        id=task,
        title=title,
        state=state,
        sessions=len(over) + len(now),
        seconds=round(sum(s.seconds or 0.0 for s in over) + sum(at - s.began for s in now)),
        cost_usd=verdicts.sum_cost(over),
        branch=last[0].branch if last else "",
        directory=last[0].directory if last else "",
        why=why,
    )


def find_tasks(wanted: Filter, runtime: Runtime, place: Place) -> list[Brief]:
    """The open trusted tasks that are wanted, oldest first.

    Raises HandoffError when an id fits none.
    """
    judge = trust.TrustCheck(place, runtime)
    if wanted.ids:
        stored = [lookup.find_open(place, name, runtime) for name in wanted.ids]
    else:
        stored = brief_files.read_all(place.root, brief_files.OPEN)
    stored = [judge.as_written(item) for item in stored]
    trusted = [
        item for item in stored if item.brief is not None and judge.classify(item).is_trusted
    ]
    for item in stored if wanted.ids else ():
        if item not in trusted:
            name = marking.mark_name(Path(item.path).stem)
            what = (
                f"{name} is not trusted: only briefs that this machine wrote, or that a key you "
                "list has signed, are started."
            )
            raise HandoffError(what, "Open it in an interactive session: /handoff:pickup")
    return [item.brief for item in trusted if item.brief and wanted.fits(item.brief)]


def check_free(task: str, place: Place, runtime: Runtime) -> None:
    """Raise NotFreeError for a task that is finished, here or on its branch, or somebody's.

    Raises HandoffError outside git.
    """
    checkout = place.need_checkout("cannot have worktrees", "Run it inside a git repository.")
    path, branch = worktrees.path_of(checkout, task), worktrees.branch_of(task)
    judge = trust.TrustCheck(place, runtime)
    if os.path.isdir(path):
        last = across_worktrees.find_last([places.locate(path)], task, runtime)
        finished = last is not None and last[1].folder == brief_files.DONE
    else:
        finished = _is_finished_at(checkout, f"refs/heads/{branch}", task, judge)
    if finished:
        raise NotFreeError(
            f"it is finished on the branch {branch}; to merge it: git merge {branch}"
        )
    try:
        stored = brief_files.find(place.root, task, (brief_files.OPEN,))
    except HandoffError:
        raise NotFreeError("it is no longer open here") from None
    owner = claim_rules.held_by(stored.brief, runtime) if stored.brief else ""
    if owner:
        raise NotFreeError(f"it is claimed {claim_rules.describe_owner(owner)}")
    if ended := judge.ended(stored):
        again = f"to do it again: handoff start {task}"
        raise NotFreeError(f"it was {candidates.ended_words(ended)}; {again}")


def _is_finished_at(checkout: git.Checkout, ref: str, task: str, judge: trust.TrustCheck) -> bool:
    """Whether a commit has the task among its finished briefs, or the one that carries it on."""
    name = task
    for _ in range(_MAX_CHAIN):
        path = brief_files.relative_path(brief_files.DONE, name)
        answer = git.run(checkout, "cat-file", "blob", f"{ref}:{path}")
        if answer.code or not judge.is_end(answer.out):
            return False
        try:
            brief = document.parse(answer.out, path)
        except HandoffError:
            return True  # what it says is for a person
        if not judge.is_own(answer.out) or not (name := brief_outcome.continued_by(brief)):
            return True
    return False
