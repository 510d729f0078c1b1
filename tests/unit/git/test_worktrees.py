"""The work trees of a repository, which git is only asked for where there can be others."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from handoff.git import run as git
from handoff.git import worktrees
from support.git_lab import checkout

if TYPE_CHECKING:
    from pathlib import Path

    from support.git_lab import Lab, Repo


@pytest.fixture
def repo(lab: Lab) -> Repo:
    return lab.repo()


def listed(here: git.Checkout, monkeypatch: pytest.MonkeyPatch) -> tuple[list[str], int]:
    """The work trees, and how often git was run for that."""
    runs, run = [], git.run

    def counted(*arguments: str, **more: object) -> git.GitResult:
        runs.append(arguments)
        return run(*arguments, **more)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(git, "run", counted)
        return worktrees.list_paths(here), len(runs)


def test_alone(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is none beside it, whether there never was one or the last one was removed."""
    main, linked = str(repo.root), str(repo.root.with_name("linked"))
    assert listed(checkout(repo), monkeypatch) == ([main], 0)
    repo.git("worktree", "add", "-q", linked)
    assert listed(checkout(repo), monkeypatch) == ([main, linked], 1)
    repo.git("worktree", "remove", linked)
    assert listed(checkout(repo), monkeypatch) == ([main], 0)


def test_from_a_linked_one(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is never alone; one that is gone is listed until git forgets it."""
    linked, gone = repo.root.with_name("linked"), repo.root.with_name("gone")
    for path in (linked, gone):
        repo.git("worktree", "add", "-q", str(path))
    shutil.rmtree(gone)
    here = git.find_checkout(str(linked))
    assert here is not None

    paths, runs = listed(here, monkeypatch)

    assert (paths[0], set(paths[1:]), runs) == (str(repo.root), {str(linked), str(gone)}, 1)


def test_in_a_submodule(lab: Lab, repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its work trees are its own: those of the repository around it are none."""
    outer = lab.repo("outer")
    outer.git("submodule", "--quiet", "add", str(repo.root), "inner")
    outer.git("worktree", "add", "-q", str(outer.root.with_name("linked")))
    here = git.find_checkout(str(outer.root / "inner"))
    assert here is not None

    assert listed(here, monkeypatch) == ([str(outer.root / "inner")], 0)


def test_a_folder_that_cannot_be_read(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then git is asked, and says what it can."""
    kept = os.listdir

    def refuse(path: Path | str = ".") -> list[str]:
        if str(path).endswith("worktrees"):
            raise PermissionError
        return kept(path)

    here = checkout(repo)
    monkeypatch.setattr(os, "listdir", refuse)

    assert listed(here, monkeypatch) == ([str(repo.root)], 1)
