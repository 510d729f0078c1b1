"""Which briefs a session's end may file away: those by code that it got over, and no others."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handoff.client.transcript import later_activity
from handoff.session import state
from handoff.store import claims
from support.caps import HOUR, feed, hands_over
from support.client import WRITE, Client, context

if TYPE_CHECKING:
    from pathlib import Path

    from support.repo import Repo

ENDS = ("clear", "prompt_input_exit", "other")


def over_a_cap(client: Client) -> None:
    """A session that wrote its brief over a cap's threshold, and said so: the context grew."""
    hands_over(client, time.time() + 2 * HOUR)
    goes_on(client, 31_000, prompt="", command=WRITE)


def goes_on(client: Client, *tokens: int, prompt: str, command: str = "") -> None:
    """Answers that make the context grow, by the transcript: no figures are saved any more."""
    (client.repo.state / "feed" / f"{client.session}.json").unlink()
    client.works(*tokens, prompt=prompt, command=command)


def refused(client: Client) -> str:
    """A session that the API refused in its work; the id of the snapshot."""
    client.start()
    client.works(20_000, 21_000)
    client("stop-failure", error="rate_limit")
    (brief,) = client.repo.briefs()
    return brief.stem


@pytest.mark.parametrize("reason", ENDS)
def test_a_models_brief_at_a_cap(repo: Repo, reason: str) -> None:
    """However the session ends, its brief is there for the next one, although the answer that
    reported it has made the context grow.
    """
    client = Client(repo)
    over_a_cap(client)
    (brief,) = repo.briefs()
    client("session-end", reason=reason)
    assert repo.briefs() == [brief]
    source = "clear" if reason == "clear" else "startup"
    assert brief.stem in context(Client(repo, "s2").start(source))


def test_work_after_a_models_brief_at_a_cap(repo: Repo) -> None:
    """Where the user went on after it, its successor holds its words and the new ones."""
    client = Client(repo)
    over_a_cap(client)
    (brief,) = repo.briefs()
    client.works(32_000, 33_000, prompt="And now the footer")
    client("stop")
    client("session-end", reason="clear")
    (successor,) = repo.briefs()
    assert successor != brief
    assert "And now the footer" in successor.read_text()
    assert "Do it." in successor.read_text()


@pytest.mark.parametrize("reason", ENDS)
@pytest.mark.parametrize("again", [False, True], ids=["at once", "refused again"])
def test_a_session_that_ends_at_its_cap(repo: Repo, reason: str, again: bool) -> None:
    """A snapshot of a refusal that nothing was answered after is there for the next session."""
    client = Client(repo)
    brief = refused(client)
    if again:
        client("user-prompt-submit", prompt="try again")
        client.works(prompt="try again")
        client("stop-failure", error="rate_limit")
    client("session-end", reason=reason)
    assert [path.stem for path in repo.briefs()] == [brief]
    assert brief in context(Client(repo, "s2").start())


def test_a_cap_that_started_again(repo: Repo) -> None:
    """Work that went on after the reset, and a session that then ended by itself: filed away."""
    client = Client(repo)
    brief = refused(client)
    client.later = 5 * HOUR
    client.works(22_000, 23_000, prompt="go on")
    client("stop")
    client("session-end", reason="prompt_input_exit")
    assert not repo.briefs()
    (done,) = repo.briefs("done")
    assert done.stem == brief
    assert "The session continued after it" in done.read_text()


def test_a_late_answer_is_not_work_after_it(repo: Repo) -> None:
    """What the client wrote down late, or at a time that it does not say, is not taken for it."""
    client = Client(repo)
    refused(client)
    client.later = -60.0
    client.works(22_000, prompt="what was asked before")
    client.later = 0.0
    text = client.transcript.read_text()
    client.works(23_000, prompt="go on")
    new = client.transcript.read_text()[len(text) :].replace('"timestamp"', '"time"')
    client.transcript.write_text(text + new)
    client("stop")
    client("session-end", reason="other")
    (left,) = repo.briefs()
    assert "trigger: end" in left.read_text()
    assert f"Continued by {left.stem}." in repo.briefs("done")[0].read_text()


def test_work_that_nobody_asked_for_after_a_refusal(repo: Repo) -> None:
    """A background task's end brings a turn of its own: the session left something all the same."""
    client = Client(repo)
    refused(client)
    client.works(22_000, 23_000, prompt="<task-notification>\n<task-id>1</task-id>")
    client("stop")
    client("session-end", reason="other")
    (left,) = repo.briefs()
    assert "trigger: end" in left.read_text()


def test_code_wrote_for_a_model_that_did_not(repo: Repo) -> None:
    """Over a cap's line the model was asked and wrote nothing: what code wrote is to be carried on,
    also where the user says something after it.
    """
    client = Client(repo)
    client.start()
    client.works(20_000, 30_000)
    feed(client, time.time() + HOUR, five_hour=60)
    client("stop")
    feed(client, time.time() + HOUR, five_hour=92)
    assert context(client("stop"))
    client("stop", stop_hook_active=True)
    (brief,) = repo.briefs()
    assert "trigger: cap" in brief.read_text()
    goes_on(client, 31_000, 32_000, prompt="one more thing")
    client("session-end", reason="clear")
    (left,) = repo.briefs()
    assert "one more thing" in left.read_text()


def test_a_compaction_that_nothing_came_after(repo: Repo) -> None:
    """The client compacted and the session ended: its facts are not thrown away, and are free."""
    client = Client(repo)
    client.start()
    client.works(20_000, 100_000)
    client("pre-compact", trigger="auto")
    client.start("compact")
    (brief,) = repo.briefs()
    client("session-end", reason="other")
    assert repo.briefs() == [brief]
    assert claims.owner(str(repo.state), brief.stem) == ""
    assert brief.stem in context(Client(repo, "s2").start())


@pytest.mark.parametrize("event", ["pre-compact", "stop-failure"])
@pytest.mark.parametrize("whose", ["own", "picked up"])
def test_what_a_stopgap_replaced_is_not_lost_with_it(repo: Repo, event: str, whose: str) -> None:
    """A model's brief lives on in the snapshot that replaced it, and that is not filed away: it may
    be the session's own, or the one it was given.
    """
    client = Client(repo)
    client.start()
    client.works(20_000)
    client.brief(title="Fix the race")
    if whose == "picked up":
        client("session-end", reason="clear")
        client = Client(repo, "s2")
        assert context(client.start("clear"))
    client.works(21_000, 22_000, 23_000, prompt="go on")
    client(event, trigger="auto", error="rate_limit")
    client.start("compact") if event == "pre-compact" else None
    client.works(24_000, 25_000, prompt="and on")
    client("stop")
    client("session-end", reason="other")
    (left,) = repo.briefs()
    assert "Do Fix the race." in left.read_text()


def test_words_that_were_held_back(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    """A model's words that code stored for it at a compaction are a model's brief, with what it was
    to be verified by.
    """
    from handoff.authoring import fact_check
    from handoff.brief import document
    from handoff.redact.redact import redact

    client = Client(repo)
    client.start()
    client.works(20_000, 100_000)
    words = document.parse_words(redact("# Held back\n## Task\nDo it.\n"))
    held = document.Brief(
        "20261130-100000-held-beef",
        words.title,
        "2026-11-30T10:00:00Z",
        verify=("make test",),
        labels=("till",),
        sections=words.sections,
    )
    monkeypatch.setattr(fact_check, "held_back", lambda *_: held)
    client("pre-compact", trigger="auto")
    client.start("compact")
    client.works(21_000, prompt="")
    client("session-end", reason="other")
    text = repo.briefs()[0].read_text()
    assert "title: Held back" in text
    assert "verify: [make test]\nlabels: [till]\n" in text


def test_a_stopgap_that_another_session_has(repo: Repo) -> None:
    """Picked up elsewhere meanwhile, it is that session's: the first one's end leaves it alone."""
    client = Client(repo)
    brief = refused(client)
    client("session-end", reason="other")
    second = Client(repo, "s2")
    assert brief in context(second.start())
    client.start("resume")
    client.works(22_000, 23_000, prompt="go on after all")
    client("stop")
    client("session-end", reason="other")
    assert brief in [path.stem for path in repo.briefs()]


def test_a_resumed_session_that_went_on(repo: Repo) -> None:
    """Ended at its cap, resumed after it and finished: filed away then."""
    client = Client(repo)
    brief = refused(client)
    client("session-end", reason="other")
    client.start("resume")
    client.later = HOUR
    client.works(22_000, 23_000, prompt="go on")
    client("stop")
    client("session-end", reason="other")
    assert not repo.briefs()
    assert brief in [path.stem for path in repo.briefs("done")]


def test_a_fork_leaves_its_parents_brief_alone(repo: Repo) -> None:
    """A fork has its parent's transcript and none of its briefs."""
    client = Client(repo)
    brief = refused(client)
    fork = Client(repo, "fork")
    fork.transcript.write_text(client.transcript.read_text())
    fork.start("fork")
    fork.works(22_000, 23_000, prompt="go on")
    fork("stop")
    fork("session-end", reason="other")
    assert [path.stem for path in repo.briefs()] == [brief]


# What can stand in a transcript behind a brief, and whether a person said it or a model answered.
RECORDS: dict[str, dict[str, Any]] = {
    "prompt": {"type": "user", "message": {"role": "user", "content": "go on"}},
    "answer": {
        "type": "assistant",
        "message": {"model": "claude-opus-5-5", "content": [], "usage": {}},
    },
    "refusal": {
        "type": "assistant",
        "isApiErrorMessage": True,
        "error": "rate_limit",
        "message": {"model": "<synthetic>", "content": [{"type": "text", "text": "limit"}]},
    },
    "subagent": {
        "type": "assistant",
        "isSidechain": True,
        "message": {"model": "claude-opus-5-5", "content": [], "usage": {}},
    },
    "meta": {"type": "user", "isMeta": True, "message": {"role": "user", "content": "Caveat: x"}},
    "shell": {
        "type": "user",
        "message": {"role": "user", "content": "<bash-input>ls</bash-input>"},
    },
    "result": {
        "type": "user",
        "message": {"role": "user", "content": [{"type": "tool_result", "content": "ok"}]},
    },
    "summary": {
        "type": "user",
        "isCompactSummary": True,
        "message": {"role": "user", "content": "In short"},
    },
    "torn": {},
}
EARLY, LATE = "2026-11-22T08:00:00.000Z", "2026-11-22T09:00:00.000Z"
AT = 1_795_335_600.0  # 2026-11-22T08:20:00Z


@settings(deadline=None)
@given(
    before=st.lists(st.sampled_from(sorted(RECORDS))),
    after=st.lists(st.tuples(st.sampled_from(sorted(RECORDS)), st.booleans())),
)
def test_what_counts_as_going_on(
    tmp_path_factory: pytest.TempPathFactory, before: list[str], after: list[tuple[str, bool]]
) -> None:
    """An answer of the main conversation behind both the place and the time; with `asked` only one
    to what a person said there.
    """
    path = tmp_path_factory.mktemp("t") / "t.jsonl"
    path.write_text("".join(record(name, late=True) for name in before))
    offset = path.stat().st_size
    with path.open("a") as file:
        file.writelines(record(name, late=late) for name, late in after)
    late = [name for name, is_late in after if is_late]
    asked = late[late.index("prompt") :] if "prompt" in late else []

    assert later_activity.has_continued(str(path), offset, AT, asked=False) == ("answer" in late)
    assert later_activity.has_continued(str(path), offset, AT, asked=True) == ("answer" in asked)


def record(name: str, *, late: bool) -> str:
    """A line of a transcript."""
    if name == "torn":
        return '{"type": "assistant", "mess\n'
    return json.dumps({**RECORDS[name], "timestamp": LATE if late else EARLY}) + "\n"


@pytest.mark.parametrize("what", ["missing", "folder", "shorter"])
def test_a_transcript_that_says_nothing(tmp_path: Path, what: str) -> None:
    """Where the transcript cannot be read, or is another one, nothing went on."""
    path = tmp_path / "t.jsonl"
    if what == "folder":
        path.mkdir()
    if what == "shorter":
        path.write_text(record("answer", late=True))
    assert not later_activity.has_continued(str(path), 100_000, AT, asked=False)


def test_what_is_kept_of_a_brief(repo: Repo) -> None:
    """The state of a session has when its brief was written, and how long its transcript was."""
    client = Client(repo)
    refused(client)
    entry = state.load(str(repo.state), "s1").last_brief
    assert entry["stopgap"] is True
    assert entry["transcript_size"] == client.transcript.stat().st_size
    assert abs(entry["at"] - time.time()) < HOUR
