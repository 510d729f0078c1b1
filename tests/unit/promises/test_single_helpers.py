"""What exists once for the whole package: counts, files, processes, stop signals, IDs."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, Any

import pytest

from handoff.base import file_io, wording
from handoff.base.errors import HandoffError
from handoff.facts import gather
from handoff.meter import feed as feeds
from handoff.process.signals import StopSignal
from handoff.redact import redact
from handoff.store import drafts, places
from handoff.store.match_id import match_id
from support.client import Client

if TYPE_CHECKING:
    from pathlib import Path

    from handoff.runtime import Runtime
    from support.repo import Repo

AT = "2026-11-22T12:00:00.000Z"
SECRET = "ghp_" + "1234567890abcdefghijABCDEFGHIJklmnop"


@pytest.mark.parametrize(
    ("count", "words"), [(0, "0 briefs"), (1, "1 brief"), (2, "2 briefs"), (1000, "1000 briefs")]
)
def test_a_count_has_its_noun(count: int, words: str) -> None:
    """Only one of a thing is in the singular."""
    assert wording.count_of(count, "brief") == words


@pytest.mark.parametrize("durable", [True, False])
def test_a_file_is_synced_only_where_it_must_last(
    durable: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is whole either way."""
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", synced.append)
    path = tmp_path / "s" / "a.json"
    (tmp_path / "s").mkdir()
    file_io.write_json(str(path), {"a": 1}, durable=durable)

    assert path.read_text() == '{"a": 1}\n'
    assert path.stat().st_mode & 0o777 == 0o600
    assert os.listdir(path.parent) == ["a.json"]
    assert bool(synced) is durable


def test_what_a_killed_feed_left_is_swept_as_all_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its temporary file has the name that `sweep` knows."""
    seen: list[str] = []
    real = os.replace

    def noted(old: str, new: str) -> None:
        seen.append(old)
        real(old, new)

    monkeypatch.setattr(os, "replace", noted)
    feeds.save(str(tmp_path), "s1", {"tokens": 1})

    assert seen == [file_io.temporary_name(str(tmp_path / "feed" / "s1.json"))]


def test_a_link_is_replaced_whole(tmp_path: Path) -> None:
    """It leads to the new place; what is no link stays, with nothing beside it."""
    link = tmp_path / "link"
    for target in ("a", "b"):
        file_io.replace_link(target, str(link))
        assert os.readlink(link) == target
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError):
        file_io.replace_link("a", str(tmp_path / "folder"))
    assert sorted(os.listdir(tmp_path)) == ["folder", "link"]


IDS = ("20261122-120000-fix-ab12", "20261122-130000-fix-it-cd34", "20261123-120000-test-ab12")


@pytest.mark.parametrize(
    ("wanted", "outcome"),
    [
        (IDS[0], IDS[0]),
        ("20261123", IDS[2]),
        ("cd34", IDS[1]),
        ("-fix-it-", IDS[1]),
        ("ab12", f"'ab12' matches 2 briefs: {IDS[0]}, {IDS[2]}"),
        ("nope", "No brief matches 'nope' here."),
        (" ", "The ID of the brief is empty."),
        ("a\x1bb", "No brief matches 'a\\\\x1bb' here."),
    ],
)
def test_a_part_of_an_id(wanted: str, outcome: str) -> None:
    """Whole, then beginning, end and inside: the first that fits any must fit one only."""
    try:
        assert match_id(wanted, IDS) == outcome
    except HandoffError as error:
        assert error.what == outcome


def test_a_draft_is_found_as_a_brief_is(repo: Repo) -> None:
    """An empty text is a part of each ID, and names none."""
    client = Client(repo)
    from handoff.runtime import Runtime as Surroundings

    runtime: Runtime = Surroundings(client.env, full=True)
    with pytest.raises(HandoffError, match="The ID of the draft is empty"):
        drafts.find(places.locate(str(repo.root)), "", runtime)


def test_money_is_kept_without_what_adding_up_left(repo: Repo) -> None:
    """`0.050223`, not `0.050222800000000005`."""
    client = Client(repo)
    client.start()
    client.works(20_000)
    feeds.save(str(repo.state), "s1", {"tokens": 20_000, "cost": {"usd": 0.050222800000000005}})
    brief = client.brief()
    text = next(repo.root.glob(f".handoff/*/{brief}.md")).read_text()
    assert "cost_usd: 0.050223}" in text or "cost_usd: 0.050223\n" in text, text[:900]


def test_nothing_is_redacted_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the end of a failed command's output nor a request that has a secret in it."""
    from handoff.client.transcript import events as ev

    seen: list[str] = []
    real = redact.redact

    def counted(text: str, own: Any = ()) -> Any:
        seen.append(text)
        return real(text, own)

    monkeypatch.setattr(redact, "redact", counted)
    call = ev.Call("c1", "Bash", "command", (), "pytest", "", AT)
    facts = gather.gather_facts(
        [
            ev.Prompt(f"Use {SECRET} for it, please", AT, "typed"),
            call,
            ev.Result("c1", False, "E   AssertionError: no\n1 failed", AT),
        ]
    )
    assert len(facts.failures) == 1
    assert "[redacted: " in facts.requests[0].text
    assert sum("AssertionError" in text for text in seen) <= 2, "with the output itself"
    assert sum("please" in text for text in seen) == 1


def test_the_first_signal_is_noted_and_the_second_breaks_off() -> None:
    """Where at once is said, the first one does."""
    before = signal.getsignal(signal.SIGHUP)
    with StopSignal() as stop:
        os.kill(os.getpid(), signal.SIGHUP)
        assert (stop.asked, stop.number) == (True, signal.SIGHUP)
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGTERM)
    with StopSignal() as stop, pytest.raises(KeyboardInterrupt), stop.at_once():
        os.kill(os.getpid(), signal.SIGHUP)
    with StopSignal() as stop:
        os.kill(os.getpid(), signal.SIGHUP)
        with pytest.raises(KeyboardInterrupt), stop.at_once():
            pytest.fail("what was told before counts")
    assert signal.getsignal(signal.SIGHUP) == before


def test_a_signal_that_is_ignored_stays_so() -> None:
    """As under nohup."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with StopSignal() as stop:
            os.kill(os.getpid(), signal.SIGHUP)
            assert not stop.asked
    finally:
        signal.signal(signal.SIGHUP, before)
