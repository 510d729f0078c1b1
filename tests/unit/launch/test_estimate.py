"""What a start would cost, before it: on which past sessions that rests, or that nothing says."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from handoff.client.transcript import folders
from handoff.launch import estimate, run_log
from handoff.launch.past_runs import Sample
from handoff.meter import prices as price_lists
from support.client import Client

if TYPE_CHECKING:
    from pathlib import Path

    from support.repo import Repo
    from support.store_program import Store

OPUS, SONNET = "claude-opus-5-5", "claude-sonnet-5-5"
TOKENS = (1000, 20_000, 0, 400_000, 5000)


def sample(usd: float, count: int = 3, model: str = OPUS, *, is_run: bool = True) -> Sample:
    return Sample(model, usd, count, TOKENS, is_run=is_run)


def past(own: Repo, usd: float, **values: Any) -> None:
    """A headless run of the repository."""
    about = {"repo": str(own.root / ".git"), "brief": "b", "session": "s", "asked": "",
             "model": OPUS, "provider": "anthropic",
             "turns": 4, "seconds": 1.0, "at": 1.0, "state": "finished",
             "tokens": TOKENS, **values}  # fmt: skip
    run_log.record_past(str(own.state), run_log.PastRun(cost_usd=usd, **about))


def test_the_median() -> None:
    """Of the runs on that model alone, with its ends."""
    samples = [sample(0.1), sample(0.3, 9), sample(5.0, 5), sample(99.0, model=SONNET)]
    cost_estimate = estimate.estimate_from(samples, OPUS, 900, 2.0, price_lists.load(os.environ))
    assert (
        cost_estimate.usd,
        cost_estimate.least_usd,
        cost_estimate.most_usd,
        cost_estimate.turns,
        cost_estimate.sessions,
    ) == (
        0.3,
        0.1,
        5.0,
        5,
        3,
    )
    assert cost_estimate.line() == (
        "estimate: $0.30 ($0.10 to $5.00), 5 turns: the median of 3 past headless runs here on "
        "claude-opus-5-5; --print stops it at $2"
    )


def test_another_model() -> None:
    """Where only other models ran here, their tokens count at the price of this one."""
    prices = price_lists.load(os.environ)
    cost_estimate = estimate.estimate_from(
        [sample(1.0, is_run=False)] * 2, SONNET, 900, None, prices
    )
    row = prices.row(SONNET)
    assert row is not None
    rates = (row.input, row.write_5m, row.write_1h, row.read, row.output)
    expected = sum(n * rate for n, rate in zip(TOKENS, rates, strict=True)) / 1e6
    assert cost_estimate.usd == pytest.approx(expected, abs=1e-6)
    assert cost_estimate.turns is None
    assert cost_estimate.basis == (
        "the median of 2 past sessions here on claude-opus-5-5, at the price of claude-sonnet-5-5"
    )


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (OPUS, "no past session here: claude-opus-5-5 costs $4 in and $20 out for a million "
               "tokens, and the brief has 1,900"),
        ("maker/x", "the price of maker/x is unknown"),
        ("", "no model is named, and there is no past session"),
    ],
)  # fmt: skip
def test_nothing_to_rest_on(model: str, words: str) -> None:
    """No figure is made up."""
    cost_estimate = estimate.estimate_from([], model, 1900, None, price_lists.load(os.environ))
    assert cost_estimate.usd is None
    assert cost_estimate.line() == f"no cost estimate: {words}"


@pytest.fixture
def client_program(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client on the PATH."""
    folder = repo.root.parent / "bin"
    folder.mkdir()
    (folder / "claude").write_text("#!/bin/sh\n")
    (folder / "claude").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}/usr/bin{os.pathsep}/bin")


@pytest.mark.usefixtures("client_program")
def test_on_the_command_line(repo: Repo, handoff: Store) -> None:
    """A dry run says it; in words and as JSON. Other repositories' runs, and those
    whose price the client guessed, do not count.
    """
    past(repo, 0.5, asked="opus", model=f"{OPUS}[1m]")
    past(repo, 9.0, repo="/another/.git")
    past(repo, 9.0, model="maker/x")
    past(repo, 9.0, turns=0)
    past(repo, 0.0)  # refused before it began
    brief_id = handoff.write(
        "A task", "--for", "opus", "--effort", "low", "--budget-usd", "2", "--max-turns", "7"
    )
    handoff("start", brief_id, "--dry-run")
    assert "estimate: $0.50, 4 turns: the median of 1 past headless run here on" in handoff.out
    assert handoff.json("start", brief_id, "--dry-run")["estimate"]["usd"] == 0.5
    plan = handoff.json("start", brief_id, "--print", "--dry-run")
    assert plan["estimate"]["budget_usd"] == 2.0
    assert {"--effort=low", "--max-budget-usd=2", "--max-turns=7"} <= {*plan["command"]}
    handoff("start", brief_id, "--print", "--dry-run")
    assert "estimate: $0.50" in handoff.out
    assert handoff.json("start", brief_id, "--runner", "claude", "--model", "maker/x", "--print",
                        "--dry-run")["estimate"]["usd"] is None  # fmt: skip


@pytest.mark.usefixtures("client_program")
def test_sessions_of_the_client(repo: Repo, handoff: Store, own_home: Path) -> None:
    """Without a run here, the client's own sessions of this folder tell, with their subagents; the
    session that asks does not count.
    """
    folder = own_home / ".claude" / "projects" / folders.folder_name(str(repo.root))
    folder.mkdir(parents=True)
    for name, tokens in (("s1", 100_000), ("s2", 300_000)):
        client = Client(repo, name)
        client.works(tokens)
        client.transcript.rename(folder / f"{name}.jsonl")
    agent = folder / "s1" / "subagents"
    agent.mkdir(parents=True)
    client = Client(repo, "sub")
    client.works(50_000)
    client.transcript.rename(agent / "agent-1.jsonl")
    (folder / "broken.jsonl").write_text("{\n")
    cost_estimate = handoff.json("start", handoff.write("A task"), "--dry-run")["estimate"]
    assert (cost_estimate["sessions"], cost_estimate["model"], cost_estimate["turns"]) == (
        2,
        OPUS,
        None,
    )
    assert cost_estimate["least_usd"] < cost_estimate["usd"] < cost_estimate["most_usd"]
    assert "2 past sessions here on claude-opus-5-5" in cost_estimate["basis"]


@pytest.mark.parametrize("value", ["0", "-1", "x", "0.001"])
def test_limits_that_are_none(value: str, handoff: Store, repo: Repo) -> None:
    """A brief's budget is a sum of money, its turns a number from one on."""
    assert handoff("write", "--budget-usd", value, stdin="# A\n## Task\nB\n") == 2
    if value != "0.001":
        assert handoff("write", "--max-turns", value, stdin="# A\n## Task\nB\n") == 2


@pytest.mark.usefixtures("client_program")
def test_the_lowest_counts(repo: Repo, handoff: Store, own_home: Path) -> None:
    """Of a brief's budget and a route's."""
    path = own_home / ".config" / "handoff" / "config.yaml"
    path.parent.mkdir(parents=True)
    path.write_text("routes:\n- {budget_usd: 1, max_turns: 50, model: opus}\n")
    brief_id = handoff.write("A task", "--budget-usd", "2", "--max-turns", "7")
    choice = handoff.json("start", brief_id, "--dry-run")
    assert (choice["values"]["budget_usd"], choice["values"]["max_turns"]) == (1, 7)
    assert choice["origins"]["max_turns"] == "the brief"
    assert json.dumps(choice["estimate"]["budget_usd"]) == "1.0"
