"""Where a brief is by now, in whichever worktree of its repository: open, or finished."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from handoff.brief import outcome as brief_outcome
from handoff.git import run as git
from handoff.git import worktrees
from handoff.store import brief_files, finished_briefs, ledger, originals
from handoff.store import places as store_places

if TYPE_CHECKING:
    from handoff.git.run import Checkout
    from handoff.runtime import Runtime
    from handoff.store.places import Place

_MAX_CHAIN = 100  # briefs in a row


def list_places(place: Place) -> list[Place]:
    """A worktree and the others of its repository, as far as they are there.

    Raises HandoffError when git cannot list them: a brief that is not here would count as gone.
    """
    if place.checkout is None:
        return [place]
    others = [path for path in worktrees.list_paths(place.checkout) if path != place.root]
    located = [store_places.locate(path) for path in others if os.path.isdir(path)]
    return [place, *(other for other in located if other.key == place.key)]


def find(
    around: list[Place], brief_id: str, runtime: Runtime
) -> tuple[Place, brief_files.StoredBrief] | None:
    """A brief and the worktree that says most of it: one where it is finished, else where it is
    open; None where none has it. A file in `done` that is not this brief does not count. It is as
    this machine wrote it, if its file differs from that in form alone.
    """
    opened = _in_folder(around, brief_files.OPEN, brief_id, runtime)
    for place, stored in _in_folder(around, brief_files.DONE, brief_id, runtime):
        if _is_end(place, stored, [item.raw for _, item in opened], runtime):
            return place, stored
    return opened[0] if opened else None


def _in_folder(
    around: list[Place], folder: str, brief_id: str, runtime: Runtime
) -> list[tuple[Place, brief_files.StoredBrief]]:
    matches = []
    for place in around:
        if os.path.lexists(os.path.join(place.root, brief_files.relative_path(folder, brief_id))):
            (stored,) = brief_files.read_all(place.root, folder, [f"{brief_id}.md"])
            own = ledger.own_entries(runtime.home, place.key)
            stored = originals.as_written(stored, runtime.home, own)
            matches += [(place, stored)] if stored.brief is not None else []
    return matches


def _is_end(
    place: Place, done: brief_files.StoredBrief, opened: list[bytes], runtime: Runtime
) -> bool:
    """Whether a file in `done` finishes the brief: that of the open files, or of the ledger. What
    only others wrote, and nobody has open, is taken as it is.
    """
    if any(finished_briefs.finishes(done.raw, raw) for raw in opened):
        return True
    own = ledger.own_entries(runtime.home, place.key)
    if finished_briefs.is_known(done.raw, own):
        return True
    is_ours = any(done.brief and entry.id == done.brief.id for entry in own.values())
    return not opened and not is_ours


def newest_child(around: list[Place], brief_id: str, runtime: Runtime) -> str:
    """The id of the newest brief of ours that came from a brief, "" if none did."""
    children = [""]
    for place in around:
        own = ledger.own_entries(runtime.home, place.key)
        for folder in (brief_files.OPEN, brief_files.DONE):
            children += [
                stored.brief.id
                for item in brief_files.read_all(place.root, folder)
                if (stored := originals.as_written(item, runtime.home, own)).brief
                and stored.brief.parent == brief_id
                and ledger.digest_bytes(stored.raw) in own
            ]
    return max(children)


def find_last(
    around: list[Place], brief_id: str, runtime: Runtime
) -> tuple[Place, brief_files.StoredBrief] | None:
    """The brief that carries a brief on by now: the end of the row of those "continued by" the
    next, or it itself. None where that is nowhere. Only this machine's own words lead on.
    """
    newest = find(around, brief_id, runtime)
    for _ in range(_MAX_CHAIN):
        if newest is None or newest[1].folder != brief_files.DONE or newest[1].brief is None:
            return newest
        if ledger.digest_bytes(newest[1].raw) not in ledger.own_entries(
            runtime.home, newest[0].key
        ):
            return newest
        following = brief_outcome.continued_by(newest[1].brief)
        onward = find(around, following, runtime) if following else None
        if onward is None:
            return newest
        newest = onward
    return newest


def find_finished(checkout: Checkout, brief_id: str, opened: bytes) -> str:
    """The brief's own worktree, else its branch, if the brief with the bytes `opened` is finished
    there; "" otherwise.
    """
    done = brief_files.relative_path(brief_files.DONE, brief_id)
    path = worktrees.path_of(checkout, brief_id)
    if path != checkout.root and finished_briefs.finishes(
        brief_files.read_content(path, done), opened
    ):
        return path
    branch = worktrees.branch_of(brief_id)
    answer = git.run(checkout, "cat-file", "blob", f"refs/heads/{branch}:{done}")
    is_there = answer.code == 0 and finished_briefs.finishes(answer.out, opened)
    return f"the branch {branch}" if is_there else ""
