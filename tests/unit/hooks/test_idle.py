"""A session that idles: what is written before its cache goes cold, what is said after."""

from __future__ import annotations

import copy
import json
import time
from typing import TYPE_CHECKING

import pytest

from handoff.config.model import DEFAULTS, Config
from handoff.hooks import dispatch, idle
from handoff.mod import orders
from handoff.runtime import NeedsEnvironment, Runtime
from handoff.session import decision_log, state, transitions
from handoff.session.files import SessionFiles
from support.client import Client
from support.configuration import configure
from support.idle import answered, mod_says, run

if TYPE_CHECKING:
    from pathlib import Path

    from support.repo import Repo

NOW = 1_800_000_000.0
SOON = NOW + 60


def config(cold_cache: str, mode: str = "write") -> Config:
    """The default configuration but for these."""
    return Config({**copy.deepcopy(DEFAULTS), "cold_cache": cold_cache, "mode": mode})


@pytest.mark.parametrize(
    ("session", "cold_cache", "mode", "act", "reason"),
    [
        (idle.IdleState(True, SOON), "snapshot", "write", "snapshot", "about to go cold"),
        (idle.IdleState(True, SOON), "brief", "write", "brief", "about to go cold"),
        (idle.IdleState(True, SOON), "brief", "auto", "brief", "about to go cold"),
        (idle.IdleState(True, SOON), "off", "write", "none", "cold_cache is off"),
        (idle.IdleState(True, SOON), "brief", "notify", "none", "mode is notify"),
        (idle.IdleState(True, SOON), "snapshot", "off", "none", "mode is off"),
        (idle.IdleState(False, SOON), "snapshot", "write", "none", "below the warn threshold"),
        (idle.IdleState(True, None), "snapshot", "write", "none", "no warm cache is known"),
        (idle.IdleState(True, NOW), "snapshot", "write", "none", "no warm cache is known"),
        (idle.IdleState(True, NOW + 119), "snapshot", "write", "snapshot", "about to go cold"),
        (idle.IdleState(True, NOW + 121), "snapshot", "write", "none", "stays warm"),
        (
            idle.IdleState(True, SOON, covered=True),
            "brief",
            "write",
            "none",
            "since the last brief",
        ),
        (idle.IdleState(True, SOON, held="open"), "brief", "write", "snapshot", "about to go cold"),
        (idle.IdleState(True, SOON, hears=False), "brief", "write", "snapshot", "about to go cold"),
    ],
)
def test_what_is_written(
    session: idle.IdleState, cold_cache: str, mode: str, act: str, reason: str
) -> None:
    """Over the warn threshold, with a cache about to go cold and something new to keep: as
    configured; a model is asked only where the mod can and the breaker lets it.
    """
    decided_act, why_so = idle.decide(NOW, session, config(cold_cache, mode))
    assert (decided_act, reason in why_so) == (act, True), why_so


def test_a_snapshot_by_default(repo: Repo) -> None:
    """Code writes and commits it, once; the price of each way is in the reason; the next prompt
    tells it.
    """
    client = Client(repo)
    answered(client, 240, 20_000, 150_000)
    decision = run()
    assert decision["act"] == "snapshot"
    assert "caches 150k tokens again for about $" in decision["reason"]
    assert "a snapshot costs nothing, a brief by the model about $" in decision["reason"]
    assert decision["cold_usd"] > decision["brief_usd"] > 0
    (brief,) = repo.briefs()
    assert decision["brief"] == brief.stem
    assert "trigger: idle" in brief.read_text()
    assert run()["act"] == "none"
    told = client("user-prompt-submit", prompt="go on")["systemMessage"]
    assert "before the prompt cache went cold, handoff saved a snapshot: “" in told
    assert [entry["act"] for entry in decision_log.read_entries(str(repo.state), "s1")] == [
        "snapshot",
        "snapshot",
        "none",
    ]


@pytest.mark.parametrize(("tokens", "ago"), [(60_000, 240), (150_000, 400), (150_000, 10)])
def test_nothing_to_do(repo: Repo, tokens: int, ago: float) -> None:
    """Below the warn threshold, in a cold cache and in one that stays warm nothing is written."""
    answered(Client(repo), ago, 20_000, tokens)
    assert run()["act"] == "none"
    assert not repo.briefs()


def test_a_brief_by_the_model(repo: Repo, own_home: Path) -> None:
    """With `cold_cache: brief` the mod is told to run `/handoff`, once a cycle; without a mod there
    is a snapshot.
    """
    configure(own_home, "cold_cache: brief\n")
    answered(Client(repo), 240, 20_000, 150_000)
    mod_says(repo)
    assert run()["act"] == "brief"
    order = json.loads((repo.state / "next" / "s1.json").read_text())["order"]
    assert (order["do"], order["turn"]) == ("handoff", "t1")
    assert state.load(str(repo.state), "s1").is_handing_over
    assert not repo.briefs()

    answered(Client(repo, "s2"), 240, 20_000, 150_000)
    assert run("s2")["act"] == "snapshot"


@pytest.mark.parametrize(
    ("text", "tokens", "ago", "wakes"),
    [
        ("", 150_000, 0, True),
        ("", 60_000, 0, False),
        ("", 150_000, 400, False),
        ("cold_cache: off\n", 150_000, 0, False),
        ("mode: notify\n", 150_000, 0, False),
    ],
)
def test_when_the_mod_wakes(
    repo: Repo, own_home: Path, text: str, tokens: int, ago: float, wakes: bool
) -> None:
    """At a turn's end over the warn threshold, and when the session is resumed, the mod is told a
    moment a minute before the cache goes cold; below it, in a cold cache or where nothing would be
    written, none.
    """
    if text:
        configure(own_home, text)
    client = Client(repo)
    answered(client, ago, 20_000, tokens)
    mod_says(repo, context={"tokens": tokens, "window": 1_000_000})
    runtime = Runtime(client.env, full=True)

    def wake() -> float:
        told: float = json.loads((repo.state / "next" / "s1.json").read_text())["wake"]
        return told

    orders.publish(SessionFiles("s1", runtime), turn="t1")
    assert (abs(wake() - time.time() - 240) < 30) if wakes else wake() == 0
    orders.publish(SessionFiles("s1", runtime))
    assert wake() == 0
    # A client that was just resumed has no figures of its own.
    mod_says(repo, context={"window": 1_000_000})
    client.start("resume")
    assert (abs(wake() - time.time() - 240) < 30) if wakes else wake() == 0


def test_what_was_left_to_say_outlives_a_new_start_of_the_hook(repo: Repo) -> None:
    """The price of a cold cache needs the private environment: until then nothing is taken."""
    client = Client(repo)
    answered(client, 900, 20_000, 150_000)
    transitions.leave_message(str(repo.state), "s1", "handoff: something else.")
    payload = {"session_id": "s1", "cwd": str(repo.root), "prompt": "go on"}
    payload["transcript_path"] = str(client.transcript)
    raw = json.dumps(payload).encode()
    with pytest.raises(NeedsEnvironment):
        dispatch.answer("user-prompt-submit", raw, Runtime(client.env, full=False))

    told = json.loads(dispatch.answer("user-prompt-submit", raw, Runtime(client.env, full=True)))
    first, second, _ = told["systemMessage"].split("\n")
    assert first == "handoff: something else."
    assert second.startswith("handoff: the prompt cache went cold")


def test_what_the_mod_said_is_not_said_again(repo: Repo) -> None:
    """It prints what was left to say at once; what came after that is for the next prompt."""
    client = Client(repo)
    client.start()
    home = str(repo.state)
    transitions.leave_message(home, "s1", "handoff: saved.\nTo undo: git revert abc")
    mod_says(repo, said="handoff: saved.\nTo undo: git revert abc")
    transitions.leave_message(home, "s1", "handoff: and more.\nTo undo: git revert abc")
    orders.publish(SessionFiles("s1", Runtime(client.env, full=True)))
    assert "handoff: saved." in json.loads((repo.state / "next" / "s1.json").read_text())["say"]

    assert client("user-prompt-submit", prompt="x") == {
        "systemMessage": "handoff: and more.\nTo undo: git revert abc"
    }
    assert client("user-prompt-submit", prompt="y") == {}


def test_the_next_prompt_says_what_it_costs(repo: Repo) -> None:
    """Without a mod: a prompt into a cold cache over the warn threshold says its price, once a
    cycle; a warm one and a small one say nothing.
    """
    cold = Client(repo, "cold")
    answered(cold, 900, 20_000, 150_000)
    told = cold("user-prompt-submit", prompt="go on")["systemMessage"]
    assert "the prompt cache went cold 10 min ago, so this prompt caches 150k tokens again" in told
    assert "for about $" in told
    assert cold("user-prompt-submit", prompt="go on") == {}

    warm = Client(repo, "warm")
    answered(warm, 120, 20_000, 150_000)
    assert warm("user-prompt-submit", prompt="go on") == {}
    small = Client(repo, "small")
    answered(small, 900, 20_000, 60_000)
    assert small("user-prompt-submit", prompt="go on") == {}


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"prompt_cache_likely_expired": True, "context_tokens": 230_000,
          "estimated_cache_write_usd": 1.437}, "caches this session's 230k tokens again for about"),
        ({"prompt_cache_likely_expired": True, "context_tokens": 230_000},
          "caches this session's 230k tokens again.\n"),
        ({"prompt_cache_likely_expired": True, "context_tokens": 90_000}, ""),
        ({"prompt_cache_likely_expired": True, "context_tokens": "many"}, ""),
        ({"prompt_cache_likely_expired": False, "context_tokens": 230_000}, ""),
        ({"context_tokens": 230_000}, ""),
    ],
)  # fmt: skip
def test_a_resumed_session(repo: Repo, fields: dict[str, object], words: str) -> None:
    """A session that is resumed over the warn threshold with a cold cache says what it costs, by
    the client's own figures.
    """
    answer = Client(repo).start("resume", **fields)
    assert words in answer.get("systemMessage", "")
    assert bool(answer) is bool(words)
    if "estimated_cache_write_usd" in fields:
        assert "for about $1.44" in answer["systemMessage"]
