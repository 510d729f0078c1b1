"""How often git is run does not depend on how many briefs there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from handoff.git import config_listing
from support.client import Client
from support.repo import Repo

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.store_program import Store

    Scene = Callable[[Repo, Store, int], None]

FEW, MANY = 2, 6
MAX_RUNS = 30


def of_a_deleted_branch(repo: Repo, handoff: Store, count: int) -> None:
    """Briefs that were written on a branch which was merged and deleted."""
    repo.git("checkout", "--quiet", "-b", "side")
    for number in range(count):
        Client(repo, f"w{number}").brief(title=f"Side {number}")
    repo.git("checkout", "--quiet", "main")
    repo.git("merge", "--quiet", "side")
    repo.git("branch", "--quiet", "-D", "side")


def beside_the_branch(repo: Repo, handoff: Store, count: int) -> None:
    """Briefs that only refs keep."""
    repo.git("checkout", "--quiet", "--detach")
    for number in range(count):
        handoff.write(f"Kept {number}")
    for brief in repo.briefs():
        brief.unlink()
    repo.git("checkout", "--quiet", "main")


def in_files_and_refs(repo: Repo, handoff: Store, count: int) -> None:
    """Briefs whose files the branch does not have."""
    repo.git("checkout", "--quiet", "--detach")
    for number in range(count):
        Client(repo, f"w{number}").brief(title=f"Loose {number}")
    repo.git("checkout", "--quiet", "main")


def finished_on_the_branch(repo: Repo, handoff: Store, count: int) -> None:
    """Briefs whose refs are left over: the branch has them finished."""
    repo.git("checkout", "--quiet", "--detach")
    names = [handoff.write(f"Done {number}") for number in range(count)]
    repo.git("checkout", "--quiet", "main")
    refs = repo.git("for-each-ref", "--format=%(objectname) %(refname)", "refs/handoff/").split()
    for name in names:
        assert handoff("done", name, "--outcome", "It works.") == 0
    for sha, ref in zip(refs[::2], refs[1::2], strict=True):
        repo.git("update-ref", ref, sha)


def dropped_from_the_branch(repo: Repo, handoff: Store, count: int) -> None:
    """Briefs that the branch had, and whose refs are left over."""
    repo.git("checkout", "--quiet", "--detach")
    for number in range(count):
        handoff.write(f"Dropped {number}")
    repo.git("checkout", "--quiet", "main")
    repo.git("add", ".handoff")
    repo.git("commit", "--quiet", "--message=Take them")
    repo.git("rm", "--quiet", "-r", ".handoff")
    repo.git("commit", "--quiet", "--message=Drop them")


def from_elsewhere(repo: Repo, handoff: Store, count: int) -> None:
    """Briefs of other machines."""
    for number in range(count):
        handoff.write(f"Theirs {number}")
    (repo.state / "ledger.jsonl").unlink()


SCENES = (of_a_deleted_branch, beside_the_branch, in_files_and_refs, finished_on_the_branch,
          dropped_from_the_branch, from_elsewhere)  # fmt: skip
VERBS = ("list --all", "status", "pickup", "doctor", "wait nothing", "prune --older-than 0d",
         "prune --older-than 0d --yes")  # fmt: skip


@pytest.mark.parametrize("scene", SCENES)
def test_git_runs_as_often_for_many_briefs_as_for_few(
    scene: Scene,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    handoff: Store,
    git_runs: list[list[str]],
) -> None:
    """At a session's start, and for whoever looks at the briefs or clears them up."""
    # A configuration that was written just now is listed more than once.
    monkeypatch.setattr(config_listing, "_CLOCK_TICK_NS", 0)
    runs = []
    for count in (FEW, MANY):
        repo = new_repository(tmp_path / str(count), monkeypatch)
        scene(repo, handoff, count)
        git_runs.clear()
        Client(repo, "next").start()
        of_each = {"start": len(git_runs)}
        for verb in VERBS:
            git_runs.clear()
            handoff(*verb.split())
            of_each[verb] = len(git_runs)
        runs.append(of_each)

    assert runs[0] == runs[1]
    assert max(runs[0].values()) < MAX_RUNS


def new_repository(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Repo:
    """A repository with a state directory of its own, which is the working directory too."""
    repo = Repo(folder.resolve() / "project", folder / "state")
    repo.root.mkdir(parents=True)
    repo.git("init", "--quiet", "--initial-branch=main")
    repo.git("commit", "--quiet", "--allow-empty", "--message=Start")
    monkeypatch.setenv("HANDOFF_HOME", str(repo.state))
    monkeypatch.chdir(repo.root)
    return repo
