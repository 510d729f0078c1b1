"""What the user is told of briefs at a turn's end: once, with where it is and how to undo it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from handoff.hooks import brief_report
from handoff.session.cap_resets import Cap
from support.caps import feed
from support.client import Client
from support.configuration import configure
from support.modded import Modded, at_work, hand_over

if TYPE_CHECKING:
    from pathlib import Path

    from support.repo import Repo

CONTINUE = "Run /clear to continue in a fresh session, or keep typing to stay in this one."


@pytest.fixture
def client(repo: Repo) -> Client:
    new_client = Client(repo)
    new_client.start()
    new_client.works(20_000, 30_000)
    return new_client


def told(client: Client, **fields: object) -> list[str]:
    """The lines that the user is told at the end of a turn."""
    message: str = client("stop", **fields).get("systemMessage", "")
    return message.split("\n") if message else []


def test_a_typed_handoff_is_confirmed(client: Client, repo: Repo) -> None:
    """At the end of its turn, once: title, commit, how to continue, how to undo."""
    client("user-prompt-expansion", command_name="handoff:handoff", prompt_id="p1")
    client.brief()
    sha = repo.git("rev-parse", "HEAD")[:9]

    assert told(client, prompt_id="p1") == [
        f"handoff: brief “Fix the race” written, committed as {sha} on main.",
        CONTINUE,
        f"To undo: git revert {sha}",
    ]
    assert told(client, prompt_id="p2") == []


def test_after_an_interruption_it_is_told_at_the_next_end(client: Client) -> None:
    """No hook runs where the user stops the turn that wrote the brief."""
    client.brief()
    client.interrupts()
    client.works(31_000)

    assert told(client)[0].startswith("handoff: brief “Fix the race” written, committed as ")


def test_task_briefs(client: Client, repo: Repo) -> None:
    """One says how to start it; of several each has its line, with its commit and its undo."""
    brief_id = client.brief("task", title="Sort")
    sha = repo.git("rev-parse", "HEAD")[:9]
    assert told(client) == [
        f"handoff: task brief “Sort” written, committed as {sha} on main.",
        f"To start it: handoff start {brief_id[-4:]}",
        f"To undo: git revert {sha}",
    ]

    ids = [client.brief("task", title=title) for title in ("One", "Two")]
    first, second = repo.git("log", "-2", "--format=%h", "--abbrev=9").split()[::-1]
    assert told(client) == [
        "handoff: 2 task briefs written.",
        f"“One” ({ids[0][-4:]}), committed as {first} on main. To undo: git revert {first}",
        f"“Two” ({ids[1][-4:]}), committed as {second} on main. To undo: git revert {second}",
        "To start one: handoff start ID",
    ]


def test_a_draft(client: Client, own_home: Path) -> None:
    """What waits for its review says how to commit it, and nothing of a commit."""
    configure(own_home, "brief: {review: true}")
    brief_id = client.brief()

    assert told(client) == [
        "handoff: brief “Fix the race” is a draft for your review.",
        f"To commit it: handoff commit --edit {brief_id[-4:]}",
    ]


def test_kept_at_a_ref_in_a_merge(client: Client, repo: Repo) -> None:
    """What is not on the branch says where it is, why, and how to put it there."""
    repo.git("branch", "side")
    (repo.root / ".git" / "MERGE_HEAD").write_text(repo.git("rev-parse", "side") + "\n")
    client.brief()

    first, then, later = told(client)
    assert first.startswith("handoff: brief “Fix the race” written, not on the branch: commit ")
    assert "merge" in first
    assert then == CONTINUE
    assert later == "To put it on the branch later: handoff commit"


def test_a_cap(client: Client) -> None:
    """Where a cap is in the way /clear does not help: another model or provider does, or to wait
    until the moment that is named.
    """
    resets_at = time.time() + 3600
    feed(client, resets_at, five_hour=60)
    assert told(client) == []
    feed(client, resets_at, five_hour=91)
    assert "5-hour cap at 91%" in str(client("stop"))
    brief_id = client.brief()

    _, then, undo = told(client, stop_hook_active=True)
    assert then == (
        f"Continue on another model or provider (handoff start {brief_id[-4:]} --model … or "
        f"--provider …), or wait until {time.strftime('%H:%M', time.localtime(resets_at))}."
    )
    assert undo.startswith("To undo: ")


def test_a_cap_of_seven_days_names_the_day() -> None:
    """`Thu 14:00`; the time alone where the cap is one of hours."""
    assert len(Cap("seven_day", 1_800_000_000.0).local.split()) == 2
    assert len(Cap("five_hour", 1_800_000_000.0).local.split()) == 1
    assert "until the cap resets" in brief_report.past_a_cap({"id": "a-b"}, None)


def test_the_breaker_has_a_line_of_its_own(repo: Repo, own_home: Path) -> None:
    """It is the last one, behind how to undo the brief."""
    configure(own_home, "breaker: {handoffs: 2, least_calls: 0}")
    hand_over(at_work(repo))
    second = Modded(repo, "s2")
    second.tell(None, "")
    second.start(model="claude-opus-5-5")
    second.works(20_000)

    *_, undo, paused = hand_over(second)["systemMessage"].split("\n")
    assert undo.startswith("To undo: git revert ")
    assert paused == (
        "Automatic handoffs are paused here for 30 minutes: 2 handoffs within 15 minutes. "
        "To resume now: handoff session breaker --close"
    )


def test_a_countdown_that_is_stopped(repo: Repo, own_home: Path) -> None:
    """The order to the mod has what is said then, without our name: the client puts it there."""
    configure(own_home, "mode: auto")
    client = at_work(repo)
    message = hand_over(client)["systemMessage"].split("\n")
    stopped = client.order["stopped"].split("\n")

    assert message[0] == f"handoff: {stopped[0]}"
    assert message[1].startswith("A fresh session continues from it; ")
    assert stopped[1] == CONTINUE
    assert stopped[2] == message[2]
