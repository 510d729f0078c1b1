"""The record of decisions: what is kept, what is not written again, and how it is shown."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from handoff.cli import cli
from handoff.session import decision_log
from support.client import Client

if TYPE_CHECKING:
    from pathlib import Path

    from support.repo import Repo


def reasons(home: Path, session: str = "s1") -> list[tuple[str, str, str]]:
    """What is kept, without the times."""
    entries = decision_log.read_entries(str(home), session)
    return [(entry["event"], entry["act"], entry["reason"]) for entry in entries]


def test_the_same_is_not_written_again(tmp_path: Path) -> None:
    """Figures alone are no news; another act, another reason, another event are."""
    for tokens in (10, 20, 30):
        decision_log.note(str(tmp_path), "s1", "stop", "none", f"covered at {tokens}k", 1.0)
        decision_log.note(
            str(tmp_path), "s1", "post-tool-batch", "none", "below the thresholds", 1.0
        )
    decision_log.note(str(tmp_path), "s1", "stop", "warn", "passed at 40k", 2.0)
    decision_log.note(str(tmp_path), "s1", "stop", "none", "covered at 50k", 3.0)
    assert reasons(tmp_path) == [
        ("stop", "none", "covered at 10k"),
        ("post-tool-batch", "none", "below the thresholds"),
        ("stop", "warn", "passed at 40k"),
        ("stop", "none", "covered at 50k"),
    ]


def test_it_does_not_grow(tmp_path: Path) -> None:
    """Of thousands of decisions the last are kept, whole."""
    for number in range(3_000):
        act = "warn" if number % 2 else "none"
        decision_log.note(str(tmp_path), "s1", "stop", act, f"reason {number}", float(number))
    assert (tmp_path / "why" / "s1.jsonl").stat().st_size <= 16 * 1024
    kept = decision_log.read_entries(str(tmp_path), "s1")
    assert kept[-1]["reason"] == "reason 2999"
    assert [entry["at"] for entry in kept] == sorted(entry["at"] for entry in kept)


@pytest.mark.parametrize("content", [b"", b"{", b"[]\n7\n", b"\xff\n", b'{"event": "stop"}\n'])
def test_a_damaged_record(tmp_path: Path, content: bytes) -> None:
    """What cannot be read is skipped, and the next decision is kept."""
    (tmp_path / "why").mkdir()
    (tmp_path / "why" / "s1.jsonl").write_bytes(content + b"\n")
    decision_log.note(str(tmp_path), "s1", "stop", "none", "below the thresholds", 1.0)
    assert reasons(tmp_path) == [("stop", "none", "below the thresholds")]


@pytest.mark.parametrize("session", ["", "../x", "a/b"])
def test_no_session_of_that_name(tmp_path: Path, session: str) -> None:
    """What is no id writes nothing and reads as nothing."""
    decision_log.note(str(tmp_path), session, "stop", "none", "x", 1.0)
    assert decision_log.read_entries(str(tmp_path), session) == []
    assert not list(tmp_path.iterdir())


def test_below_the_lines_one_line_is_written(repo: Repo) -> None:
    """A session far below its thresholds writes once an event, however long it is."""
    client = Client(repo)
    client.start()
    for tokens in range(10_000, 60_000, 5_000):
        client.works(tokens)
        client("post-tool-batch", tool_calls=[])
        client("stop")
    assert reasons(repo.state) == [
        ("post-tool-batch", "none", "below the thresholds"),
        ("stop", "none", "below the thresholds"),
    ]


def test_shown(repo: Repo) -> None:
    """`handoff why` says what was decided, in words and in JSON, and what the hard limit is."""
    client = Client(repo)
    client.start()
    client.works(20_000, 130_000)
    client("stop")
    client.works(205_000)
    client("stop", permission_mode="plan")
    client("stop")
    before = CliRunner().invoke(cli, ["why", "--session", "s1"]).output
    assert "over 892k, tool calls are refused until a brief is written" in before
    assert "next: the brief is being written" in before
    client.brief()
    client("stop", stop_hook_active=True)
    client.works(207_000)
    client("stop")
    shown = CliRunner().invoke(cli, ["why", "--session", "s1"]).output
    assert "warn      context 130k, over the 120k warn threshold" in shown
    assert "the session is in plan mode" in shown
    assert "handoff   context 205k, over the 200k handoff threshold" in shown
    assert "a brief at 205k tokens covers it" in shown
    assert "calls are refused" not in shown, "a brief is there, so the gate lets all pass"
    assert "next: brief written, run /clear" in shown
    log = json.loads(CliRunner().invoke(cli, ["why", "--session", "s1", "--json"]).output)
    assert [entry["act"] for entry in log["decisions"]][:3] == ["warn", "none", "handoff"]
    assert log["breaker"] is None
    assert log["hard_limit"] is None
    assert log["next"] == "brief written, run /clear"


def test_an_unknown_session(repo: Repo) -> None:
    """A session that nobody knows is an error with what to do."""
    done = CliRunner().invoke(cli, ["why", "--session", "nope"])
    assert done.exit_code != 0
