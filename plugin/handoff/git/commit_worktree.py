"""A commit of all that is uncommitted in a worktree of handoff's own, as `git add --all` has it.

For what code put back there: modes and links are kept, filters run, and hooks do not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from handoff.base.errors import HandoffError
from handoff.git import run as git
from handoff.git.author import CannotSignError, author, sign
from handoff.git.branch_guard import NotOnBranch, check_movable
from handoff.git.commit import SIGN_SECONDS

if TYPE_CHECKING:
    from handoff.git.run import Checkout


def commit_worktree(checkout: Checkout, branch: str, message: str) -> str:
    """Commit everything on `branch` (a full name), which HEAD must be on; HEAD then. Where nothing
    is uncommitted, no commit is made.

    Raises HandoffError when git refuses, NotOnBranch when the branch cannot be moved.
    """
    head = check_movable(checkout, [])
    if head.branch != branch or head.sha is None:
        raise NotOnBranch("HEAD is not on the branch")
    what = f"commit in {checkout.root}"
    # With a lock of the index: it is waited for.
    answer = git.run(checkout, "add", "--all", seconds=None, filters=True)
    git.check_result(answer, what)
    tree = git.check_result(git.run(checkout, "write-tree"), what).decode().strip()
    now = git.run(checkout, "rev-parse", "HEAD^{tree}")
    if git.check_result(now, what).decode().strip() == tree:
        return head.sha
    command = ["commit-tree", tree, "-F", "-", "-p", head.sha]
    text = message.rstrip("\n").encode() + b"\n"
    by = author(checkout)
    if by.signs:
        try:
            sha = sign(checkout, by, command, text, seconds=SIGN_SECONDS)
        except CannotSignError as reason:
            raise NotOnBranch(str(reason)) from None
    else:
        made = git.run(checkout, *command, stdin=text, env=by.environment)
        sha = git.check_result(made, what).decode().strip()
    log = f"handoff: {message.partition(chr(10))[0].removeprefix('handoff: ')}"
    moved = git.run(
        checkout, "update-ref", "-m", log, "HEAD", sha, head.sha, env=by.environment, seconds=None
    )
    if moved.code:
        raise HandoffError(
            f"git did not move {branch} in {checkout.root}: {git.error_words(moved)}",
            "Try again once no other git process works there.",
        )
    return sha
