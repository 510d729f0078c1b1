"""Whether HEAD's branch is ours to move now, and if not, why."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from handoff.git import index, running_commit
from handoff.git import run as git
from handoff.git.head import Head, is_on_branch, read_head
from handoff.git.operation import find_operation

if TYPE_CHECKING:
    from collections.abc import Collection

_A = {"am": "an"}
_REFTABLE = "reftable/tables.list.lock"


class NotOnBranch(Exception):  # noqa: N818 - not an error: the commit is kept elsewhere
    """Why a commit cannot be on the branch."""


def check_movable(
    checkout: git.Checkout, added: Collection[str], known: Head | None = None
) -> Head:
    """HEAD, if its branch is ours to move for a commit that adds these paths; else NotOnBranch.

    It is what is `known` of it, if HEAD is where it was still. The commit need not be: who moves a
    branch by compare-and-swap is told of that, but not that it is another branch, or none.
    """
    operation = find_operation(checkout)
    if operation:
        raise NotOnBranch(f"{_A.get(operation, 'a')} {operation} is in progress")
    running = running_commit.find_running_commit(checkout)
    if running:
        raise NotOnBranch(running)
    is_current = known is not None and is_on_branch(checkout, known)
    head = known if known and is_current else read_head(checkout)
    if head.branch is None:
        raise NotOnBranch("HEAD is detached: there is no branch to commit to")
    if not index.is_kept_on_disk(checkout, added):
        raise NotOnBranch("the sparse checkout excludes the files, so git would delete them")
    return head


def hold_branch(checkout: git.Checkout) -> str:
    """Why git does not move the branch although it is where it was: by whose lock."""
    branch = read_head(checkout).branch or "HEAD"
    lock = ref_lock(checkout, "HEAD") or ref_lock(checkout, branch)
    if lock:
        return f"another git process holds {lock}"
    return f"git did not update {branch}, although no lock file exists"


def ref_lock(checkout: git.Checkout, ref: str) -> str:
    """The lock on a ref that is there now, "" if there is none; reftable has one for all refs."""
    folders = (checkout.git_dir, checkout.common_dir)
    locks = [f"{folder}/{name}" for name in (f"{ref}.lock", _REFTABLE) for folder in folders]
    return next((lock for lock in locks if os.path.lexists(lock)), "")
