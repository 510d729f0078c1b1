"""`handoff spec drop`: a spec's folder, the journal of its build and the user's consent go away."""

from __future__ import annotations

import os
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from handoff.base import file_io
from handoff.base.errors import HandoffError
from handoff.build import spec_states
from handoff.git import objects, worktrees
from handoff.git import run as git
from handoff.specs import acceptance, planning, publish, spec_folder, verify_files
from handoff.store import brief_files, trash

if TYPE_CHECKING:
    from handoff.git.commit_result import Committed
    from handoff.git.run import Checkout

_MAX_BYTES = 8 * 1024 * 1024
_MAX_DEPTH = 4


@dataclass(frozen=True)
class DroppedSpec:
    """A spec that is gone: `commit` takes it off the branch, None where git did not have it;
    `copies` are files in the state directory. `worktree` and `branch` are left, "" without one.
    """

    id: str
    commit: Committed | None
    copies: tuple[str, ...]
    worktree: str
    branch: str

    def lines(self, root: str) -> list[str]:
        """The same for people; `root` is the worktree that it was in."""
        where = f", {self.commit.describe()}" if self.commit else ""
        lines = [f"Dropped {self.id}{where}."]
        lines += [f"  A copy: {path}" for path in self.copies]
        if self.commit and self.commit.undo:
            lines.append(f"  To undo: git -C {shlex.quote(root)} revert {self.commit.sha[:9]}")
        if self.worktree:
            lines.append(f"  Its worktree is left: {self.worktree}")
        if self.branch:
            lines.append(f"  Its branch is left: {self.branch}")
        return lines


def drop(root: str, spec_id: str, checkout: Checkout, home: str) -> DroppedSpec:
    """Remove a spec. What git does not have as it is, is copied to the trash first.

    Killed at any point, the same call does the rest. Raises HandoffError as `publish.put`, and for
    a folder that holds what is no regular file.
    """
    folder = spec_folder.relative_path(spec_id)
    there = {path: _read(root, path) for path in _list_files(root, folder)}
    blobs = verify_files.read_head_blobs(checkout, [folder])
    known = objects.read_blobs(checkout, blobs.values(), _MAX_BYTES)
    own = {
        "journal": spec_states.journal_path(home, spec_id),
        "accepted": acceptance.path_of(home, spec_id),
        "plan": planning.path_of(home, spec_id),
    }
    copies = [
        trash.keep_copy(home, f"{spec_id}-{path.rpartition('/')[2]}", raw)
        for path, raw in there.items()
        if known.get(blobs.get(path, "")) != raw
    ]
    committed = None
    if blobs:
        committed = publish.put(checkout, spec_id, "drop spec", dict.fromkeys(blobs))
    for name, path in own.items():
        if os.path.lexists(path):
            raw = brief_files.read_regular(path, path, _MAX_BYTES)
            copies.append(trash.keep_copy(home, f"{spec_id}-{name}.json", raw))
            os.unlink(path)
    for path in there:
        os.unlink(os.path.join(root, path))
    _remove_empty(os.path.join(root, folder))
    tree = worktrees.path_of(checkout, spec_id)
    branch = worktrees.branch_of(spec_id)
    has = git.run(checkout, "show-ref", "--verify", "--quiet", f"refs/heads/{branch}").code == 0
    return DroppedSpec(
        spec_id,
        committed,
        tuple(copies),
        tree if os.path.isdir(tree) else "",
        branch if has else "",
    )


def _read(root: str, path: str) -> bytes:
    raw = brief_files.read_regular(os.path.join(root, path), path, _MAX_BYTES)
    if len(raw) > _MAX_BYTES:
        raise HandoffError(f"{path} is over {_MAX_BYTES // 1024 // 1024} MiB. Nothing was dropped.")
    return raw


def _list_files(root: str, folder: str, depth: int = 0) -> list[str]:
    """What is in a spec's folder, by paths from the root; no link is followed."""
    full = os.path.join(root, folder)
    if os.path.islink(full):
        raise HandoffError(f"{folder} is a symbolic link.", "Remove it yourself.")
    found = []
    for entry in sorted(os.scandir(full), key=lambda one: one.name):
        path = f"{folder}/{entry.name}"
        if entry.is_dir(follow_symlinks=False) and depth < _MAX_DEPTH:
            found += _list_files(root, path, depth + 1)
        else:
            found.append(path)
    return found


def _remove_empty(folder: str) -> None:
    for path, _, _ in os.walk(folder, topdown=False):
        try:
            os.rmdir(path)
        except OSError:
            return  # something is new in it
    file_io.sync_folder(os.path.dirname(folder))
