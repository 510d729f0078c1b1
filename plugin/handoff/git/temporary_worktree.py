"""A worktree for a moment: a commit checked out beside the others, and removed again."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from handoff.git import run as git

if TYPE_CHECKING:
    from collections.abc import Iterator

    from handoff.git.run import Checkout

_SECONDS = 300.0


@contextlib.contextmanager
def make(checkout: Checkout, path: str, commit: str) -> Iterator[str]:
    """The worktree at `path`, which must not be there yet, detached at `commit`; its path.

    No filter runs: a session may have configured one. Raises HandoffError when git refuses.
    """
    added = git.run(
        checkout, "worktree", "add", "--quiet", "--detach", path, commit,
        seconds=_SECONDS,
    )  # fmt: skip
    git.check_result(added, f"check out {commit[:10]}")
    try:
        yield path
    finally:
        git.run(checkout, "worktree", "remove", "--force", path, seconds=_SECONDS)
