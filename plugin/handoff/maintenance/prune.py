"""`handoff prune`: old finished briefs, refs and state files are deleted."""

from __future__ import annotations

import contextlib
import math
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from handoff.base import state_layout
from handoff.base.errors import HandoffError
from handoff.base.wording import count_of
from handoff.git import history
from handoff.git import run as git
from handoff.git.commit_result import Committed
from handoff.git.head import read_head
from handoff.git.operation import find_operation
from handoff.maintenance import commit_plan
from handoff.session import state
from handoff.store import (
    brief_files,
    claims,
    commit_message,
    frozen_files,
    journal,
    kept_refs,
    ledger,
    originals,
    recovery,
    transaction,
    trash,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from handoff.runtime import Runtime
    from handoff.store.places import Place

_DAY = 86_400.0
LONG_GONE_DAYS = 90  # state files, claims, trash
_AGE = re.compile(r"([0-9]{1,5})([dw]?)")


@dataclass(frozen=True)
class PrunePlan:
    """What can go. `briefs` are finished ones (path -> bytes) that the branch has; `refs` those
    under `refs/handoff/` that are no longer needed, and those that keep what sessions of builds
    left; `files` are in the state directory.

    `uncommitted` are old finished briefs that stay, as git does not have them.
    """

    briefs: dict[str, bytes]
    refs: tuple[kept_refs.KeptRef, ...]
    files: tuple[str, ...]
    uncommitted: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to take away."""
        return not (self.briefs or self.refs or self.files)

    def describe(self) -> str:
        """How much it is."""
        return _counted(len(self.briefs), len(self.refs), len(self.files))


@dataclass(frozen=True)
class PruneResult:
    """What went: counts, and the commit that took the finished briefs off the branch ("": none,
    and `reason` says why if there were any).
    """

    briefs: int
    refs: int
    files: int
    commit: str
    reason: str

    def describe(self) -> str:
        """What was done, for people, and how to undo what can be."""
        stay = f" Finished briefs were kept: {self.reason}." if self.reason else ""
        sha = self.commit[:9]
        undo = (
            f" The briefs were deleted in commit {sha}; to undo: git revert {sha}." if sha else ""
        )
        return f"Deleted: {_counted(self.briefs, self.refs, self.files)}.{undo}{stay}"


def parse_age(text: str) -> float:
    """An age as `30d`, `6w`, or `30` (days), in days. Raises HandoffError for anything else."""
    match = _AGE.fullmatch(text.strip().lower())
    if match is None:
        raise HandoffError(f"{text[:40]!r} is not a valid age.", "Write it as 30d or 6w.")
    return int(match[1]) * (7.0 if match[2] == "w" else 1.0)


def find_past(runtime: Runtime, place: Place, older_than: float, keep: int) -> PrunePlan:
    """What has been finished for `older_than` days, but for the `keep` newest; and what is left
    over of sessions long gone. Nothing is changed.
    """
    before = runtime.now - older_than * _DAY
    files = tuple(_old_files(runtime, place.root, runtime.now - LONG_GONE_DAYS * _DAY))
    checkout = place.checkout
    if checkout is None:
        return PrunePlan({}, (), files, ())
    view = commit_plan.read_view(checkout)
    finished = history.added_at(checkout, f"{brief_files.FOLDER}/{brief_files.DONE}")
    closed = {path for name, path in view.files.items() if name not in view.open_ids}
    done = [path for path in closed if kept_refs.split_path(path)[0] == brief_files.DONE]
    done.sort(key=lambda path: finished.get(path, math.inf))
    briefs: dict[str, bytes] = {}
    uncommitted: list[str] = []
    for path in done[: len(done) - keep]:
        if view.branch.get(path) != view.blobs.get(path):
            if _changed_before(os.path.join(place.root, path), before):
                uncommitted.append(path)
        elif finished.get(path, math.inf) <= before:
            raw = brief_files.read_content(place.root, path)
            briefs |= {path: raw} if raw is not None else {}
    elsewhere = _open_elsewhere(view, place, runtime)
    refs = tuple(
        ref
        for ref in view.beside
        if commit_plan.is_settled(ref, view)
        or (ref.time <= before and ref.id not in view.open_ids | elsewhere)
    )
    refs += tuple(ref for ref in kept_refs.list_leftovers(checkout) if ref.time <= before)
    return PrunePlan(briefs, refs, files, tuple(uncommitted))


def remove_past(past: PrunePlan, runtime: Runtime, place: Place) -> PruneResult:
    """Take it away: briefs in one commit, refs after a copy of what only they hold, then files."""
    recovery.run(runtime, place.root)
    committed, refs = Committed(), 0
    if checkout := place.checkout:
        committed = _take_briefs(past.briefs, place, checkout, runtime)
        refs = _take_refs(past.refs, checkout, runtime) if past.refs else 0
    gone = len(past.briefs) if committed.on_branch else 0
    for path in past.briefs if gone else ():
        claims.forget(runtime.home, kept_refs.split_path(path)[1])
    for path in past.files:
        with contextlib.suppress(OSError):
            os.unlink(path)
    frozen_files.forget_ended(runtime.home, place)
    sha = committed.sha if committed.on_branch else ""
    return PruneResult(gone, refs, len(past.files), sha, "" if sha else committed.reason)


def _take_briefs(
    briefs: dict[str, bytes], place: Place, checkout: git.Checkout, runtime: Runtime
) -> Committed:
    """The commit without them. If it cannot be on the branch, they stay where they are."""
    if not briefs:
        return Committed()
    config = runtime.config(place.root)
    if config.commit != "branch":
        return Committed(reason=f"commit is {config.commit} in the configuration")
    operation = find_operation(checkout)
    if operation or read_head(checkout).branch is None:
        reason = f"a {operation} is in progress" if operation else "HEAD is detached"
        return Committed(reason=reason)
    message = commit_message.pruned(sorted(briefs))
    name = f"prune-{int(runtime.now)}"
    change = journal.Change(place.root, name, message, {}, briefs)
    committed = transaction.carry_out(place, change, runtime, config)
    if not committed.on_branch:
        for path, raw in briefs.items():
            folder, brief_id = kept_refs.split_path(path)
            brief_files.write(place.root, folder, brief_id, raw)
        if committed.ref:
            kept_refs.delete(checkout, committed.ref, committed.sha)
    return committed


def _open_elsewhere(view: commit_plan.View, place: Place, runtime: Runtime) -> set[str]:
    """The kept briefs that are open in another worktree of this repository: refs are shared."""
    ids = {ref.id for ref in view.beside}
    return {
        entry.id
        for entry in ledger.own_entries(runtime.home, place.key).values()
        if entry.id in ids
        and os.path.exists(
            os.path.join(entry.worktree, brief_files.relative_path(brief_files.OPEN, entry.id))
        )
    }


def _take_refs(
    refs: tuple[kept_refs.KeptRef, ...], checkout: git.Checkout, runtime: Runtime
) -> int:
    """Delete refs after a copy of what only they hold; how many went."""
    branch = kept_refs.read_branch(checkout)
    held = {
        change.new: path
        for ref in refs
        for path, change in ref.changes.items()
        if change.new and change.new != branch.get(path)
    }
    for blob, raw in kept_refs.read_contents(checkout, held).items():
        trash.keep_copy(runtime.home, f"{kept_refs.split_path(held[blob])[1]}.md", raw)
    return kept_refs.delete_all(checkout, refs)


def _old_files(runtime: Runtime, root: str, before: float) -> Iterator[str]:
    """Files of the state directory that nothing has changed since `before`, of no open session and
    of no brief that is still there, in its own worktree or in that at `root`.
    """
    digests = originals.find_needed(runtime.home, root)
    for folder in state_layout.FOLDERS:
        directory = Path(runtime.home, folder.name)
        is_skipped = folder.goes == "never" or not directory.is_dir()
        for name in [] if is_skipped else sorted(os.listdir(directory)):
            path = str(directory / name)
            stem = os.path.splitext(name)[0]
            if not _changed_before(path, before):
                continue
            if folder.goes == "with its brief" and stem in digests:
                continue
            if folder.goes == "with its session":
                if not state.load(runtime.home, stem).is_over(runtime.now):
                    continue
                lock = str(Path(runtime.home, "locks", stem))
                if folder.name == "sessions" and _changed_before(lock, before):
                    yield lock
            yield path


def _changed_before(path: str, before: float) -> bool:
    """Whether a regular file was last changed before; a link or a folder never was."""
    try:
        about = os.lstat(path)
    except OSError:
        return False
    return os.path.isfile(path) and not os.path.islink(path) and about.st_mtime < before


def _counted(briefs: int, refs: int, files: int) -> str:
    gone = count_of(briefs, "finished brief"), count_of(refs, "ref"), count_of(files, "state file")
    return f"{gone[0]}, {gone[1]} and {gone[2]}"
