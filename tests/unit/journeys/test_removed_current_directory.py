"""The current directory was removed, and an event names no other: hooks are quiet about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from handoff.git import discovery
from handoff.store import places
from support.client import Client

if TYPE_CHECKING:
    from pathlib import Path

    from support.repo import Repo

EVENTS: dict[str, dict[str, Any]] = {
    "session-start": {"source": "startup", "model": "claude-opus-5-5"},
    "user-prompt-submit": {"prompt": "go on"},
    "user-prompt-expansion": {"command_name": "handoff:pickup", "command_args": ""},
    "pre-tool-use": {"tool_name": "Bash", "tool_input": {"command": "handoff list"}},
    "post-tool-batch": {"tool_calls": [{"tool_name": "Read", "tool_input": {}}]},
    "stop": {"stop_hook_active": False, "last_assistant_message": ""},
    "stop-failure": {"error": "rate_limit"},
    "pre-compact": {"trigger": "auto"},
    "session-end": {"reason": "clear"},
}


@pytest.fixture
def gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The current directory, which is there no more."""
    folder = tmp_path / "gone"
    folder.mkdir()
    monkeypatch.chdir(folder)
    folder.rmdir()


@pytest.mark.parametrize("cwd", ["", "below"])
@pytest.mark.parametrize("event", EVENTS)
def test_a_hook(event: str, cwd: str, repo: Repo, gone: None) -> None:
    """Of a session that is over its threshold; the log stays empty, which the client checks."""
    client = Client(repo, CLAUDE_PROJECT_DIR="")
    client.works(20_000, 205_000)
    if event != "session-start":
        client("session-start", cwd=cwd, **EVENTS["session-start"])
    client(event, cwd=cwd, **EVENTS[event])


@pytest.mark.parametrize("directory", ["", ".", "below"])
def test_where_it_is(directory: str, gone: None) -> None:
    assert discovery.locate(directory) is None
    assert discovery.find_root(directory) == directory
    assert places.locate(directory).problem
