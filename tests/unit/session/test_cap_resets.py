"""Usage caps: the brief knows when they start again, and the next session afterwards says so."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from handoff.runtime import Runtime
from handoff.session import cap_resets
from support.caps import HOUR, feed, hands_over
from support.client import Client, context

if TYPE_CHECKING:
    from support.repo import Repo


def utc(moment: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment))


def test_the_brief_has_the_reset_time(repo: Repo) -> None:
    """Over a cap's handoff threshold the brief is written while calls still work; it says when the
    cap starts again, in its front matter and to whoever picks it up.
    """
    resets_at = time.time() + 2 * HOUR
    hands_over(Client(repo), resets_at)
    text = repo.briefs()[0].read_text()
    assert "trigger: cap" in text
    assert "cap: five_hour" in text
    assert utc(resets_at) in text
    given = context(Client(repo, "s2").start())
    assert f"because of a usage cap, which starts again at {utc(resets_at)}." in given


def test_the_next_start_after_the_reset_says_so(repo: Repo) -> None:
    """Before the reset nothing; the first session after it is told, beside what else it is told;
    the one after that is not.
    """
    hands_over(Client(repo), time.time() + 2 * HOUR)
    early = Client(repo, "early")
    assert "reset " not in early.start()["systemMessage"]
    late = Client(repo, "late", CLAUDE_CODE_SESSION_ATTENDED="0")
    late.later = 3 * HOUR
    assert late.start() == {}, "nobody is there to read it"
    late = Client(repo, "late")
    late.later = 3 * HOUR
    message = late.start()["systemMessage"]
    assert "the 5-hour cap reset " in message
    assert "“Fix it” was handed off because of it" in message
    again = Client(repo, "again")
    again.later = 3 * HOUR
    assert "reset " not in again.start().get("systemMessage", "")


def test_it_came_too_late(repo: Repo) -> None:
    """A refusal by the API leaves a snapshot with the reset time that the client's words gave."""
    client = Client(repo)
    client.start()
    client.works(20_000)
    client(
        "stop-failure",
        error="rate_limit",
        last_assistant_message="You've hit your session limit · resets in 2h 30m",
    )
    text = repo.briefs()[0].read_text()
    assert "trigger: cap" in text
    assert "cap: five_hour" in text
    later = Client(repo, "s2")
    later.later = 2.6 * HOUR
    assert "the 5-hour cap reset " in later.start()["systemMessage"]


@pytest.mark.parametrize(
    ("resets_in", "used", "kind"),
    [
        (HOUR, {"five_hour": 91.0, "seven_day": 96.0}, "seven_day"),
        (HOUR, {"five_hour": 91.0}, "five_hour"),
        (-HOUR, {"five_hour": 91.0}, None),
        (None, {"five_hour": 91.0}, None),
        (HOUR, {}, None),
    ],
)
def test_which_cap(
    repo: Repo, resets_in: float | None, used: dict[str, float], kind: str | None
) -> None:
    """The fullest cap whose reset is known and still to come."""
    client = Client(repo)
    feed(client, None if resets_in is None else time.time() + resets_in, **used)
    reset = cap_resets.next_reset("s1", Runtime(client.env, full=True))
    assert (reset.kind if reset else None) == kind


@pytest.mark.parametrize("content", ["", "[]", "{", '{"ROOT": 1}', '{"ROOT": {"resets_at": "x"}}'])
def test_a_damaged_file(repo: Repo, content: str) -> None:
    """A file that says nothing says nothing."""
    repo.state.mkdir(parents=True, exist_ok=True)
    (repo.state / "caps.json").write_text(content.replace("ROOT", str(repo.root)))
    assert Client(repo).start() == {}
