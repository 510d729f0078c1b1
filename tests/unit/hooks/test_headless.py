"""`claude -p` that handoff did not start: its caller asked for an answer, not for a brief."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.client import Client, context
from support.configuration import configure

if TYPE_CHECKING:
    from pathlib import Path

    from support.repo import Repo

PRINT = {"CLAUDE_CODE_ENTRYPOINT": "sdk-cli", "CLAUDE_CODE_SESSION_ATTENDED": "0"}


def at_work(repo: Repo, **env: str) -> Client:
    """A session that is over its handoff threshold."""
    client = Client(repo, **{**PRINT, **env})
    client.start()
    client.works(20_000, 205_000)
    return client


def test_it_is_told_and_nothing_is_written(repo: Repo) -> None:
    """At a turn's end, at a compaction, at a cap and at its end: no brief, no commit."""
    client = at_work(repo)
    before = repo.git("rev-parse", "HEAD")
    answer = client("stop", last_assistant_message="Done.")

    assert not context(answer)
    assert "context 205k, over the 200k threshold" in answer["systemMessage"]
    assert "no brief is written in a -p run (headless: notify)" in answer["systemMessage"]
    for event in ("pre-compact", "stop-failure", "session-end"):
        assert client(event, trigger="auto", error="rate_limit", reason="other") == {}
    assert not repo.briefs()
    assert repo.git("rev-parse", "HEAD") == before
    reasons = "".join(path.read_text() for path in (repo.state / "why").glob("*"))
    assert "no brief is written in a -p run (headless: notify)" in reasons


def test_the_model_is_told_nothing_of_a_brief(repo: Repo) -> None:
    """It would plan for one that is never asked for."""
    assert at_work(repo)("post-tool-batch", tool_calls=[]) == {}


@pytest.mark.parametrize(
    "env",
    [
        {"HANDOFF_RELAY": "1"},
        {"HANDOFF_PICKUP": "20261101-101010-a-task-beef"},
        {"CLAUDE_CODE_ENTRYPOINT": "cli"},
        {"CLAUDE_CODE_ENTRYPOINT": "cli", "CLAUDE_CODE_SESSION_ATTENDED": "1"},
    ],
)
def test_who_follows_the_mode(repo: Repo, env: dict[str, str]) -> None:
    """Sessions that handoff started, those in the background, and those of a person."""
    assert "handoff write" in context(at_work(repo, **env)("stop", last_assistant_message="Done."))


def test_the_user_chooses(repo: Repo, own_home: Path) -> None:
    """With `headless: write` a `-p` run is like any other."""
    configure(own_home, "headless: write")
    assert "handoff write" in context(at_work(repo)("stop", last_assistant_message="Done."))
