"""The model that auto mode's next session asks for, and routes that auto mode cannot follow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from handoff.meter import context
from handoff.meter import feed as feeds
from handoff.meter.compaction import Rules
from handoff.prompts.texts import render_prompt
from support.configuration import configure
from support.modded import Modded, at_work, hand_over

if TYPE_CHECKING:
    from pathlib import Path

    from support.repo import Repo


OFFICE = """
providers:
  office: {base_url: "http://127.0.0.1:9", token_env: OFFICE_KEY, models: {haiku: small}}
  anthropic: {preset: anthropic, models: {opus: claude-opus-5-5}}
"""


@pytest.fixture
def client(repo: Repo) -> Modded:
    return at_work(repo)


@pytest.mark.parametrize(
    ("routes", "model", "says"),
    [
        ("", "", "A fresh session continues from it;"),
        ("routes: [{model: haiku}]", "haiku", "continues from it on haiku (the route on line 2);"),
        ("routes: [{model: haiku, effort: low, budget_usd: 1}]", "haiku", "on haiku"),
        ("routes: [{when: {kind: task}, model: haiku}]", "", "continues from it;"),
        ("routes: [{when: {kind: task}, model: haiku}, {model: sonnet}]", "sonnet", "on sonnet"),
        ("routes: [{model: haiku, provider: anthropic}]", "haiku", "on haiku"),
        ("routes: [{model: haiku, runner: claude}]", "haiku", "on haiku"),
        ("routes: [{effort: low}]", "", "continues from it;"),
    ],
)
def test_the_model_of_the_route(
    client: Modded, own_home: Path, routes: str, model: str, says: str
) -> None:
    """The first route that matches the brief says it; without one it is the client's own."""
    configure(own_home, f"mode: auto\n{routes}\n")
    answer = hand_over(client)
    assert client.order["do"] == "clear"
    assert client.order["model"] == model
    assert says in answer["systemMessage"]


def test_the_next_session_is_told(client: Modded, repo: Repo, own_home: Path) -> None:
    """With its first prompt, and not where none is named (`mod/test_orders.py`)."""
    configure(own_home, "mode: auto\nroutes: [{model: haiku}]\n")
    hand_over(client)
    second = Modded(repo, "s2")
    second.tell(None, "", parent="s1", order=client.order["id"])
    client("session-end", reason="clear")
    second.start("clear")
    assert second.order["prompt"] == render_prompt("auto_prompt")
    assert second.order["model"] == "haiku"


@pytest.mark.parametrize(
    ("routes", "env", "model"),
    [
        ("routes: [{model: haiku, provider: office}]", {}, "small"),
        ("routes: [{model: opus}]", {}, "claude-opus-5-5"),
        ("routes: [{model: opus}]", {"CLAUDE_CODE_USE_BEDROCK": "1"}, "opus"),
    ],
)
def test_a_provider_that_the_session_uses(
    repo: Repo, own_home: Path, routes: str, env: dict[str, str], model: str
) -> None:
    """Its own names of the models count."""
    configure(own_home, f"mode: auto\n{routes}{OFFICE}")
    client = Modded(repo, ANTHROPIC_BASE_URL="http://127.0.0.1:9", **env)
    client.tell(None, "")
    client.start()
    client.works(20_000)
    hand_over(client)
    assert client.order["model"] == model


@pytest.mark.parametrize(
    ("routes", "why"),
    [
        ("routes: [{provider: openrouter}]", "the route on line 2 asks for provider openrouter"),
        ("routes: [{provider: office, model: haiku}]" + OFFICE, "asks for provider office"),
        ("routes: [{provider: bedrock}]", "asks for provider bedrock"),
        ("routes: [{runner: codex}]", "asks for runner codex"),
    ],
)
def test_a_route_out_of_this_client(client: Modded, own_home: Path, routes: str, why: str) -> None:
    """Auto mode does not do the work in the wrong place: the user is told what goes there."""
    configure(own_home, f"mode: auto\n{routes}\n")
    message = hand_over(client)["systemMessage"]
    assert "Auto mode does not start a fresh session: " in message
    assert why in message
    assert "handoff start " in message
    assert not client.order


def test_a_slip_in_the_configuration(client: Modded, own_home: Path) -> None:
    """As with a start: a route that lost its model must not start anything."""
    configure(own_home, "mode: auto\nroutes: [{modell: haiku}]\n")
    message = hand_over(client)["systemMessage"]
    assert "Auto mode does not start a fresh session: " in message
    assert "modell" in message
    assert not client.order


def reading(answers: str, window: int, tokens: int, model: str = "claude-opus-5-5") -> Any:
    """What counts in a session whose client believes in `model` while another one answers."""
    figures = {"context": {"tokens": tokens, "window": window}, "model": model, "answers": answers}
    fed = feeds.Feed(figures)
    return context.build_reading(fed, tokens, fed.model, Rules({}))


@pytest.mark.parametrize(
    ("answers", "window", "model", "tokens", "size", "compact_at"),
    [
        ("", 1_000_000, "claude-opus-5-5", 150_000, 1_000_000, 967_000),
        ("claude-haiku-5-5", 1_000_000, "claude-opus-5-5", 150_000, 1_000_000, 967_000),
        # The API takes 200,000; the client would not compact before.
        ("claude-haiku-4-5-20251001", 1_000_000, "claude-opus-5-5", 150_000, 200_000, None),
        # It answered at more than that: it is not the model that its name says.
        ("claude-haiku-4-5", 1_000_000, "claude-opus-5-5", 230_000, 1_000_000, 967_000),
        # The client compacts by its own model, however much the other one holds.
        ("claude-opus-5-5", 200_000, "claude-sonnet-4-6", 150_000, 200_000, 167_000),
        ("small", 1_000_000, "claude-opus-5-5", 150_000, 1_000_000, 967_000),
    ],
)
def test_the_window_that_counts(
    answers: str, window: int, model: str, tokens: int, size: int, compact_at: int | None
) -> None:
    """The lower of what the client keeps and what the model that answers can hold."""
    context_reading = reading(answers, window, tokens, model)
    assert (context_reading.window, context_reading.compact_at) == (size, compact_at)
    assert context_reading.model == (answers or model)


def test_the_meter_draws_that_window(client: Modded) -> None:
    """The client's own figures say the window of its own model."""
    client.says["answers"] = "claude-haiku-4-5"
    client.ends_turn(30_000)
    plan = client.told()["meter"]
    assert plan["window"] == 200_000
    assert plan["steps"][-1][:2] == [140_000, "brief"]
    client.says["answers"] = ""
    client.ends_turn(31_000)
    assert client.told()["meter"]["window"] == 1_000_000
