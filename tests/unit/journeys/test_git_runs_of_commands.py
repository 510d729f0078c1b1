"""How often one command or hook runs git: a program of that name that counts is first on PATH."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from handoff.git import config_listing
from support.agents import install
from support.client import Client, context

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.repo import Repo
    from support.store_program import Store

REAL_GIT = shutil.which("git") or "git"


@pytest.fixture
def runs(
    programs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], list[str]]:
    """The command lines of git since it was last asked."""
    # A configuration that was written just now is listed more than once.
    monkeypatch.setattr(config_listing, "_CLOCK_TICK_NS", 0)
    log = tmp_path / "runs"
    (programs / "git").write_text(f'#!/bin/sh\necho "$*" >>{log}\nexec {REAL_GIT} "$@"\n')
    (programs / "git").chmod(0o755)

    def asked() -> list[str]:
        lines = log.read_text().splitlines() if log.exists() else []
        log.unlink(missing_ok=True)
        return lines

    return asked


def test_a_write(repo: Repo, handoff: Store, runs: Callable[[], list[str]]) -> None:
    """A brief that is written and committed: seven, also beside work that is not committed, and
    where there are briefs.
    """
    for title in ("First", "Second"):
        (repo.root / "app.py").write_text(f"{title}\n")
        repo.git("add", ".")
        (repo.root / "app.py").write_text("and more\n")
        runs()
        written = handoff.json("write", "--kind", "task", stdin=f"# {title}\n## Task\nDo it.\n")
        git_runs = runs()
        assert written["on_branch"]
        assert len(git_runs) <= 7, git_runs


def test_a_list(repo: Repo, handoff: Store, runs: Callable[[], list[str]]) -> None:
    """What is here, and where git has it: five."""
    for title in ("First", "Second"):
        handoff.write(title)
    runs()
    assert len(handoff.json("list")) == 2
    assert len(git_runs := runs()) <= 5, git_runs


def test_a_start(repo: Repo, handoff: Store, programs: Path, runs: Callable[[], list[str]]) -> None:
    """What would be started, shown: two. A headless session that is started and settled: ten,
    which compare the work tree before with the one after.
    """
    install(programs, "codex")
    brief_id = handoff.write("A task")
    runs()
    assert handoff("start", brief_id, "--runner", "codex", "--dry-run") == 0, handoff.err
    assert len(git_runs := runs()) <= 2, git_runs
    handoff("start", brief_id, "--runner", "codex", "--print")
    assert "changed nothing" in handoff.err
    assert len(git_runs := runs()) <= 10, git_runs


def test_an_end(repo: Repo, handoff: Store, runs: Callable[[], list[str]]) -> None:
    """A brief that is finished, in a commit of two paths and the two files that go along: seven."""
    brief_id = handoff.write("A task")
    runs()
    assert handoff("done", brief_id, "--outcome", "Did it.", "--force") == 0, handoff.err
    assert len(git_runs := runs()) <= 7, git_runs


def test_a_session_that_starts(repo: Repo, runs: Callable[[], list[str]]) -> None:
    """One brief waits and is given, with what changed since it was written: nine."""
    brief = Client(repo).brief()
    runs()
    assert brief in context(Client(repo, "s2").start())
    assert len(git_runs := runs()) <= 9, git_runs


def test_a_session_without_briefs(repo: Repo, runs: Callable[[], list[str]]) -> None:
    """Where nothing waits, and where nothing happened, git is not run at all."""
    client = Client(repo)
    runs()
    client.start()
    client.works(20_000, 21_000)
    client("stop")
    assert runs() == []


def test_a_snapshot(repo: Repo, runs: Callable[[], list[str]]) -> None:
    """A hook that writes a brief runs git as often as the command does."""
    client = Client(repo)
    client.start()
    client.works(20_000, 205_000)
    client("post-tool-batch", tool_calls=[])
    runs()
    client("pre-compact", trigger="auto")
    git_runs = runs()
    assert len(repo.briefs()) == 1
    assert len(git_runs) <= 7, git_runs
