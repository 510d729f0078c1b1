"""A project is the same one by whichever path it is reached."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from handoff.client.transcript import folders
from handoff.insight import usage
from handoff.runtime import Runtime
from support.client import Client, context
from support.repo import Repo

if TYPE_CHECKING:
    from pathlib import Path

    from support.store_program import Store


@pytest.fixture
def link(repo: Repo, tmp_path: Path) -> Path:
    """A symbolic link to the repository."""
    path = tmp_path / "link"
    path.symlink_to(repo.root)
    return path


@pytest.fixture(params=["cwd", "project", "both"])
def linked(request: pytest.FixtureRequest, repo: Repo, link: Path) -> Client:
    """A session that was started through a link, as its directory, its project, or both."""
    root = link if request.param in ("cwd", "both") else repo.root
    client = Client(Repo(root, repo.state), "linked")
    client.env["CLAUDE_PROJECT_DIR"] = str(link if request.param != "cwd" else repo.root)
    client.start()
    client.works(1000)
    return client


def test_its_session_is_found(
    linked: Client, repo: Repo, link: Path, handoff: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By `status` and `doctor`, from either path."""
    for directory in (repo.root, link):
        monkeypatch.chdir(directory)
        monkeypatch.setenv("PWD", str(directory))
        assert handoff.json("status")["session_id"] == "linked"
        handoff("doctor")
        assert "session linked" in handoff.out


def test_its_briefs_are_picked_up(linked: Client, repo: Repo, handoff: Store) -> None:
    """By a session that came by the other path; and the other way round."""
    brief = linked.brief()
    (waited,) = handoff.answer("wait", brief, "--timeout", "0")
    assert waited["id"] == brief
    linked("session-end", reason="exit")
    assert brief in context(Client(repo, "direct").start())

    other = Client(repo, "writer").brief(title="Another task")
    linked.session = "linked-2"
    assert other in context(linked.start())


def test_usage_of_a_project(repo: Repo, link: Path, own_home: Path) -> None:
    """The client names its folder after the directory that a link leads to."""
    folder = own_home / ".claude" / "projects" / folders.folder_name(str(repo.root))
    folder.mkdir(parents=True)
    message = {"id": "m1", "model": "claude-opus-5-5", "role": "assistant", "content": [],
               "usage": {"input_tokens": 7, "output_tokens": 5}}  # fmt: skip
    record = {"type": "assistant", "requestId": "r1", "timestamp": "2026-11-22T12:00:00Z",
              "sessionId": "s", "uuid": "u", "message": message}  # fmt: skip
    (folder / "s.jsonl").write_text(json.dumps(record) + "\n")
    runtime = Runtime(os.environ, full=True)

    by_path = [
        usage.read_rows(runtime, cwd, project=project, workers=0).total.input
        for cwd, project in (("/", str(repo.root)), ("/", str(link)), (str(link), "."))
    ]

    assert by_path == [7, 7, 7]
