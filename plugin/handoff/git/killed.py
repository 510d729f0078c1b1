"""What a killed git leaves in a repository: its locks, and operations that nobody will finish.

For handoff's own worktrees only: in the user's, both are the user's to clear up.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING

from handoff.base import processes
from handoff.base.errors import HandoffError
from handoff.git import run as git
from handoff.git.operation import find_operation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from handoff.git.run import Checkout

WAIT_SECONDS = 2.0
_OLD_SECONDS = 60.0  # where the system does not list processes: no git holds a lock that long here
_POLL_SECONDS = 0.05
_HEADS = ("MERGE_HEAD", "CHERRY_PICK_HEAD", "rebase-merge/orig-head", "rebase-apply/orig-head")
_QUIT = {
    "merge": ("merge", "--quit"),
    "rebase": ("rebase", "--quit"),
    "am": ("am", "--quit"),
    "cherry-pick": ("cherry-pick", "--quit"),
    "revert": ("revert", "--quit"),
    "bisect": ("bisect", "reset", "HEAD"),
}
_FILES = {
    "rebase": ("rebase-merge", "rebase-apply"),
    "am": ("rebase-apply",),
    "merge": ("MERGE_HEAD", "MERGE_MODE", "MERGE_MSG", "MERGE_AUTOSTASH"),
    "cherry-pick": ("CHERRY_PICK_HEAD", "sequencer"),
    "revert": ("REVERT_HEAD", "sequencer"),
    "bisect": ("BISECT_LOG", "BISECT_START", "BISECT_TERMS", "BISECT_EXPECTED_REV"),
}
_SECONDS = 120.0
_MOST = 8


def remove_locks(checkout: Checkout, branch: str) -> list[str]:
    """Take away the locks that a git which is gone has left on the index, HEAD and `branch` (a full
    name); their paths. Raises HandoffError for one that may still be held, after `WAIT_SECONDS`.
    """
    names = ("index.lock", "HEAD.lock", "ORIG_HEAD.lock")
    locks = [os.path.join(checkout.git_dir, name) for name in names]
    locks.append(os.path.join(checkout.common_dir, f"{branch}.lock"))
    removed = []
    for lock in locks:
        deadline = time.monotonic() + WAIT_SECONDS
        while os.path.lexists(lock) and (holder := _holder(checkout, lock)):
            if time.monotonic() >= deadline:
                raise HandoffError(
                    f"{lock} is held by {holder}.",
                    "End that process, or remove the lock if no git runs there; then try again.",
                )
            time.sleep(_POLL_SECONDS)
        if os.path.lexists(lock):
            os.unlink(lock)
            removed.append(lock)
    return removed


def read_heads(checkout: Checkout) -> list[str]:
    """The commits that an operation in progress is about, besides HEAD."""
    heads = []
    for name in _HEADS:
        try:
            text = Path(checkout.git_dir, name).read_text("ascii", "replace")
        except OSError:
            continue
        heads += text.split()
    return heads


def end_operations(checkout: Checkout) -> list[str]:
    """End what is in progress where it is, without another commit or change of a file; its names.

    What it had set aside for later (`--autostash`) goes to the stash, as git does.
    """
    ended: list[str] = []
    while (name := find_operation(checkout)) and len(ended) < _MOST:
        answer = git.run(checkout, *_QUIT[name], seconds=_SECONDS)
        if answer.code or find_operation(checkout) == name:
            _remove_files(checkout, name)
        ended.append(name)
    return ended


def _remove_files(checkout: Checkout, operation: str) -> None:
    for name in _FILES[operation]:
        path = os.path.join(checkout.git_dir, name)
        if os.path.isdir(path) and not os.path.islink(path):
            shutil.rmtree(path)
        elif os.path.lexists(path):
            os.unlink(path)


def _holder(checkout: Checkout, lock: str) -> str:
    """What may hold a lock, in words; "" where nothing does."""
    if processes.HAS_PROC:
        pid = next(_gits(checkout.root, lock), "")
        return f"process {pid}" if pid else ""
    try:
        age = time.time() - os.lstat(lock).st_mtime
    except FileNotFoundError:
        return ""
    return "another process, as it seems" if age < _OLD_SECONDS else ""


def _gits(root: str, lock: str) -> Iterator[str]:
    """The numbers of processes that have the lock open, or are a git that works in the worktree."""
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                program = os.path.basename(os.fsdecode(file.read().partition(b"\0")[0]))
            is_git = program == "git" or program.startswith("git-")
            works_here = is_git and Path(os.readlink(f"/proc/{pid}/cwd")).is_relative_to(root)
            if works_here or lock in _open_files(pid):
                yield pid
        except OSError:
            continue  # it has ended, or is another user's


def _open_files(pid: str) -> Iterator[str]:
    folder = f"/proc/{pid}/fd"
    for name in os.listdir(folder):
        with contextlib.suppress(FileNotFoundError):  # it was closed meanwhile
            yield os.readlink(os.path.join(folder, name))
