"""`handoff commit`: briefs that are uncommitted, or kept at refs, are committed to the branch."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from handoff.base.errors import HandoffError
from handoff.git import commit, objects
from handoff.git import run as git
from handoff.git.commit_result import Committed
from handoff.git.head import Head, read_head
from handoff.git.operation import find_operation
from handoff.maintenance import commit_groups, commit_plan, untrusted_text
from handoff.redact import redact
from handoff.store import brief_files, folders, kept_refs, ledger, recovery
from handoff.store.match_id import match_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from handoff.runtime import Runtime
    from handoff.store.places import Place

COMMITTED, THERE, LEFT, KEPT = "committed", "there", "left", "kept"


@dataclass(frozen=True)
class CommitResult:
    """What became of one brief. `result`: `committed` (now on the branch), `there` (it was before),
    `kept` (the commit could not be on the branch), `left` (nothing was done).

    `commit` and `ref` say where it is, `reason` why; `dropped_refs` are the refs that are gone, as
    the branch has what they held.
    """

    id: str
    title: str
    result: str
    commit: str
    branch: str
    reason: str
    dropped_refs: tuple[str, ...] = ()
    ref: str = ""

    @property
    def failed(self) -> bool:
        """Whether something that was to be on the branch is not."""
        return self.result in (LEFT, KEPT)

    def describe(self) -> str:
        """The same for people, on one line."""
        because = f" ({self.reason})" if self.reason else ""
        gone = "".join(f"; deleted {ref}" for ref in self.dropped_refs)
        on_branch = self.result == COMMITTED
        commit_result = Committed(self.commit, self.ref, on_branch, self.reason)
        if on_branch:
            done = f"{commit_result.describe()}{because}{gone}. {commit_result.then()}"
        elif self.result == THERE:
            done = f"already on {self.branch}{because}{gone}."
        elif self.result == KEPT:
            done = f"{commit_result.describe()}."
        else:
            done = f"not committed: {self.reason.rstrip('.')}."
        return f"{self.id}: {done}"


def commit_briefs(wanted: Sequence[str], runtime: Runtime, place: Place) -> list[CommitResult]:
    """Put the briefs `wanted` (ids or parts of them) on the branch; without any, all own ones.

    Each is a commit of its own, but for a brief and those that it replaced, which one kept commit
    holds: they are one on the branch too. A ref goes once the branch, or its history, has what it
    holds. Raises HandoffError when there is no branch to commit to now, or an id matches none or
    several.
    """
    recovery.run(runtime, place.root)
    checkout = place.need_checkout("has no branch", "Run it inside a git repository.")
    _check_branch(checkout)
    brief_files.sweep(place.root, runtime.now)
    view = commit_plan.read_view(checkout)
    everything = view.ids()
    chosen = [match_id(part, everything) for part in wanted] or view.unsettled()
    work = _Work(
        place, checkout, ledger.own_entries(runtime.home, place.key), runtime, bool(wanted)
    )
    landed: list[CommitResult] = []
    while rest := [brief_id for brief_id in chosen if brief_id not in {one.id for one in landed}]:
        group = commit_groups.find_group(rest[0], rest, view)
        steps = {brief_id: _plan(brief_id, view, work) for brief_id in group}
        joined = commit_groups.join_steps(steps)
        if joined is None:
            landed.append(_land(rest[0], steps[rest[0]], view, work))
        else:
            landed += _commit_step(steps, joined, view, work)
        view = commit_plan.reread_view(view, checkout)
    return landed


@dataclass(frozen=True)
class _Work:
    """What one call is about; `named`: the briefs were named, so others' are meant too."""

    place: Place
    checkout: git.Checkout
    own: dict[str, ledger.Entry]
    runtime: Runtime
    named: bool


def _plan(brief_id: str, view: commit_plan.View, work: _Work) -> commit_plan.Step:
    """What to commit for a brief, with the reason if nothing may be."""
    step = commit_plan.plan_steps(brief_id, view, work.checkout)
    step = _for_reader(brief_id, step, view, work)
    problem = step.problem or ("" if work.named else _not_by_itself(step, work.place, work.own))
    added = [path for path, raw in step.changes.items() if raw is not None]
    if not problem and any(git.is_ignored(work.checkout, path) for path in added):
        rule = f"git check-ignore -v {min(added)}"
        problem = f"{brief_files.FOLDER} is ignored by git; to see the rule: {rule}"
    return replace(step, problem=problem)


def _land(
    brief_id: str, step: commit_plan.Step, view: commit_plan.View, work: _Work
) -> CommitResult:
    if step.changes and not step.problem:
        (result,) = _commit_step({brief_id: step}, step, view, work)
        return result
    branch = _branch_name(_check_branch(work.checkout))
    if step.problem:
        return CommitResult(brief_id, step.title, LEFT, "", branch, step.problem)
    brief_files.remove_unchanged(work.place.root, step.take)
    gone = _drop_refs(brief_id, view, work.checkout)
    stays = _stays(brief_id, view, work.checkout)
    return CommitResult(brief_id, step.title, THERE, "", branch, stays, gone)


def _commit_step(
    steps: dict[str, commit_plan.Step],
    step: commit_plan.Step,
    view: commit_plan.View,
    work: _Work,
) -> list[CommitResult]:
    """Commit the `steps` of some briefs as one `step`, which is kept for the last of them where it
    cannot be on the branch.
    """
    checkout, root = work.checkout, work.place.root
    head = _check_branch(checkout)
    for brief_id, one in steps.items():
        for path, raw in one.changes.items() if one.restores else ():
            if raw is not None:
                brief_files.write(root, kept_refs.split_path(path)[0], brief_id, raw)
    beside = folders.paths_beside(step.changes)
    base = objects.read_folders(checkout, head.sha, {*step.changes, *beside})
    known, last = commit.Known(head, base=base), list(steps)[-1]
    with folders.put_missing(checkout, step.changes, base) as put:
        changes = {**step.changes, **put.files}
        done = commit.commit_files(checkout, changes, step.message, "branch", last, known=known)
        put.is_kept = done.on_branch
    branch = _branch_name(head)
    if not done.on_branch:
        sha = _keep_older(last, view, done, checkout)
        return [
            CommitResult(brief_id, one.title, KEPT, sha, branch, done.reason, ref=done.ref)
            for brief_id, one in steps.items()
        ]
    brief_files.remove_unchanged(root, step.take)
    return [
        CommitResult(
            brief_id,
            one.title,
            COMMITTED,
            done.sha,
            branch,
            dropped_refs=_drop_refs(brief_id, view, checkout),
            reason=_stays(brief_id, view, checkout),
            ref=done.ref,
        )
        for brief_id, one in steps.items()
    ]


def _branch_name(head: Head) -> str:
    return (head.branch or "").removeprefix("refs/heads/")


def _for_reader(
    brief_id: str,
    step: commit_plan.Step,
    view: commit_plan.View,
    work: _Work,
) -> commit_plan.Step:
    """A step as it may be told and committed: what others wrote gives no commit its subject."""
    texts = [raw for raw in step.changes.values() if raw is not None]
    if not texts and brief_id in view.files:
        texts = [brief_files.read_content(work.place.root, view.files[brief_id]) or b""]
    if step.title == brief_id or all(ledger.digest_bytes(raw) in work.own for raw in texts):
        return step
    clean = redact.cleaner(work.runtime.config(work.place.root))
    title = untrusted_text.mark(clean(step.title), untrusted_text.TITLE_CHARS, work.runtime)
    path = step.path
    message = commit_plan.describe_untrusted(brief_id, path) if path else step.message
    return replace(step, title=title, message=message, brief=None)


def _check_branch(checkout: git.Checkout) -> Head:
    """HEAD. Raises HandoffError where there is no branch to commit to now."""
    operation = find_operation(checkout)
    if operation:
        raise HandoffError(
            f"A {operation} is in progress in {checkout.root}.",
            "Finish or abort it (`git status` says how), then: handoff commit",
        )
    head = read_head(checkout)
    if head.branch is None:
        raise HandoffError(
            f"HEAD is detached in {checkout.root}, so there is no branch to commit to.",
            "Switch to one (git switch <branch>), then: handoff commit",
        )
    return head


def _not_by_itself(step: commit_plan.Step, place: Place, own: dict[str, ledger.Entry]) -> str:
    """Why a brief that nobody named is left alone."""
    for raw in step.changes.values():
        entry = own.get(ledger.digest_bytes(raw)) if raw is not None else None
        if raw is not None and entry is None:
            return "it was not written on this machine, or was changed since; name it to commit it"
        is_elsewhere = entry and step.restores and entry.worktree != place.root
        if entry and is_elsewhere and Path(entry.worktree).is_dir():
            return f"it belongs to the worktree {entry.worktree}; commit it there, or name it"
    return ""


def _drop_refs(brief_id: str, view: commit_plan.View, checkout: git.Checkout) -> tuple[str, ...]:
    """Delete the refs that hold nothing of this brief, or of others, that the branch does not."""
    view = commit_plan.reread_view(view, checkout)
    return tuple(
        item.ref
        for item in view.about(brief_id)
        if commit_plan.is_settled(item, view) and kept_refs.delete(checkout, item.ref, item.sha)
    )


def _stays(brief_id: str, view: commit_plan.View, checkout: git.Checkout) -> str:
    """What to say of a ref that holds another text than the branch."""
    view = commit_plan.reread_view(view, checkout)
    for item in view.about(brief_id):
        held = [
            path
            for path, change in item.changes.items()
            if kept_refs.split_path(path)[1] == brief_id
            and change.new
            and not commit_plan.is_on_branch(path, change.new, view)
        ]
        if held:
            return (
                f"{item.ref} was kept, because it holds a different version: "
                f"git show {item.ref}:{held[0]}"
            )
    return ""


def _keep_older(
    brief_id: str, view: commit_plan.View, done: Committed, checkout: git.Checkout
) -> str:
    """Where the new commit took the place of one that holds more, that one comes back; the commit
    that the ref has now.
    """
    for item in view.beside:
        if item.id != brief_id or item.sha == done.sha:
            continue
        (now,) = [new for new in kept_refs.list_refs(checkout) if new.id == brief_id]
        held = {path: change.new for path, change in item.changes.items()}
        lost = [
            p for p, b in held.items() if now.changes.get(p, kept_refs.Change(None, None)).new != b
        ]
        if lost and kept_refs.put_back(checkout, item.ref, item.sha, done.sha):
            return item.sha
    return done.sha
