"""A build's worktree that a session removed, or took its `.git` file away: made again.

Where git still has the worktree's own folder, HEAD and what was staged are still there.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from handoff.base import file_io
from handoff.base.errors import HandoffError
from handoff.git import discovery, leftovers, set_aside
from handoff.git import run as git

if TYPE_CHECKING:
    from handoff.git.run import Checkout

_MOST_REFLOG = 200


def is_whole(checkout: Checkout) -> bool:
    """Whether the worktree is there, and its `.git` file leads to git's folder for it."""
    path = os.path.join(checkout.root, ".git")
    try:
        text = Path(path).read_bytes()
    except OSError:
        return False
    target = os.fsdecode(text.removeprefix(b"gitdir: ").rstrip(b"\r\n"))
    leads_there = os.path.realpath(os.path.join(checkout.root, target)) == checkout.git_dir
    return leads_there and discovery.is_git_directory(checkout.git_dir)


def restore(
    checkout: Checkout, branch: str, commit: str, folder: str
) -> tuple[Checkout, list[str]]:
    """The worktree, made again if need be, and what there is to say of that.

    `branch` is a full name; without it, it begins at `commit`. What stands in the way is moved to
    `folder`. Raises HandoffError when it cannot be made.
    """
    if checkout.worktree == git.MAIN_WORKTREE:
        raise HandoffError(
            f"{checkout.root} is the repository's own worktree, where no build works.",
            "Start the build again: it makes a worktree of its own.",
        )
    if is_whole(checkout):
        return checkout, []
    if not discovery.is_git_directory(checkout.common_dir):
        raise HandoffError(
            f"The repository {checkout.common_dir} is gone, and {checkout.root} with it.",
            "Restore the repository, then start the build again.",
        )
    notes = []
    was_removed = not os.path.isdir(checkout.root)
    if discovery.is_git_directory(checkout.git_dir):
        notes += _restore_link(checkout, folder)
        if was_removed:
            command = ("checkout-index", "--all", "--quiet", "--index")
            git.run(checkout, *command, seconds=None, filters=True)
        found = checkout
    else:
        notes += _add(checkout, branch, commit, folder)
        found = _find(checkout, branch)
    what = "was removed" if was_removed else "had lost its link to the repository"
    return found, [f"The worktree {checkout.root} {what}; it was restored.", *notes]


def read_reflog(checkout: Checkout) -> list[str]:
    """The commits that HEAD of the worktree was at lately, newest first; none where refs are in a
    reftable.
    """
    try:
        text = Path(checkout.git_dir, "logs", "HEAD").read_text("utf-8", "replace")
    except OSError:
        return []
    shas = [line.split(" ")[1] for line in text.splitlines()[-_MOST_REFLOG:] if " " in line]
    return [sha for sha in dict.fromkeys(reversed(shas)) if sha.strip("0")]


def _restore_link(checkout: Checkout, folder: str) -> list[str]:
    """Write the `.git` file anew."""
    path = os.path.join(checkout.root, ".git")
    notes = []
    if os.path.lexists(path):
        moved = set_aside.move_away(path, folder)
        notes.append(f"Another .git was there: it was moved to {moved}.")
    os.makedirs(checkout.root, exist_ok=True)
    file_io.write_atomic(path, os.fsencode(f"gitdir: {checkout.git_dir}\n"), 0o644)
    return notes


def _add(checkout: Checkout, branch: str, commit: str, folder: str) -> list[str]:
    """Have git make the worktree; what is in its place is moved."""
    notes = []
    if os.path.lexists(checkout.root) and (
        not os.path.isdir(checkout.root) or os.listdir(checkout.root)
    ):
        moved = set_aside.move_away(checkout.root, folder)
        notes.append(f"The files that were there were moved to {moved}.")
    main = git.Checkout(
        checkout.common_dir, checkout.common_dir, checkout.common_dir, git.MAIN_WORKTREE
    )
    name = branch.removeprefix("refs/heads/")
    there = git.run(main, "show-ref", "--verify", "--quiet", branch).code == 0
    new = [checkout.root, name] if there else ["-b", name, checkout.root, commit]
    command = ("worktree", "add", "--quiet", "--force", *new)
    answer = git.run(main, *command, seconds=leftovers.SECONDS, filters=True)
    if answer.code:
        raise _gone(checkout, branch, git.error_words(answer))
    return notes


def _find(checkout: Checkout, branch: str) -> Checkout:
    found = git.find_checkout(checkout.root)
    if found is None or found.common_dir != checkout.common_dir or found.root != checkout.root:
        raise _gone(checkout, branch, "git does not find it")
    return found


def _gone(checkout: Checkout, branch: str, words: str) -> HandoffError:
    name = branch.removeprefix("refs/heads/")
    return HandoffError(
        f"The worktree {checkout.root} was removed, and cannot be made again: {words}",
        f"Make it, then start the build again: git worktree add {checkout.root} {name}",
    )
