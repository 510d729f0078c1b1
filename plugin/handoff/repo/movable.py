"""Whether HEAD's branch is ours to move now, and if not, why."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from handoff.repo import git, index

if TYPE_CHECKING:
    from collections.abc import Collection

_MESSAGE_SECONDS = 3600.0
_A = {"am": "an"}


class NotOnBranch(Exception):  # noqa: N818 - not an error: the commit is kept elsewhere
    """Why a commit cannot be on the branch."""


def movable(checkout: git.Checkout, added: Collection[str]) -> git.Head:
    """HEAD, if its branch is ours to move for a commit that adds these paths; else NotOnBranch."""
    operation = git.operation(checkout)
    if operation:
        raise NotOnBranch(f"{_A.get(operation, 'a')} {operation} is in progress")
    head = git.head(checkout)
    message = Path(checkout.git_dir, "COMMIT_EDITMSG")
    if _is_being_written(message, head):
        raise NotOnBranch(f"a commit is being written; if none is, remove {message}")
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


def _is_being_written(message: Path, head: git.Head) -> bool:
    """Whether a commit's message was begun in the last hour, and HEAD has not moved since.

    git holds no lock meanwhile. A message that was given up looks the same.
    """
    try:
        begun = message.stat().st_mtime
        moved = (message.parent / "logs" / "HEAD").stat().st_mtime if head.sha else 0.0
    except OSError:
        return False
    return begun > moved and time.time() - begun < _MESSAGE_SECONDS
