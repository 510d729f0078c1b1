"""`handoff status`: the stable JSON, the panel, and what changes while it is watched."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from handoff.base import paths
from handoff.base.errors import HandoffError
from handoff.cli.views import status as status_view
from handoff.client import versions
from handoff.meter import feed as feeds
from handoff.runtime import Runtime
from handoff.session import state
from handoff.status import session_status

NOW = datetime(2026, 11, 22, 12, tzinfo=timezone.utc).timestamp()
KEYS = [
    "session_id", "client_version", "model", "context_tokens", "context_estimated", "window",
    "auto_compact_at",
    "auto_compact_source", "auto_compact_where", "percent", "cost_usd", "cost_source", "by_model",
    "caps", "cache", "thresholds", "break_even_calls",
    "source", "mode", "decision", "outlook", "fired", "briefs", "last_commit",
]  # fmt: skip


def answer(key: str, tokens: int, model: str = "claude-opus-5-5", at: str = "12:00:00") -> str:
    usage = {"input_tokens": 0, "cache_creation_input_tokens": 1_000,
             "cache_read_input_tokens": tokens - 1_000, "output_tokens": 300}  # fmt: skip
    message = {"model": model, "id": key, "type": "message", "role": "assistant", "content": [],
               "usage": usage}  # fmt: skip
    record = {"parentUuid": None, "isSidechain": False, "message": message, "requestId": key,
              "type": "assistant", "timestamp": f"2026-11-22T{at}.000Z"}  # fmt: skip
    return json.dumps(record, separators=(",", ":")) + "\n"


def result(characters: int) -> str:
    content = [{"type": "tool_result", "tool_use_id": "t", "content": "x" * characters}]
    return json.dumps({"type": "user", "message": {"role": "user", "content": content}}) + "\n"


LIMIT = json.dumps(
    {"type": "assistant", "isApiErrorMessage": True, "error": "rate_limit",
     "timestamp": "2026-11-22T12:00:30.000Z", "message": {"model": "<synthetic>", "content": [
        {"type": "text", "text": "You've hit your weekly limit · resets Nov 24 at 3am (UTC)"}]}}
) + "\n"  # fmt: skip


class Session:
    """A session that the hooks know, its transcript, and its feed."""

    def __init__(self, folder: Path) -> None:
        self.home = str(folder / "state")
        self.project = folder / "project"
        self.project.mkdir()
        self.transcript = folder / "s1.jsonl"
        about = {"transcript": str(self.transcript), "project": str(self.project)}
        about["model"] = "claude-opus-5-5"
        state.update(self.home, "s1", lambda session: session.values.update(about))

    def take(self, later: float = 60, **env: str) -> session_status.SessionStatus:
        runtime = Runtime({**os.environ, **env}, full=True, now=NOW + later, home=self.home)
        return session_status.read_status(runtime, "", "", str(self.project))

    def feed(self, **more: Any) -> None:
        feeds.save(self.home, "s1", {"at": NOW + 1, **more})


@pytest.fixture
def session(tmp_path: Path) -> Session:
    new_session = Session(tmp_path)
    cycle = [answer(f"a{tokens}", tokens) for tokens in range(20_000, 121_000, 5_000)]
    new_session.transcript.write_text("".join(cycle) + result(3_000))
    return new_session


def test_the_keys_are_stable(session: Session) -> None:
    """Exactly these, in this order; what is not known is null."""
    figures = session.take().as_json()

    assert list(figures) == KEYS
    assert figures["context_tokens"] == 120_000
    assert figures["context_estimated"] == 1_300
    assert (figures["window"], figures["percent"]) == (1_000_000, 12.0)
    assert (figures["auto_compact_at"], figures["auto_compact_source"]) == (967_000, "default")
    assert figures["cost_source"] == "transcript"
    assert list(figures["by_model"]) == ["claude-opus-5-5"]
    assert figures["by_model"]["claude-opus-5-5"]["usd"] == figures["cost_usd"]
    assert figures["caps"] == {"five_hour": None, "seven_day": None}
    assert figures["break_even_calls"] > 0
    json.dumps(figures)


def test_a_session_without_answers(session: Session) -> None:
    """Every figure is null, and the panel says why."""
    session.transcript.write_text("")
    status = session.take()

    assert [name for name, value in status.as_json().items() if value is None] == [
        "client_version", "context_tokens", "context_estimated", "window", "auto_compact_at",
        "auto_compact_source", "auto_compact_where", "percent", "cost_usd", "cost_source",
        "by_model", "cache", "break_even_calls", "source",
    ] or status.as_json()["model"] is None  # fmt: skip
    assert status_view.lines(status)[0].startswith("No figures yet")


def test_the_cache_by_the_transcript(session: Session) -> None:
    """Warm for five minutes after the last answer; what it costs once it is cold."""
    warm, cold = session.take(299), session.take(300)

    assert warm.cache == session_status.Cache(True, NOW + 300, 120_000, 0.6, "transcript")
    assert cold.cache == session_status.Cache(False, NOW + 300, 120_000, 0.6, "transcript")
    assert any("cold: the next request pays $0.60" in line for line in status_view.lines(cold))


def test_the_clients_own_figures_win(session: Session) -> None:
    """Cost, caps and cache of a feed that is as new as the last answer."""
    session.feed(
        cost={"usd": 2.5},
        cache={"expiresAt": NOW + 3600, "recacheTokens": 121_000, "ttl": "1h"},
        rateLimits=[{"kind": "five_hour", "percentUsed": 63, "resetsAt": NOW + 7200}],
    )
    figures = session.take().as_json()

    assert (figures["cost_usd"], figures["cost_source"]) == (2.5, "feed")
    assert figures["caps"]["five_hour"] == {
        "percent_used": 63.0, "resets_at": NOW + 7200, "source": "feed",
    }  # fmt: skip
    assert figures["cache"] == {
        "warm": True, "expires_at": NOW + 3600, "tokens": 121_000, "recache_usd": 0.968,
        "source": "feed",
    }  # fmt: skip

    with session.transcript.open("a") as file:
        file.write(answer("c", 130_000, at="12:00:30"))
    os.utime(session.transcript, (NOW + 31, NOW + 31))
    figures = session.take().as_json()
    assert figures["cost_source"] == "transcript"
    assert figures["cache"]["tokens"] == 130_000


def test_a_cap_by_the_error(session: Session) -> None:
    """Without a feed the last rate limit says it, with its reset time; an answer ends it."""
    with session.transcript.open("a") as file:
        file.write(LIMIT)
    reset = datetime(2026, 11, 24, 3, tzinfo=timezone.utc).timestamp()
    assert session.take().caps["seven_day"] == session_status.Cap(100.0, reset, "transcript")
    assert session.take(later=2 * 86_400).caps["seven_day"] is None

    with session.transcript.open("a") as file:
        file.write(answer("c", 130_000, at="12:01:00"))
    assert session.take().caps["seven_day"] is None


def test_an_unknown_model_says_so(session: Session) -> None:
    """No window, no percent, no price: said, not guessed."""
    session.transcript.write_text(
        answer("a", 20_000, "some-model") + answer("b", 90_000, "some-model")
    )
    state.update(session.home, "s1", lambda session: session.values.update(model="some-model"))
    status = session.take()
    lines = "\n".join(status_view.lines(status))

    assert status.as_json()["window"] is None
    assert status.as_json()["cost_usd"] is None
    assert status.as_json()["by_model"]["some-model"]["usd"] is None
    assert status.as_json()["cache"]["recache_usd"] is None
    assert status.as_json()["break_even_calls"] is None
    assert "some-model (not a known model)" in lines
    assert "window    unknown" in lines
    assert "unknown: no price for some-model" in lines
    assert session.take(CLAUDE_CODE_MAX_CONTEXT_TOKENS="300000").percent == 30.0


def test_the_panel(session: Session) -> None:
    """Each figure on a line of its own, in words."""
    text = "\n".join(status_view.lines(session.take()))

    assert "120k, 60% of the handoff threshold" in text
    assert "window    1M, 12% filled" in text
    assert "and about 1k tokens since then (estimate)" in text
    assert "(counted here)" in text
    assert "cache     warm until" in text
    assert "200k a brief is written (handoff threshold)" in text
    assert "967k the client compacts on its own" in text
    assert "a handoff now pays off after" in text


def test_a_client_newer_than_tested(session: Session) -> None:
    """The panel says so: what was seen of older ones may not hold."""
    assert "newer than" not in "\n".join(status_view.lines(session.take()))
    session.feed(version="99.0.0")
    lines = status_view.lines(session.take())
    newest = versions.NEWEST_TESTED
    assert f"client    99.0.0, newer than {newest}, the last one tested" in lines


def test_an_unknown_session(session: Session) -> None:
    """A name that nobody knows is said with what to do."""
    runtime = Runtime(os.environ, full=True, home=session.home)
    with pytest.raises(HandoffError, match="Unknown session nobody"):
        session_status.read_status(runtime, "nobody", "", str(session.project))


def test_watching_follows_the_files(session: Session) -> None:
    """Another status only when the transcript or the feed has changed."""
    taken = []

    def take() -> session_status.SessionStatus:
        taken.append(session.take())
        return taken[-1]

    def between(_: float) -> None:
        step = steps.pop(0)
        if step:
            step()

    def grow() -> None:
        with session.transcript.open("a") as file:
            file.write(answer("c", 150_000))

    def tell() -> None:
        session.feed(cost={"usd": 9})

    steps = [None, None, grow, None, tell]
    seen = status_view.changes(take, between)
    tokens = [next(seen).reading.tokens for _ in range(3)]

    assert tokens == [120_000, 150_000, 150_000]
    assert len(taken) == 3
    assert not steps


@pytest.mark.parametrize("arguments", [["--watch"], ["--watch", "--json"]])
def test_watching_ends_with_ctrl_c(session: Session, arguments: list[str]) -> None:
    """The program goes on until SIGINT, and ends without an error."""
    child = subprocess.Popen(
        [sys.executable, "-I", str(Path(paths.plugin_root()) / "plugin"), "status", *arguments],
        cwd=session.project,
        env={**os.environ, "HANDOFF_HOME": session.home, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    first = child.stdout.readline()
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=10)

    assert (child.returncode, err) == (0, "")
    assert "s1" in first + out
