"""Usage caps: the brief knows when they start again, and the next session afterwards says so."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest

from handoff.runtime import Here
from handoff.session import cap_resets
from handoff.store import places

from .test_flows import Client, context

if TYPE_CHECKING:
    from .conftest import Repo

HOUR = 3600.0


def feed(client: Client, resets_at: float | None, **used: float) -> None:
    """The client's own figures, as a status line saves them."""
    folder = client.repo.state / "feed"
    folder.mkdir(parents=True, exist_ok=True)
    limits = [
        {"kind": kind, "percentUsed": percent, "resetsAt": resets_at}
        for kind, percent in used.items()
    ]
    figures = {
        "at": Here(client.env, full=True).now + 1,
        "context": {"tokens": 30_000, "window": 1_000_000},
        "rateLimits": limits,
    }
    (folder / f"{client.session}.json").write_text(json.dumps(figures))


def utc(moment: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment))


def hands_over(client: Client, resets_at: float) -> None:
    """A session that runs into the five-hour cap's line and writes its brief."""
    client.start()
    client.works(20_000, 30_000)
    feed(client, resets_at, five_hour=60, seven_day=20)
    assert client("stop") == {}
    feed(client, resets_at, five_hour=92, seven_day=20)
    asked = context(client("stop"))
    local = time.strftime("starts again %a %H:%M", time.localtime(resets_at))
    assert f"five-hour cap 92% of 90%, {local}" in asked
    from handoff.authoring import gather, model, write_brief
    from handoff.brief import document
    from handoff.redact.redact import redact

    here = Here(client.env, full=True)
    found = gather.collect(
        here, client.session, places.session_place(here, client.session, str(client.repo.root))
    )
    words = document.parse_words(redact("# Fix it\n## Task\nDo it.\n"))
    config = here.config(str(client.repo.root))
    write_brief.write(words, found, model.Orders(trigger="cap"), here, config)
    client("stop", stop_hook_active=True)


def test_the_brief_has_the_reset_time(repo: Repo) -> None:
    """Over a cap's handoff line the brief is written while calls still work; it says when the cap
    starts again, in its front matter and to whoever picks it up.
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
    assert "started again" not in early.start()["systemMessage"]
    late = Client(repo, "late", CLAUDE_CODE_SESSION_ATTENDED="0")
    late.later = 3 * HOUR
    assert late.start() == {}, "nobody is there to read it"
    late = Client(repo, "late")
    late.later = 3 * HOUR
    said = late.start()["systemMessage"]
    assert "the five-hour cap started again" in said
    assert "“Fix it” was handed over for it" in said
    again = Client(repo, "again")
    again.later = 3 * HOUR
    assert "started again" not in again.start().get("systemMessage", "")


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
    assert "the five-hour cap started again" in later.start()["systemMessage"]


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
    found = cap_resets.ahead("s1", Here(client.env, full=True))
    assert (found.kind if found else None) == kind


@pytest.mark.parametrize("content", ["", "[]", "{", '{"ROOT": 1}', '{"ROOT": {"resets_at": "x"}}'])
def test_a_damaged_file(repo: Repo, content: str) -> None:
    """A file that says nothing says nothing."""
    repo.state.mkdir(parents=True, exist_ok=True)
    (repo.state / "caps.json").write_text(content.replace("ROOT", str(repo.root)))
    assert Client(repo).start() == {}
