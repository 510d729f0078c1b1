"""Repositories of which git cannot say how they are."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

    from support.repo import Repo

REAL_GIT = shutil.which("git") or "git"


def damage_index(repo: Repo) -> None:
    (repo.root / ".git/index").write_bytes(b"DIRC" + b"\x00" * 40)


def name_a_missing_order_file(repo: Repo) -> None:
    (repo.root / "app.py").write_text("print('changed')\n")
    repo.git("config", "diff.orderFile", "/nowhere/order")


def lose_the_commit(repo: Repo) -> None:
    sha = repo.git("rev-parse", "HEAD").strip()
    (repo.root / ".git/objects" / sha[:2] / sha[2:]).unlink()


def lose_the_tree(repo: Repo) -> None:
    sha = repo.git("rev-parse", "HEAD^{tree}").strip()
    (repo.root / ".git/objects" / sha[:2] / sha[2:]).unlink()


def break_the_configuration(repo: Repo) -> None:
    with (repo.root / ".git/config").open("a") as file:
        file.write("[core\n")


def break_head(repo: Repo) -> None:
    (repo.root / ".git/HEAD").write_text("nonsense\n")


DAMAGES = (
    damage_index,
    name_a_missing_order_file,
    lose_the_commit,
    lose_the_tree,
    break_the_configuration,
    break_head,
)


def other_git(repo: Repo, monkeypatch: pytest.MonkeyPatch, verb: str, does: str) -> None:
    """A `git` that does this at one verb comes first; for all else it is the real one."""
    folder = repo.root.parent / "programs"
    folder.mkdir()
    (folder / "git").write_text(
        f'#!/bin/sh\ncase " $* " in *" {verb} "*) {does};; esac\nexec {REAL_GIT} "$@"\n'
    )
    (folder / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
