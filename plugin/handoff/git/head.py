"""Where HEAD of a worktree is: its branch and its commit."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from handoff.git import run as git


@dataclass(frozen=True)
class Head:
    """Where HEAD is: `branch` is a full ref name, None when detached; `sha` is None when unborn.

    `stamp` marks the file that says on which branch HEAD is, "" where no file does.
    """

    branch: str | None
    sha: str | None
    stamp: str = field(default="", compare=False)


def read_head(checkout: git.Checkout) -> Head:
    """Where HEAD is now: branch and commit."""
    stamp = head_stamp(checkout)
    answer = git.run(checkout, "rev-parse", "HEAD^{commit}", "--symbolic-full-name", "HEAD")
    if answer.code == 0:
        sha, name = git.decode_path(answer.out).split()
        return Head(None if name == "HEAD" else name, sha, stamp)
    unborn = git.run(checkout, "symbolic-ref", "HEAD")
    branch = git.decode_path(git.check_result(unborn, f"read HEAD of {checkout.root}")).strip()
    if git.run(checkout, "rev-parse", "--quiet", "--verify", branch).code == 0:
        # The branch is there, its commit is not.
        git.check_result(answer, f"read HEAD of {checkout.root}")
    return Head(branch, None, stamp)


def head_stamp(checkout: git.Checkout) -> str:
    """What is another as soon as HEAD goes to another branch; "" where that is not to be told (in a
    reftable HEAD has no file).
    """
    if checkout.config.text("extensions.refstorage") not in ("", "files"):
        return ""
    try:
        stat = os.lstat(os.path.join(checkout.git_dir, "HEAD"))
    except OSError:
        return ""
    return f"{stat.st_ino} {stat.st_size} {stat.st_mtime_ns}"


def branch_now(checkout: git.Checkout, known: Head) -> str | None:
    """The branch that HEAD is on now, as `Head.branch` names it; git is only asked if that may be
    another one than when `known` was read.
    """
    return known.branch if is_on_branch(checkout, known) else read_head(checkout).branch


def is_on_branch(checkout: git.Checkout, known: Head) -> bool:
    """Whether HEAD is on the branch that it was on when `known` was read, or detached as then; no
    where that is not to be told without git.
    """
    return bool(known.stamp) and known.stamp == head_stamp(checkout)


def read_branches(checkout: git.Checkout) -> frozenset[str]:
    """The full names of all branches of the repository."""
    answer = git.run(checkout, "for-each-ref", "--format=%(refname)", "refs/heads/")
    return frozenset(
        git.decode_path(
            git.check_result(answer, f"list the branches of {checkout.root}")
        ).splitlines()
    )
