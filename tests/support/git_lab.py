"""Real git repositories for tests: isolated from the machine's git, every hook a trap."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from handoff.git import run as git
from handoff.git.commit import commit_files

if TYPE_CHECKING:
    import pytest

    from handoff.git.commit_result import Committed

ID = "20261122-073812-fix-auth-race-9f3a"
BRIEF = f".handoff/open/{ID}.md"
TEXT = "# Fix the token refresh race\n\nUmlauts: äöü\n".encode()
IDENTITY = {"user.name": "Ada", "user.email": "ada@example.org"}

_HOOKS = (
    "applypatch-msg",
    "commit-msg",
    "fsmonitor-watchman",
    "post-applypatch",
    "post-checkout",
    "post-commit",
    "post-index-change",
    "post-merge",
    "post-rewrite",
    "pre-applypatch",
    "pre-auto-gc",
    "pre-commit",
    "pre-merge-commit",
    "pre-push",
    "pre-rebase",
    "prepare-commit-msg",
    "push-to-checkout",
    "reference-transaction",
    "update",
)


class Lab:
    """A home of its own for git below `base`, put into the process's environment.

    `traces` fills with the names of hooks that ran while the hooks are armed; each of them fails.
    """

    def __init__(self, base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.base = base
        self._monkeypatch = monkeypatch
        self.traces = base / "traces"
        self._armed = base / "armed"
        for name in [name for name in os.environ if name.startswith(("GIT_", "SSH_", "GPG_"))]:
            monkeypatch.delenv(name)
        hooks = base / "hooks"
        hooks.mkdir()
        for name in _HOOKS:
            hook = hooks / name
            hook.write_text(
                f"#!/bin/sh\n[ -e {self._armed} ] || exit 0\necho {name} >>{self.traces}\nexit 1\n"
            )
            hook.chmod(0o755)
        config = base / ".gitconfig"  # also for a git that does not know GIT_CONFIG_GLOBAL (2.32)
        config.write_text(
            f"[core]\n\thooksPath = {hooks}\n[init]\n\tdefaultBranch = main\n"
            '[protocol "file"]\n\tallow = always\n[advice]\n\tdetachedHead = false\n'
        )
        for name, value in {
            "HOME": str(base),
            "XDG_CONFIG_HOME": str(base / "xdg"),
            "GIT_CONFIG_GLOBAL": str(config),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CEILING_DIRECTORIES": str(base.parent),
        }.items():
            monkeypatch.setenv(name, value)
        monkeypatch.delenv("EMAIL", raising=False)

    def wrap_git(self, script: str) -> None:
        """Run a shell script before each git that handoff starts, and none that a test starts.

        In it `$verb` is git's subcommand, and `git` the real one.
        """
        program = shutil.which("git")
        path = self.base / "wrapped" / "git"
        path.parent.mkdir()
        path.write_text(
            f"#!/bin/sh\nPATH={shlex.quote(os.environ['PATH'])}\nverb=\n"
            'case "$*" in *core.hooksPath=/dev/null*)\n'
            '  for word; do case "$before:$word" in -c:* | -C:* | *:-*) ;;\n'
            "    *) verb=$word; break ;; esac; before=$word; done\n"
            f'{script}\nesac\nexec {program} "$@"\n'
        )
        path.chmod(0o755)
        self._monkeypatch.setenv("PATH", f"{path.parent}{os.pathsep}{os.environ['PATH']}")

    def arm(self) -> None:
        """From now on a hook that runs fails and leaves its name in `traces`."""
        self._armed.touch()

    def disarm(self) -> list[str]:
        """The hooks that ran since `arm`."""
        self._armed.unlink()
        return self.traces.read_text().split() if self.traces.exists() else []

    def git_version(self) -> tuple[int, int]:
        """The version of the git on the PATH."""
        done = subprocess.run(["git", "--version"], capture_output=True, text=True, check=True)
        major, minor = done.stdout.split()[2].split(".")[:2]
        return int(major), int(minor)

    def repo(self, name: str = "repo", *options: str, commit: bool = True) -> Repo:
        """A new repository with an identity and one commit: `a.txt`, `src/b.py`, `doc/c.md`."""
        repo = Repo(self.base / name)
        repo.root.mkdir(parents=True)
        repo.git("init", "-q", *options)
        for key, value in IDENTITY.items():
            repo.git("config", key, value)
        if commit:
            repo.write("a.txt", "one\ntwo\nthree\n")
            repo.write("src/b.py", "print('b')\n")
            repo.write("doc/c.md", "# c\n")
            repo.git("add", ".")
            repo.git("commit", "-qm", "first")
        return repo


@dataclass(frozen=True)
class Repo:
    """A work tree, by its root."""

    root: Path

    def git(self, *arguments: str, ok: bool = True, stdin: bytes | None = None) -> str:
        """Standard output of git here; the user's own git, so hooks and locks are as configured."""
        done = subprocess.run(
            ["git", *arguments], cwd=self.root, input=stdin, capture_output=True, check=False
        )
        if ok and done.returncode:
            raise AssertionError(f"git {arguments}: {done.stderr.decode()}")
        return done.stdout.decode("utf-8", "surrogateescape")

    def write(self, path: str, text: str) -> Path:
        """Write a file below the root, with its folders."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode())
        return file

    def sha(self, name: str = "HEAD") -> str:
        """The id of a revision."""
        return self.git("rev-parse", name).strip()

    def git_path(self, name: str) -> Path:
        """Where git keeps one of its files for this work tree."""
        return self.root / self.git("rev-parse", "--git-path", name).strip()

    def status(self) -> str:
        """What the user sees, without refreshing the index on disk."""
        return self.git("--no-optional-locks", "status", "--porcelain", "-z")


@dataclass(frozen=True)
class Picture:
    """All that belongs to the user: read without changing anything."""

    status: str
    staged: tuple[str, ...]  # entries without those below `.handoff`
    flags: tuple[str, ...]
    files: dict[str, str]
    refs: tuple[str, ...]
    head: str
    stash: str
    config: bytes
    index: bytes

    @classmethod
    def of(cls, repo: Repo) -> Picture:
        """The repository as it is now."""
        index = repo.git_path("index")
        return cls(
            status=repo.status(),
            staged=_not_ours(repo.git("ls-files", "--stage", "-z")),
            flags=_not_ours(repo.git("ls-files", "-v", "-f", "-z")),
            files=_files(repo.root),
            refs=tuple(repo.git("for-each-ref").splitlines()),
            head=repo.git("rev-parse", "--symbolic-full-name", "HEAD", ok=False),
            stash=repo.git("stash", "list"),
            config=repo.git_path("config").read_bytes(),
            index=index.read_bytes() if index.exists() else b"",
        )


def _not_ours(listed: str) -> tuple[str, ...]:
    return tuple(line for line in listed.split("\0") if ".handoff/" not in line)


def _files(root: Path) -> dict[str, str]:
    """Every file of the work tree, but git's: content or link target, mode and time of change."""
    entries = {}
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name != ".git"]
        for name in names:
            path = Path(folder, name)
            stat = path.lstat()
            content = str(path.readlink()) if path.is_symlink() else path.read_bytes().hex()
            entries[str(path.relative_to(root))] = f"{stat.st_mode:o} {stat.st_mtime_ns} {content}"
    return entries


def checkout(repo: Repo) -> git.Checkout:
    """The work tree as the code under test finds it."""
    repo_checkout = git.find_checkout(str(repo.root))
    assert repo_checkout
    return repo_checkout


def hand_off(repo: Repo, mode: Literal["branch", "ref"] = "branch") -> Committed:
    """Write the brief into the work tree and commit it."""
    repo.write(BRIEF, TEXT.decode())
    changes = {BRIEF: TEXT}
    return commit_files(checkout(repo), changes, "Hand off: Fix the race\n\nBody.", mode, ID)
