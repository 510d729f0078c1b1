"""A session whose transcript, state directory or project folder is not there, or cannot be used."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from handoff.doctor import checks
from handoff.runtime import Runtime
from handoff.store import places
from support.client import Client, context

if TYPE_CHECKING:
    from pathlib import Path

    from support.repo import Repo

ENDED = {"reason": "other"}


def test_without_a_transcript(repo: Repo) -> None:
    """The brief says that there are no facts and why, and neither it nor what the next session is
    given promises a look back; git's state is there.
    """
    client = Client(repo)
    client.start()
    brief = client.brief()
    (path,) = repo.briefs()
    text = path.read_text()
    assert "kept no transcript (the client was started with --no-session-persistence" in text
    assert "handoff recall" not in text
    assert "git: {branch: main" in text

    client("session-end", **ENDED)
    given = context(Client(repo, "s2").start("clear"))
    assert f'<handoff-brief id="{brief}">' in given
    assert "Its session kept no transcript" in given
    assert "handoff recall" not in given


def test_with_a_transcript(repo: Repo) -> None:
    """Else it is promised."""
    client = Client(repo)
    client.start()
    client.works(20_000)
    brief = client.brief()
    assert f"handoff recall {brief}" in repo.briefs()[0].read_text()
    client("session-end", **ENDED)
    assert f"handoff recall {brief}" in context(Client(repo, "s2").start("clear"))


@pytest.mark.parametrize("source", ["startup", "resume", "fork"])
def test_a_state_directory_that_cannot_be_written(
    repo: Repo, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    """Once, at the client's start, the person is told which and what to do, and the client gets
    nothing else; a run with `-p` is left alone.
    """
    home = "/proc/handoff"  # not even root makes one there
    monkeypatch.setenv("HANDOFF_HOME", home)
    answer = Client(repo).start(source)
    assert answer.keys() == {"systemMessage"}
    assert f"the state directory {home} cannot be written (" in answer["systemMessage"]
    assert "HANDOFF_HOME" in answer["systemMessage"]
    assert Client(repo).start("clear") == {}
    assert Client(repo)("user-prompt-submit", prompt="x") == {}
    assert Client(repo)("stop") == {}
    assert Client(repo, CLAUDE_CODE_SESSION_ATTENDED="0").start(source) == {}


def gone(client: Client, folder: Path) -> None:
    """The session's project goes, then it ends."""
    os.chdir("/")
    shutil.rmtree(folder)
    client("session-end", **ENDED)


def kept(repo: Repo) -> Path:
    (path,) = (repo.state / "stranded").glob("*.md")
    return path


def test_a_project_that_was_removed(repo: Repo) -> None:
    """What the session knew is kept whole, nothing is in the log, the next start says once where
    it is, and the doctor names it.
    """
    client = Client(repo)
    client.start()
    client.works(20_000, 205_000)
    client("stop")
    gone(client, repo.root)
    path = kept(repo)
    assert "author: snapshot" in path.read_text()
    assert "List the prices" in path.read_text()

    other = repo.root.parent / "other"
    other.mkdir()
    for session, attended in (("p1", "0"), ("s2", "1"), ("s3", "1")):
        now = Client(
            repo, session, CLAUDE_PROJECT_DIR=str(other), CLAUDE_CODE_SESSION_ATTENDED=attended
        )
        message = now("session-start", source="startup", cwd=str(other)).get("systemMessage", "")
        assert (str(path) in message) is (session == "s2")
    runtime = Runtime({**client.env}, full=True)
    brief_checks = [
        one for one in checks.checks(runtime, places.locate(str(other))) if one.name == "brief"
    ]
    assert str(path) in brief_checks[0].detail
    assert "handoff trust" in brief_checks[0].hint


def test_a_worktree_that_was_removed(repo: Repo) -> None:
    """What stands above it is another project: nothing is written or committed there."""
    inner = repo.root / ".worktrees" / "a"
    repo.git("worktree", "add", "--quiet", "-b", "a", str(inner))
    head = repo.git("rev-parse", "HEAD")
    client = Client(repo, CLAUDE_PROJECT_DIR=str(inner))
    client("session-start", source="startup", cwd=str(inner))
    client.works(20_000, 205_000)
    client("stop", cwd=str(inner))
    repo.git("worktree", "remove", "--force", str(inner))
    client("session-end", cwd=str(inner), **ENDED)
    assert kept(repo).is_file()
    assert repo.briefs() == []
    assert repo.git("rev-parse", "HEAD") == head
