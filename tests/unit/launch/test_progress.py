"""How far a headless session is, read while it runs."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from handoff.client.transcript import tail
from handoff.launch import progress
from handoff.launch.progress import Progress, ProgressReader
from handoff.runtime import Runtime
from handoff.session import state
from handoff.store import claims

if TYPE_CHECKING:
    from pathlib import Path

BRIEF = "20261122-101010-a-task-1a2b"


def answer(key: str, tokens: int) -> str:
    usage = {"input_tokens": 0, "cache_creation_input_tokens": 1_000,
             "cache_read_input_tokens": tokens - 1_000, "output_tokens": 300}  # fmt: skip
    content = [{"type": "tool_use", "id": key, "name": f"Tool-{key}", "input": {}}]
    message = {"model": "claude-opus-5-5", "id": key, "type": "message", "role": "assistant",
               "content": content, "usage": usage}  # fmt: skip
    record = {"parentUuid": None, "isSidechain": False, "message": message, "requestId": key,
              "type": "assistant", "timestamp": "2026-11-22T12:00:00.000Z"}  # fmt: skip
    return json.dumps(record, separators=(",", ":")) + "\n"


class Clock:
    """Seconds that pass when a test says so."""

    now = 100.0

    def monotonic(self) -> float:
        return self.now

    def time(self) -> float:
        return 1_000_000.0 + self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(progress, "time", clock)
    return clock


@pytest.fixture
def runtime(tmp_path: Path) -> Runtime:
    runtime = Runtime(os.environ, full=True, home=str(tmp_path / "state"))
    transcript = tmp_path / "s1.jsonl"
    transcript.write_text(answer("a", 9_000))
    known = {"transcript": str(transcript)}
    state.update(runtime.home, "s1", lambda session: session.values.update(known))
    return runtime


def test_it_grows_with_the_transcript(clock: Clock, runtime: Runtime, tmp_path: Path) -> None:
    """Context, dollars, turns and last tool; looked at again once a second has passed."""
    reader = ProgressReader(runtime, session="s1", began=clock.time() - 60)
    first = reader.read()
    assert (first.seconds, first.tokens, first.turns, first.tool) == (60, 9_000, 1, "Tool-a")
    assert first.usd
    assert first.describe() == "context 9k, 1 turn, Tool-a"

    with (tmp_path / "s1.jsonl").open("a") as file:
        file.write(answer("b", 50_000))
    clock.now += 0.5
    assert reader.read() == Progress(60.5, first.tokens, first.usd, 1, "Tool-a")
    clock.now += 0.5
    later = reader.read()
    assert (later.seconds, later.tokens, later.turns, later.tool) == (61, 50_000, 2, "Tool-b")
    assert later.usd
    assert later.usd > first.usd


def test_a_file_that_does_not_grow(
    clock: Clock, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not read again; the time goes on."""
    reader = ProgressReader(runtime, session="s1")
    first = reader.read()
    monkeypatch.setattr(tail, "read_last", lambda _: pytest.fail("it was read again"))
    clock.now += 5

    assert reader.read() == Progress(5, first.tokens, first.usd, first.turns, first.tool)


def test_the_session_that_has_the_brief(clock: Clock, runtime: Runtime) -> None:
    """One that had it before the start is another one."""
    begun = ProgressReader(runtime, brief=BRIEF, began=clock.time() + 60)
    reader = ProgressReader(runtime, brief=BRIEF, began=clock.time() - 60)
    assert reader.read().tokens is None
    claims.claim(runtime.home, BRIEF, "s1", clock.time())
    clock.now += 1

    assert reader.read().tokens == 9_000
    assert begun.read().tokens is None


def test_what_cannot_be_read(clock: Clock, runtime: Runtime, tmp_path: Path) -> None:
    """Nobody's session ends because nobody can look at it."""
    reader = ProgressReader(runtime, session="s1")
    first = reader.read()
    (tmp_path / "s1.jsonl").unlink()
    clock.now += 1

    assert reader.read().tokens == first.tokens
    assert ProgressReader(runtime, session="../x").read() == Progress(0.0)
