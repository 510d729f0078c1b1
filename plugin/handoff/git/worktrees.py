"""Git worktrees for started sessions: one a brief, on a branch of its own."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from handoff.base.errors import HandoffError
from handoff.git import run as git

if TYPE_CHECKING:
    from handoff.git.run import Checkout

_SECONDS = 300.0


@dataclass(frozen=True)
class Worktree:
    """A worktree beside the repository: its path, its branch, and whether it is there already."""

    path: str
    branch: str
    exists: bool


def plan_worktree(checkout: Checkout, brief_id: str) -> Worktree:
    """Where the worktree of a brief is, or would be: `<repository>.handoff/<id>` beside it.

    Of a submodule it is beside the repository that it is part of.
    """
    path = path_of(checkout, brief_id)
    return Worktree(path, branch_of(brief_id), path in list_paths(checkout))


def add_worktree(checkout: Checkout, wanted: Worktree) -> None:
    """Have the worktree, from HEAD on a new branch, or from the branch if that is there.

    Raises HandoffError when git refuses, or something else is in its place.
    """
    if wanted.exists:
        if not os.path.isdir(wanted.path):
            raise HandoffError(
                f"The worktree {wanted.path} is gone, but git still lists it.",
                "Run `git worktree prune` and try again.",
            )
        return
    there = git.run(checkout, "show-ref", "--verify", "--quiet", f"refs/heads/{wanted.branch}")
    new = (
        [wanted.path, wanted.branch]
        if there.code == 0
        else ["-b", wanted.branch, wanted.path, "HEAD"]
    )
    # The files of a new worktree are what the user's filters make of them: Git LFS brings them.
    command = ("worktree", "add", "--quiet", *new)
    answer = git.run(checkout, *command, seconds=_SECONDS, filters=True)
    git.check_result(answer, f"create the worktree {wanted.path}")


def path_of(checkout: Checkout, brief_id: str) -> str:
    """Where the worktree of a brief is, or would be."""
    main = Path(checkout.common_dir)
    whole = [parent.parent for parent in (main, *main.parents) if parent.name == ".git"]
    main = whole[-1] if whole else main
    return str(main.parent / f"{main.name.removesuffix('.git')}.handoff" / brief_id)


def branch_of(brief_id: str) -> str:
    """The branch of a brief's worktree."""
    return f"handoff/{brief_id}"


def list_paths(checkout: Checkout) -> list[str]:
    """The worktrees of a repository, its main one first; some may be gone.

    Git is only asked where there can be a linked one. Raises HandoffError when it cannot say it.
    Its `-z` came with git 2.36, and is not needed: a path with a line break is no place for a
    session (`git.run.find_checkout`).
    """
    if _is_alone(checkout):
        return [checkout.root]
    answer = git.run(checkout, "worktree", "list", "--porcelain")
    listed = git.check_result(answer, f"list the worktrees of {checkout.root}")
    lines = os.fsdecode(listed).split("\n")
    return [line.removeprefix("worktree ") for line in lines if line.startswith("worktree ")]


def _is_alone(checkout: Checkout) -> bool:
    """Whether it is its repository's main worktree, and no linked one is entered there: each has a
    folder below `worktrees/` (gitrepository-layout(5)).
    """
    if checkout.git_dir != checkout.common_dir:
        return False
    try:
        return not os.listdir(os.path.join(checkout.common_dir, "worktrees"))
    except FileNotFoundError:
        return True
    except OSError:
        return False
