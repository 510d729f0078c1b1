"""Compaction: facts before it, facts after it, a new cycle, and `/compact handoff: <goal>`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from handoff.client import hook_io
from handoff.hooks import compaction
from handoff.session import state
from handoff.store import claims
from support.client import Client, context

if TYPE_CHECKING:
    from support.repo import Repo


@pytest.mark.parametrize(
    ("trigger", "instructions", "goal"),
    [
        ("manual", "handoff: make the receipt faster", "make the receipt faster"),
        ("manual", "  Handoff :\n two\nlines ", "two\nlines"),
        ("manual", "/handoff: the goal", "the goal"),
        ("manual", "handoff:", ""),
        ("manual", "handoff:   ", ""),
        ("manual", "keep what handoff: said", ""),
        ("manual", "handoff the receipt", ""),
        ("manual", "", ""),
        ("auto", "handoff: make the receipt faster", ""),
    ],
)
def test_the_goal(trigger: str, instructions: str, goal: str) -> None:
    """Only a person's own words that begin with `handoff:` are a goal."""
    fields = {"trigger": trigger, "custom_instructions": instructions}
    assert compaction.goal_of(hook_io.Payload(fields)) == goal


def test_a_brief_for_the_goal(repo: Repo) -> None:
    """`/compact handoff: <goal>` writes and commits a brief with that goal as its task, and the
    compacted session is given it back.
    """
    client = Client(repo)
    client.start()
    client.works(20_000, 100_000)
    words = "handoff: sort the prices"
    assert client("pre-compact", trigger="manual", custom_instructions=words) == {}
    (brief,) = repo.briefs()
    text = brief.read_text()
    assert "title: sort the prices" in text
    assert "> sort the prices" in text.partition("## Facts")[0]
    assert "List the prices" in text.partition("## Facts")[2]
    subject = repo.git("log", "-1", "--format=%s").strip()
    assert subject == f"handoff: snapshot “sort the prices” ({brief.stem[-4:]})"
    back = client.start("compact")
    assert f'<handoff-brief id="{brief.stem}">' in context(back)
    told = "brief for “sort the prices” saved before the compaction: .handoff/open/"
    assert told in back["systemMessage"]
    assert claims.owner(str(repo.state), brief.stem) == "s1"


@pytest.mark.parametrize("trigger", ["auto", "manual"])
def test_what_was_done_is_told_afterwards(repo: Repo, trigger: str) -> None:
    """What PreCompact prints is the model's instruction for its summary: it prints nothing. The
    user is told once, when the session is compacted, or at the next prompt if it was not.
    """
    client = Client(repo)
    client.start()
    client.works(20_000, 100_000)
    assert client("pre-compact", trigger=trigger) == {}
    told = "handoff: snapshot saved before the compaction: .handoff/open/"
    assert told in client.start("compact")["systemMessage"]
    assert client("user-prompt-submit", prompt="go on") == {}

    client.works(20_000, 101_000)
    assert client("pre-compact", trigger=trigger) == {}
    assert told in client("user-prompt-submit", prompt="it failed")["systemMessage"]
    assert "systemMessage" not in client.start("compact")


def test_a_goal_before_any_work(repo: Repo) -> None:
    """A session that did nothing has nothing to hand over."""
    client = Client(repo)
    client.start()
    assert client("pre-compact", trigger="manual", custom_instructions="handoff: x") == {}
    assert not repo.briefs()


def test_a_compaction_begins_a_new_cycle(repo: Repo) -> None:
    """After a compaction every threshold may fire again: a session that handed over before it
    does so again when it has passed one again, and what was refused before counts no more.
    """
    client = Client(repo)
    client.start()
    client.works(20_000, 205_000)
    assert "handoff write" in context(client("stop"))
    client.brief()
    client("stop", stop_hook_active=True)
    state.update(str(repo.state), "s1", lambda s: s.values.update(refused=3, gated=True))
    client.works(400_000)
    assert client("stop") == {}, "one handoff a cycle"

    client("pre-compact", trigger="auto")
    client.start("compact")
    session = state.load(str(repo.state), "s1")
    assert session.fired == {}
    assert session.refused == 0
    assert not session.gated
    client.works(30_000, 130_000)
    assert "handoff threshold 200k" in client("stop")["systemMessage"]
    client.works(204_000)
    assert "handoff write" in context(client("stop"))


def test_a_small_compaction_is_a_new_cycle_too(repo: Repo) -> None:
    """A compaction that leaves the session over its threshold: told once that it began so."""
    client = Client(repo)
    client.start()
    client.works(20_000, 205_000)
    client("stop")
    client.brief()
    client("stop", stop_hook_active=True)
    client("pre-compact", trigger="auto")
    client.start("compact")
    client.works(210_000)
    assert "began over its handoff threshold" in client("stop")["systemMessage"]
    client.works(215_000)
    assert client("stop") == {}
