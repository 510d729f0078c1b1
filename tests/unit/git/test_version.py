"""git 2.30, the oldest that handoff works with, and what is said of an older one."""

from __future__ import annotations

import json
import os
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from handoff.base.errors import HandoffError
from handoff.doctor import checks
from handoff.git import run as git
from handoff.git import version as git_version
from handoff.git import worktrees
from handoff.launch import outcome
from handoff.loops import wait
from handoff.runtime import Runtime
from handoff.store import across_worktrees, places
from support import old_git
from support.agents import install
from support.client import Client

if TYPE_CHECKING:
    from pathlib import Path

    from handoff.doctor.model import Check
    from support.repo import Repo
    from support.store_program import Store

REAL_GIT = shutil.which("git") or "git"


@pytest.fixture
def old(programs: Path) -> Path:
    """A git 2.30 is the first on the PATH, in this folder."""
    old_git.install(programs, REAL_GIT)
    return programs


def test_a_worktree(repo: Repo, handoff: Store, old: Path) -> None:
    """`start --worktree` makes a work tree and goes on in it; `wait` sees what was finished there,
    and the next start does too.
    """
    out = install(old, "codex")
    brief_id = handoff.write("A task")
    start = ("start", brief_id, "--runner", "codex", "--print", "--worktree")
    handoff(*start)
    assert "changed nothing" in handoff.err
    beside = repo.root.parent / "project.handoff" / brief_id
    assert json.loads(out.read_text())["cwd"] == str(beside)
    handoff(*start)  # it is there now
    assert "changed nothing" in handoff.err

    handoff.patch.chdir(beside)
    assert handoff("done", brief_id, "--outcome", "Did it.", "--force") == 0, handoff.err
    handoff.patch.chdir(repo.root)
    assert handoff.json("wait", brief_id, "--timeout", "1")[0]["note"] == "Did it."


def test_a_day_with_it(repo: Repo, handoff: Store, old: Path) -> None:
    """Briefs are committed, shown, finished, dropped and pruned, and a session picks one up."""
    first, second = handoff.write("First"), handoff.write("Second")
    assert {row["on_branch"] for row in handoff.json("list")} == {True}
    assert handoff("show", first) == 0
    client = Client(repo, "s1", HANDOFF_PICKUP=first)
    assert "First" in json.dumps(client.start())
    client.works(100_000)
    assert handoff("done", first, "--outcome", "Did it.", "--force") == 0, handoff.err
    assert handoff("drop", second) == 0, handoff.err
    for verb in ("list", "prune", "doctor"):
        assert handoff(verb) in (0, 1), handoff.err
        assert "git could not" not in handoff.out + handoff.err
    assert repo.git("status", "--porcelain") == ""


def test_git_cannot_list_the_work_trees(
    repo: Repo, handoff: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That is said, and nothing is taken for gone or there; one who waits already waits on."""
    brief_id = handoff.write("A task")
    repo.git("worktree", "add", "--quiet", str(repo.root.with_name("linked")))
    runtime = Runtime(os.environ, full=True)
    waiter = wait.Waiter([brief_id], runtime, places.locate(str(repo.root)))
    waiter.read_statuses()
    monkeypatch.setattr(wait, "_PLACES_SECONDS", -1.0)
    run = git.run

    def refuse(checkout: git.Checkout, verb: str, *rest: str, **more: Any) -> git.GitResult:
        if verb == "worktree":
            return git.GitResult(129, b"", "error: unknown switch `z'")
        return run(checkout, verb, *rest, **more)

    monkeypatch.setattr(git, "run", refuse)
    message = "git could not list the worktrees of .*: error: unknown switch `z'"
    checkout = git.find_checkout(str(repo.root))
    assert checkout is not None
    with pytest.raises(HandoffError, match=message):
        worktrees.plan_worktree(checkout, brief_id)
    with pytest.raises(HandoffError, match=message):
        across_worktrees.list_places(places.locate(str(repo.root)))
    with pytest.raises(HandoffError, match=message):
        wait.Waiter([brief_id], runtime, places.locate(str(repo.root))).read_statuses()
    assert [one.state for one in waiter.read_statuses()] == ["open"]


def doctor(repo: Repo) -> Check:
    runtime = Runtime(Client(repo).env, full=True)
    all_checks = checks.checks(runtime, places.locate(str(repo.root)))
    return next(one for one in all_checks if one.name == "git")


@pytest.mark.parametrize(
    ("printed", "is_good"),
    [
        ("git version 2.30.0", True),
        ("git version 2.55.GIT", True),
        ("git version 2.50.1 (Apple Git-155)", True),
        ("git version 3.0.0", True),
        ("git version 2.29.2", False),
        ("git version 2.9.5", False),
        ("git version 1.8.3.1", False),
        ("nothing of the kind", False),
    ],
)
def test_the_doctor_on_versions(repo: Repo, programs: Path, printed: str, is_good: bool) -> None:
    """Anything older than 2.30 is refused, in one sentence."""
    program = programs / "git"
    program.write_text(
        "#!/bin/sh\n"
        f'for word; do [ "$word" != version ] || {{ echo "{printed}"; exit; }}; done\n'
        f'exec {REAL_GIT} "$@"\n'
    )
    program.chmod(0o755)
    check = doctor(repo)
    assert check.ok is is_good
    if not is_good and "version" in printed:
        version = printed.split()[2]
        assert check.detail == f"{program} is git {version}, and handoff needs 2.30 or newer"


def test_the_doctor_without_git(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is a fault: no brief is committed."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert git_version.find() == git_version.Version("")
    assert doctor(repo).ok is False


def test_a_run_is_entered_all_the_same(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a session cost is not lost because git cannot list the work trees at its end."""

    def refuse(_: object) -> None:
        raise HandoffError("git could not list the work trees")

    monkeypatch.setattr(across_worktrees, "list_places", refuse)

    around = outcome._Worktrees(places.locate(str(repo.root)))
    assert [place.root for place in around.as_far_as_known()] == [str(repo.root)]
    with pytest.raises(HandoffError):
        around.listed()
