"""One change of the briefs of a worktree: entered, carried out, committed; whole or not at all."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from handoff.base.errors import HandoffError
from handoff.git import commit, index, objects
from handoff.git import run as git
from handoff.git.commit_result import Committed
from handoff.git.head import read_head
from handoff.git.operation import find_operation
from handoff.store import brief_files, folders, journal, kept_refs, ledger

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from handoff.config.model import Config
    from handoff.git.head import Head
    from handoff.runtime import Runtime
    from handoff.store.places import Place


def carry_out(
    place: Place,
    change: journal.Change,
    runtime: Runtime,
    config: Config,
    head: Head | None = None,
) -> Committed:
    """Change the files and commit that. Killed at any point, the next start finishes it.

    `head` is where HEAD was last seen, if that is known.

    Raises HandoffError or OSError when a file cannot be written. What was done until then stays,
    and the next start tries the rest; if that is nothing, nothing is tried again.
    """
    with journal.begin(runtime.home, change) as entry:
        try:
            return finish_entry(place, entry, runtime, config, head)
        except (HandoffError, OSError):
            if not any(
                brief_files.read_content(place.root, path) == raw
                for path, raw in change.put.items()
            ):
                entry.end()
            raise


def finish_entry(
    place: Place,
    entry: journal.Entry,
    runtime: Runtime,
    config: Config,
    head: Head | None = None,
) -> Committed:
    """Carry out an entered change, from wherever it is, and end its entry.

    Files that it adds come first, then the commit; then those go that it takes away. A finished
    brief that git tracks stays where the commit is kept beside the branch, or an operation is in
    progress: a rebase would stop at a missing file. It counts as finished all the same, and goes
    when the branch gets the commit.
    """
    change = entry.change
    held = brief_files.put_files(place.root, change.put, change.take)
    committed = _commit(place, held, change, config, head)
    going = {path: raw for path, raw in change.take.items() if path in held}
    if not committed.on_branch and (committed.ref or _is_busy(place)):
        names = {os.path.basename(path) for path in change.put}
        moved = [path for path in going if os.path.basename(path) in names]
        tracked = _tracked(place, moved)
        going = {path: raw for path, raw in going.items() if path not in tracked}
    _note_ended(place, change, going, runtime)  # first: after a kill, the next start does the rest
    brief_files.remove_unchanged(place.root, going)
    entry.end()
    return committed


def _note_ended(
    place: Place, change: journal.Change, going: Collection[str], runtime: Runtime
) -> None:
    """Enter into the ledger which open briefs are finished or dropped by a change."""
    for path in change.take:
        folder, brief_id = kept_refs.split_path(path)
        done = brief_files.relative_path(brief_files.DONE, brief_id)
        if folder != brief_files.OPEN:
            continue
        if done in change.put and brief_files.read_content(place.root, done) == change.put[done]:
            how = "finished"
        elif path in going and done not in change.put:
            how = "dropped"
        else:
            continue
        ended = ledger.EndedBrief(brief_id, place.key, place.root, runtime.now, how)
        ledger.record_ended(runtime.home, ended)


def _is_busy(place: Place) -> bool:
    return place.checkout is not None and find_operation(place.checkout) is not None


def _tracked(place: Place, paths: Collection[str]) -> frozenset[str]:
    """Those of the paths that git has in the index; all where it cannot say."""
    if place.checkout is None or not paths:
        return frozenset()
    try:
        return index.read(place.checkout, paths).tracked
    except HandoffError:
        return frozenset(paths)


def _commit(
    place: Place,
    changes: Mapping[str, bytes | None],
    change: journal.Change,
    config: Config,
    head: Head | None,
) -> Committed:
    """Commit files that are in place already; a commit that cannot be made is no error."""
    if place.checkout is None:
        return Committed(reason=place.problem)
    if config.commit == "off":
        return Committed(reason="commit is off in the configuration")
    if not changes:
        return Committed(reason=commit.OVERTAKEN)
    mode: commit.Mode = "ref" if config.commit == "ref" else "branch"
    try:
        staged = index.read(place.checkout, {*changes, *folders.paths_beside(changes)})
        changes = _not_ignored(place.checkout, changes, staged)
        if not changes:
            return Committed(reason=f"{brief_files.FOLDER} is ignored by git")
        head = head or read_head(place.checkout)
        paths = {*changes, *folders.paths_beside(changes)}
        base = objects.read_folders(place.checkout, head.sha, paths)
        known = commit.Known(head, staged, base)
        if mode == "ref" or head.branch is None or _is_busy(place):
            return _commit_now(place.checkout, changes, {}, change, mode, known)
        tracked = staged.tracked
        with folders.put_missing(place.checkout, changes, base, tracked) as beside:
            committed = _commit_now(place.checkout, changes, beside.files, change, mode, known)
            beside.is_kept = committed.on_branch
        return committed
    except HandoffError as error:
        return Committed(reason=error.what)  # the brief stands; only its commit does not
    except OSError as error:
        return Committed(reason=f"{error.filename or place.root}: {error.strerror}")


def _commit_now(
    checkout: git.Checkout,
    changes: Mapping[str, bytes | None],
    beside: Mapping[str, bytes],
    change: journal.Change,
    mode: commit.Mode,
    known: commit.Known,
) -> Committed:
    """Commit what still stands of the changes; the files `beside` them go with any of them."""

    def stands(path: str) -> bool:
        paths = changes if path in beside else (path,)
        return any(
            brief_files.is_in_place(checkout.root, one, changes[one], change.take) for one in paths
        )

    everything = {**changes, **beside}
    return commit.commit_files(
        checkout, everything, change.message, mode, change.id, still=stands, known=known
    )


def _not_ignored(
    checkout: git.Checkout, changes: Mapping[str, bytes | None], staged: index.Reading
) -> dict[str, bytes | None]:
    """The changes without the files that git ignores; where it ignores all that are added, those
    that it tracks still go.
    """
    taken = staged.tracked | staged.untracked
    added = {
        path: raw
        for path, raw in changes.items()
        if raw and (path in taken or not git.is_ignored(checkout, path))
    }
    gone = {path for path, raw in changes.items() if raw is None}
    return {**added, **dict.fromkeys(gone if added else gone & staged.tracked)}
