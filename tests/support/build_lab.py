"""A repository with a build's worktree beside it, in git's own isolated home (`git_lab`)."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from handoff.build.workspace import Workspace
from support.git_lab import Lab, Repo, checkout

if TYPE_CHECKING:
    from pathlib import Path

BRANCH = "handoff/20261122-073812-shop-9f3a"
SESSION = "11111111-2222-4333-8444-555555555555"
REF = f"refs/handoff/wip/{SESSION}"


@dataclass
class Work:
    """The user's repository `user` and the worktree `tree` on a branch of handoff's own."""

    lab: Lab
    user: Repo
    tree: Repo
    state: Path
    began: str
    workspace: Workspace

    def kept(self) -> list[str]:
        """The paths in the tree of the commit that keeps what a session left."""
        return self.tree.git("ls-tree", "-r", "-z", "--name-only", REF).split("\0")[:-1]

    def content(self, path: str, commit: str = REF) -> bytes:
        """A file of that commit, byte for byte."""
        return os.fsencode(self.tree.git("cat-file", "blob", f"{commit}:{path}"))

    def keeps(self, commit: str) -> bool:
        """Whether the history of the ref has a commit."""
        return commit in self.tree.git("rev-list", REF).split()

    def is_back(self, at: str = "") -> bool:
        """Whether the branch is checked out at a commit (where it began), clean."""
        on = self.tree.git("rev-parse", "--symbolic-full-name", "HEAD").strip()
        at_commit = self.tree.sha() == (at or self.began)
        return on == f"refs/heads/{BRANCH}" and at_commit and self.tree.status() == ""


def make(lab: Lab, *options: str) -> Work:
    """The repository (`options` are of `git init`), with something uncommitted of the user's, and
    the worktree.
    """
    user = lab.repo("shop", *options)
    user.write(".gitignore", "build/\n*.log\n")
    user.git("add", ".")
    user.git("commit", "-qm", "second")
    path = lab.base / "shop.handoff" / BRANCH.partition("/")[2]
    user.git("worktree", "add", "-q", "-b", BRANCH, str(path))
    user.write("a.txt", "the user's own\n")
    user.write("mine.txt", "untracked\n")
    tree = Repo(path)
    state = lab.base / "state"
    workspace = Workspace(checkout(tree), BRANCH, str(state))
    return Work(lab, user, tree, state, tree.sha(), workspace)
