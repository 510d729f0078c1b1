"""A git that never answers costs a hook less time than the client gives it."""

from __future__ import annotations

import json
import os
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from handoff.git import execute
from handoff.hooks import dispatch
from handoff.store import places

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.repo import Repo

HOOKS = Path(__file__).resolve().parents[3] / "hooks" / "hooks.json"
RESERVE = 2  # seconds: for Python's start, and for what is done without git


def limits() -> Iterator[tuple[str, int]]:
    """Each event's word, and the seconds after which the client gives up on it."""
    for entries in json.loads(HOOKS.read_text())["hooks"].values():
        for hook in (hook for entry in entries for hook in entry["hooks"]):
            word = re.match(r"set ([\w-]+) ", hook["command"])
            assert word
            yield word[1], hook["timeout"]


@pytest.mark.parametrize(("event", "limit"), sorted(set(limits())))
def test_every_hook_has_time_left(
    event: str, limit: int, repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[float] = []

    def note(*_: Any) -> str:
        given.append(execute._deadline.get() - time.monotonic())
        return ""

    monkeypatch.setattr(dispatch, "answer", note)
    monkeypatch.setattr(os, "_exit", lambda _: None)
    monkeypatch.setattr("handoff.client.hook_io.read_stdin", lambda: b"")
    dispatch.run(event)
    assert 0 < given[0] <= limit - RESERVE


def test_a_configuration_that_is_a_pipe(repo: Repo) -> None:
    """git waits for it. That it did not answer is said of the repository."""
    config = repo.root / ".git/config"
    config.unlink()
    os.mkfifo(config)
    with execute.within(0.3):
        assert "took too long" in places.locate(str(repo.root)).problem
