"""A compacted session that was forked or resumed still knows what the user asked for first."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from handoff.brief import snapshot
from handoff.brief.sections import TASK
from handoff.client.transcript import fork_origin
from handoff.client.transcript.reader import RECENT, read
from handoff.facts import gather as gathering
from support.session_file import SessionFile

if TYPE_CHECKING:
    from pathlib import Path

    from handoff.facts.model import Facts

TASK_SAID = "add a tax column to the receipt, and never touch basket.py"
SUMMARY = "1. Primary Request: a tax column"


@pytest.fixture
def parent(tmp_path: Path) -> SessionFile:
    """A session that was compacted; its last turn was kept as it was."""
    session = SessionFile(tmp_path / "parent.jsonl")
    session.turn(TASK_SAID, "A first answer of some length.")
    session.creates("/repo/tax.py")
    session.turn("now the totals", "The totals are there.")
    kept = [record["uuid"] for record in records(session)[-3:]]
    session.compacts(SUMMARY, preservedMessages={"allUuids": kept, "uuids": kept})
    return session


def records(session: SessionFile) -> list[dict[str, Any]]:
    return [json.loads(line) for line in session.path.read_text().splitlines()]


def fork(parent: SessionFile, name: str = "fork") -> SessionFile:
    """What the client writes for `--fork-session`: boundary, summary, kept messages."""
    forked = SessionFile(parent.path.with_name(f"{name}.jsonl"), 1000)
    forked.write({"type": "mode", "mode": "normal", "sessionId": name})
    old = records(parent)
    at = next(i for i, r in enumerate(old) if r.get("subtype") == "compact_boundary")
    kept = old[at]["compactMetadata"]["preservedMessages"]["allUuids"]
    copied = [*old[at : at + 2], *(r for r in old if r["uuid"] in kept), *old[at + 2 :]]
    for record in copied:
        forked.write({**record, "sessionId": name})
    forked.leaf = copied[-1]["uuid"]
    return forked


def facts(session: SessionFile, limit: int | None = RECENT) -> Facts:
    return gathering.gather_facts(read(str(session.path), limit), "/repo")


def asked(session: SessionFile, limit: int | None = RECENT) -> list[str]:
    return [request.text for request in facts(session, limit).requests][::-1]


@pytest.mark.parametrize("limit", [None, 0, RECENT])
def test_a_fork_knows_its_parents_requests(parent: SessionFile, limit: int | None) -> None:
    """The user's words come from the parent's transcript, its files too; nothing comes twice."""
    forked = fork(parent)
    forked.turn("go on", "On.")
    parent.turn("what came after the fork", "No matter.")
    assert asked(forked, limit) == [TASK_SAID, "now the totals", "go on"]
    fork_facts = facts(forked, limit)
    assert [file.path for file in fork_facts.files if file.created] == ["tax.py"]
    assert fork_facts.compactions == 1
    if limit != 0:
        assert fork_facts.answers[:2] == ("On.", "The totals are there.")


def test_the_task_of_a_fork(parent: SessionFile) -> None:
    """A brief by code has what the user asked for, first and last, and the client's summary, which
    it calls a model's words; “go on” is no task.
    """
    forked = fork(parent)
    forked.turn("go on from where you left off", "On.")
    words = snapshot.compose_words(facts(forked))
    assert words is not None
    assert words.title == "now the totals"
    users, _, models = words.sections[TASK].partition("(a model's words, not the user's)")
    assert "now the totals" in users
    assert "never touch basket.py" in users
    assert SUMMARY not in users
    assert SUMMARY in models
    assert "being continued" not in models


@pytest.mark.parametrize("folder", ["-repo--claude-worktrees-x", "-elsewhere"])
def test_a_fork_that_moved(parent: SessionFile, tmp_path: Path, folder: str) -> None:
    """The client takes its transcript along; the parent's stays in the folder of its directory."""
    forked = fork(parent)
    forked.turn("go on", "On.")
    for session, name in ((parent, "-repo"), (forked, folder)):
        place = tmp_path / "projects" / name / session.path.name
        place.parent.mkdir(parents=True)
        session.path = session.path.rename(place)
    assert asked(forked) == [TASK_SAID, "now the totals", "go on"]


def test_without_its_parent_a_fork_has_the_summary(parent: SessionFile) -> None:
    """The parent's transcript may be on another machine."""
    forked = fork(parent)
    forked.turn("go on", "On.")
    parent.path.unlink()
    assert asked(forked) == ["now the totals", "go on"]
    words = snapshot.compose_words(facts(forked))
    assert words is not None
    assert SUMMARY in words.sections[TASK]


def test_resumed_in_its_own_file(parent: SessionFile) -> None:
    parent.turn("go on again", "On.")
    words = snapshot.compose_words(facts(parent))
    assert words is not None
    assert words.title == "now the totals"
    assert "never touch basket.py" in words.sections[TASK]
    assert SUMMARY in words.sections[TASK]


def test_a_fork_of_a_fork(parent: SessionFile) -> None:
    """Other forks of the same session are not taken for the parent, however new they are."""
    first = fork(parent)
    first.turn("only in the first fork", "Yes.")
    second = fork(parent, "second")
    second.turn("go on", "On.")
    os.utime(first.path)
    assert asked(second) == [TASK_SAID, "now the totals", "go on"]

    first.compacts("second summary", preservedMessages={"allUuids": [], "uuids": []})
    of_a_fork = SessionFile(parent.path.with_name("third.jsonl"), 2000)
    for record in records(first)[-2:]:
        of_a_fork.write(record)
    of_a_fork.turn("and on", "On.")
    assert asked(of_a_fork) == [TASK_SAID, "now the totals", "only in the first fork", "and on"]


def test_what_the_parent_takes_back_later_is_the_parents(parent: SessionFile) -> None:
    """A `/rewind` in the parent after the fork changes nothing in the fork."""
    forked = fork(parent)
    parent.leaf = ""
    parent.turn("all new", "Yes.")
    assert asked(parent) == ["all new"]
    assert asked(forked) == [TASK_SAID, "now the totals"]


def test_most_sessions_have_no_origin(parent: SessionFile, tmp_path: Path) -> None:
    """Nothing is looked for: a session begins with something else, or is no file."""
    assert fork_origin.find(str(parent.path)) is None
    assert fork_origin.find(str(tmp_path / "none.jsonl")) is None
    (tmp_path / "broken.jsonl").write_bytes(b'{"parentUuid":null,"subtype":"compact_boundary"\n')
    assert fork_origin.find(str(tmp_path / "broken.jsonl")) is None


def test_a_parent_far_into_a_long_file(parent: SessionFile) -> None:
    """The boundary is found wherever the blocks that are read begin and end."""
    old = records(parent)
    for size in (1_048_000, 1_048_560, 1_048_576, 2_500_000):
        long_parent = SessionFile(parent.path.with_name("parent.jsonl"))
        long_parent.typed(TASK_SAID)
        long_parent.answer("x" * size)
        for record in old[-2:]:
            long_parent.write(record)
        forked = parent.path.with_name("fork.jsonl")
        forked.write_text("".join(json.dumps(r, separators=(",", ":")) + "\n" for r in old[-2:]))
        origin = fork_origin.find(str(forked))
        assert origin is not None
        lines = long_parent.path.read_bytes()[origin.end :].splitlines()
        assert [json.loads(line)["uuid"] for line in lines] == [r["uuid"] for r in old[-2:]]


def test_what_stands_beside_the_parent(
    parent: SessionFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A link that leads nowhere hides no parent; a file is read as far as there is time for."""
    child = fork(parent)
    parent.path.with_name("gone.jsonl").symlink_to("nowhere.jsonl")
    assert asked(child)[0] == TASK_SAID

    padding = json.dumps({"type": "progress", "x": "x" * 3_000_000}) + "\n"
    parent.path.write_text(padding + parent.path.read_text())
    assert fork_origin.find(str(child.path)) is not None
    monkeypatch.setattr(fork_origin, "_MAX_BYTES", 1_000_000)
    assert fork_origin.find(str(child.path)) is None
