"""Files and changes that a session can hide from `git status` in a worktree."""

from __future__ import annotations

import os

from handoff.git import run as git

_SECONDS = 600.0  # for what reads all files of a worktree
_CACHES = frozenset((
    b"node_modules", b".venv", b"venv", b"__pycache__", b".pytest_cache", b".mypy_cache",
    b".ruff_cache", b".tox", b".nox", b".DS_Store", b".idea", b".vscode",
))  # fmt: skip


def list_excluded(checkout: git.Checkout) -> list[bytes]:
    """The untracked files that `.git/info/exclude` or the repository's own configuration hides,
    installed packages and caches aside. A session can write both, and no commit says so; what a
    `.gitignore` hides is not here.
    """
    asked = ("ls-files", "--others", "-z", "--exclude-per-directory=.gitignore")
    users = git.run(checkout, "config", "--global", "--path", "--get", "core.excludesFile")
    folder = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")
    default = os.path.join(folder, "git", "ignore")  # gitignore(5)
    name = git.decode_path(users.out).strip() if users.code == 0 else default
    more = [f"--exclude-from={name}"] if name and os.path.isfile(name) else []
    out = git.check_result(
        git.run(checkout, *asked, *more, seconds=_SECONDS), f"list the files of {checkout.root}"
    )
    paths = [path for path in out.split(b"\0") if path and not path.endswith(b"/")]
    return [path for path in paths if _CACHES.isdisjoint(path.split(b"/"))]


def forget_times(checkout: git.Checkout) -> None:
    """Have git look into every tracked file again: an index can be written so that a changed file
    counts as unchanged. What is staged stays. Not where filters are configured, whose files could
    not be told from changed ones then, nor in a sparse worktree or an index with conflicts.
    """
    git.refresh_config(checkout)
    if checkout.programs.filters or checkout.config.is_true("core.sparsecheckout"):
        return
    tree = git.run(checkout, "write-tree", env=git.NO_REPLACING, seconds=_SECONDS)
    if tree.code == 0:
        name = git.decode_path(tree.out).strip()
        read_ = git.run(checkout, "read-tree", name, env=git.NO_REPLACING, seconds=None)
        git.check_result(read_, f"read the index of {checkout.root}")
