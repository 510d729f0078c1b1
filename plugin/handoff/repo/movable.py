"""Whether HEAD's branch is ours to move now, and if not, why."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from handoff.repo import git, index, running_commit

if TYPE_CHECKING:
    from collections.abc import Collection

_A = {"am": "an"}


class NotOnBranch(Exception):  # noqa: N818 - not an error: the commit is kept elsewhere
    """Why a commit cannot be on the branch."""


def movable(checkout: git.Checkout, added: Collection[str]) -> git.Head:
    """HEAD, if its branch is ours to move for a commit that adds these paths; else NotOnBranch."""
    operation = git.operation(checkout)
    if operation:
        raise NotOnBranch(f"{_A.get(operation, 'a')} {operation} is in progress")
    running = running_commit.find(checkout)
    if running:
        raise NotOnBranch(running)
    head = git.head(checkout)
    if head.branch is None:
        raise NotOnBranch("HEAD is detached: there is no branch to commit to")
    if not index.is_kept_on_disk(checkout, added):
        raise NotOnBranch("the sparse checkout leaves the files out: git would delete them")
    return head


def held(checkout: git.Checkout) -> str:
    """Why git does not move the branch although it is where it was: by whose lock."""
    branch = git.head(checkout).branch or "HEAD"
    for lock in (f"{checkout.git_dir}/HEAD.lock", f"{checkout.common_dir}/{branch}.lock"):
        if os.path.lexists(lock):
            return f"another git process holds {lock}"
    return f"git did not move {branch}, although nothing seems to hold it"
