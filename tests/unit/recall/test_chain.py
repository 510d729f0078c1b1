"""`handoff recall` of a brief at the end of a chain: whose transcripts are searched, what places in
them are called, and what is said of those that cannot be searched.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import pytest

from handoff.client.transcript import events as ev
from handoff.recall import chain as chains
from handoff.recall import search
from handoff.recall.search import Query, Session
from handoff.store import ledger, places
from support.client import Client
from support.store_program import own_id, put

if TYPE_CHECKING:
    from support.program import Program
    from support.repo import Repo

WORDS = ("never touch the parser", "use the ledger for prices", "print the prices in columns")


@pytest.fixture
def chain(repo: Repo) -> list[str]:
    """Three sessions, s1 to s3, each from the brief of the one before; their briefs' ids."""
    briefs = []
    for number, words in enumerate(WORDS, 1):
        client = Client(repo, f"s{number}")
        client.later = number * 60
        client.start("clear")
        client.works(20_000, 21_000, prompt=words, command=f"make step{number}")
        briefs.append(client.brief(title=f"Step {number}"))
        client("session-end", reason="clear")
    return briefs


def label(brief: str) -> str:
    return brief[-4:]


def transcript(repo: Repo, session: str) -> str:
    return str(repo.state.parent / f"{session}.jsonl")


def record(repo: Repo, brief_id: str, session: str = "", parent: str = "") -> None:
    """A brief that this machine wrote, in `done`."""
    put(repo, brief_id, "done", *([f"parent: {parent}\n"] if parent else []))
    raw = (repo.root / ".handoff" / "done" / f"{brief_id}.md").read_bytes()
    key = places.locate(str(repo.root)).key
    sha = ledger.digest_bytes(raw)
    entry = ledger.Entry(sha, brief_id, key, str(repo.root), session, 1.0)
    ledger.record(str(repo.state), entry)


# --- whose transcripts ------------------------------------------------------------------------


def test_every_session_of_the_chain_is_searched(
    repo: Repo, handoff: Program, chain: list[str]
) -> None:
    """The first session's words are found from the last brief; a place says whose it is, and
    `--around` takes what it says. A brief finds what was before it, and nothing later.
    """
    first, second, third = chain
    assert handoff("recall", third, "touch", "parser") == 0
    assert f"[turn {label(first)}:1, " in handoff.out
    assert f"> {WORDS[0]}\n" in handoff.out
    assert handoff.out.startswith(
        f"From the session of the brief {third} and those of the earlier briefs "
        f"{label(second)}, {label(first)} (6 turns): "
    )
    assert handoff("recall", second, "ledger", "columns") == 0
    assert WORDS[1] in handoff.out
    assert WORDS[2] not in handoff.out

    turn = re.findall(r"\[turn ([0-9a-f]{4}:\d+),", handoff.out)[0]
    assert handoff("recall", third, "--around", turn) == 0
    assert WORDS[1] in handoff.out
    assert WORDS[2] not in handoff.out


def test_a_turn_without_a_brief_is_of_the_brief_that_was_asked_for(
    repo: Repo, handoff: Program, chain: list[str]
) -> None:
    """Each session's turns begin at 1."""
    for brief, words in zip(chain, WORDS, strict=True):
        assert handoff("recall", brief, "--around", "1") == 0
        assert [said for said in WORDS if said in handoff.out] == [words]


def test_json_names_its_sources(repo: Repo, handoff: Program, chain: list[str]) -> None:
    """Newest first; a hit's `source` is the label of one of them."""
    found = handoff.json("recall", chain[2], "--command", "make step")
    assert [source["session"] for source in found["sources"]] == ["s3", "s2", "s1"]
    assert [source["briefs"] for source in found["sources"]] == [[b] for b in chain[::-1]]
    assert [source["turns"] for source in found["sources"]] == [2, 2, 2]
    assert {hit["source"] for hit in found["hits"]} == {label(brief) for brief in chain}
    newest = [hit["source"] for hit in found["hits"]]
    assert newest == sorted(newest, key=[label(b) for b in chain[::-1]].index), "newest first"


def test_transcripts_that_are_gone(repo: Repo, handoff: Program, chain: list[str]) -> None:
    """They are named in one line, and the others are searched; the brief's own may be gone as well.
    Only with the last one gone it is an error.
    """
    first, second, third = chain
    (repo.state.parent / "s2.jsonl").unlink()
    assert handoff("recall", third, "parser") == 0
    assert WORDS[0] in handoff.out
    assert f"\nNot searched: {label(second)} (its transcript was not found).\n" in handoff.out
    (_, _, gone) = handoff.json("recall", third, "parser")["sources"]
    assert (gone["label"], gone["turns"]) == (label(second), None)
    assert gone["problem"] == "its transcript was not found"
    assert handoff("recall", third, "--around", f"{label(second)}:1") == 1
    assert f"No turn {label(second)}:1: the session of the brief {second}" in handoff.err

    (repo.state.parent / "s3.jsonl").unlink()
    assert handoff("recall", third, "parser") == 0
    assert f"[turn {label(first)}:1" in handoff.out
    assert handoff("recall", third, "xylophone") == 0
    assert f"Not searched: {label(third)} (its tr" in handoff.out
    assert handoff("recall", third, "--around", "1") == 1
    assert f"--around {label(first)}:1" in handoff.err

    (repo.state.parent / "s1.jsonl").unlink()
    assert handoff("recall", third, "parser") == 1
    assert f"The transcript of the session of the brief {third} was not found" in handoff.err


def test_transcripts_that_cannot_be_read_or_are_too_many(
    repo: Repo, handoff: Program, chain: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are named as well; the newest is searched whatever its size."""
    with monkeypatch.context() as patch:
        patch.setattr(chains, "MAX_BYTES", 10)
        told = [s["problem"] for s in handoff.json("recall", chain[2], "columns")["sources"]]
        assert told == ["", *["the chain has more than 400 MB of transcripts"] * 2]
    real = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: "s2" not in str(path) and real(path, mode))
    told = [s["problem"] for s in handoff.json("recall", chain[2], "columns")["sources"]]
    assert told == ["", "", "its transcript cannot be read"]
    monkeypatch.setattr(os, "access", lambda path, _: ".jsonl" not in str(path))
    assert handoff("recall", chain[2], "columns") == 1
    assert "s3.jsonl cannot be read. Fix" in " ".join(handoff.err.split())


def test_turns_that_are_not_there(repo: Repo, handoff: Program, chain: list[str]) -> None:
    """Each says what to do; one session has no chain."""
    for turn in ("x", "0", "9f3a:", "9f3a:x", "9f3a:1:"):
        assert handoff("recall", chain[2], "--around", turn) == 2
        assert "2c41:12" in handoff.err
    assert handoff("recall", chain[2], "--around", "nope:1") == 1
    assert "No brief matches 'nope' in this chain." in handoff.err
    assert handoff("recall", chain[2], "--around", f"{label(chain[0])}:9") == 1
    assert f"No turn {label(chain[0])}:9: the session of the brief {chain[0]} has 2" in handoff.err
    for source in (["--session", "s1"], ["--transcript", transcript(repo, "s1")]):
        assert handoff("recall", *source, "--around", "2c41:1") == 1
        assert "Use --around 1." in handoff.err


def test_a_session_is_searched_alone(repo: Repo, handoff: Program, chain: list[str]) -> None:
    """`--session` means that session, also where it picked a brief up."""
    assert handoff("recall", "--session", "s3", "parser", "columns") == 0
    assert WORDS[2] in handoff.out
    assert WORDS[0] not in handoff.out
    assert "[turn 1," in handoff.out


def test_briefs_that_were_pruned(repo: Repo, handoff: Program, chain: list[str]) -> None:
    """Without its files the chain is known from what this machine kept; with its bytes gone too,
    the ledger still has the session of the brief before, where the chain then ends.
    """
    for path in (*repo.briefs("done"), *repo.briefs()):
        if path.stem != chain[2]:
            path.unlink()
    assert handoff("recall", chain[2], "parser") == 0
    assert WORDS[0] in handoff.out
    for path in (repo.state / "originals").iterdir():
        path.unlink()
    found = handoff.json("recall", chain[2], "prices")
    assert [s["session"] for s in found["sources"]] == ["s3", "s2"], found["sources"]


def test_a_changed_file_leads_nowhere(repo: Repo, handoff: Program, chain: list[str]) -> None:
    """The next link is what was written, not what the file of an ancestor says by now; a brief that
    this machine did not write is named, and its parent not followed.
    """
    secret = own_id("other", 7)
    record(repo, secret, "s9")
    Client(repo, "s9").works(20_000, prompt="the parser of another task")
    for path in [*repo.briefs("done"), *repo.briefs()]:
        if path.stem == chain[1]:
            path.write_text(path.read_text().replace(chain[0], secret))
    found = handoff.json("recall", chain[2], "parser")
    assert [source["session"] for source in found["sources"]] == ["s3", "s2", "s1"]

    foreign, last = own_id("foreign", 8), own_id("last", 9)
    put(repo, foreign, "done", f"parent: {secret}\n")
    record(repo, last, "s1", foreign)
    found = handoff.json("recall", last, "parser")
    told = [(source["session"], source["problem"]) for source in found["sources"]]
    assert told == [("s1", ""), ("", "not written on this machine")]


def test_circles_and_missing_parents(repo: Repo, handoff: Program) -> None:
    """A circle ends where it closes; a brief that is not here is named."""
    one, two, away = (own_id(name, number) for number, name in enumerate(("a", "b", "c")))
    for number, (brief, parent) in enumerate([(one, two), (two, one)], 1):
        record(repo, brief, f"s{number}", parent)
        Client(repo, f"s{number}").works(20_000, prompt=WORDS[number])
        _keep(repo, f"s{number}")
    found = handoff.json("recall", one, "prices")
    assert [source["session"] for source in found["sources"]] == ["s1", "s2"]

    last = own_id("d", 4)
    record(repo, last, "s1", away)
    found = handoff.json("recall", last, "prices")
    told = [(source["briefs"], source["problem"]) for source in found["sources"]]
    assert told == [([last], ""), ([away], "its brief was not found")]
    assert handoff("recall", last, "--around", "1") == 0


def test_one_session_with_several_briefs(
    repo: Repo, handoff: Program, chain: list[str]
) -> None:  # fmt: skip
    """Its transcript is read once, and each of its briefs names its turns."""
    last = own_id("last", 9)
    record(repo, last, "s3", chain[2])
    found = handoff.json("recall", last, "columns")
    assert [source["briefs"] for source in found["sources"]] == [[last, chain[2]], *_single(chain)]
    assert len(found["hits"]) == 1
    for brief in (last, chain[2]):
        assert handoff("recall", last, "--around", f"{label(brief)}:1") == 0
        assert WORDS[2] in handoff.out


def _single(chain: list[str]) -> list[list[str]]:
    return [[brief] for brief in chain[1::-1]]


def _keep(repo: Repo, session: str) -> None:
    """The client's event that tells where the session's transcript is."""
    Client(repo, session).start("resume")


# --- the order, and what is shown twice -------------------------------------------------------


def said(text: str, at: str = "", source: ev.Source = "typed") -> ev.Prompt:
    return ev.Prompt(text, at, source)


def printed(text: str) -> list[ev.Event]:
    call = ev.Call("c", "Bash", "command", (), "make", "", "")
    return [call, ev.Result("c", True, text, "")]


def look(question: str, *sessions: list[ev.Event]) -> list[tuple[str, str]]:
    """(label, text) of the hits in these sessions, oldest first: a, b, c."""
    told = [
        Session(lambda events=events: iter(events), name)  # type: ignore[misc]
        for name, events in zip("abc", sessions, strict=False)
    ]
    return [(hit.label, hit.text) for hit in search.search_sessions(told, Query(question)).hits]


def test_a_person_s_words_come_before_newer_output() -> None:
    """What the user said in the first session stands before what the last one printed."""
    hits = look(
        "keep the semicolons",
        [said("keep the semicolons please")],
        printed("a keep the semicolons x"),
    )

    assert [name for name, _ in hits] == ["a", "b"]


def test_newer_words_come_before_older_ones() -> None:
    """Of two requests that say as much, the later session's comes first."""
    hits = look(
        "which delimiter", [said("the delimiter is a comma")], [said("the delimiter is a tab")]
    )

    assert [name for name, _ in hits] == ["b", "a"]


def test_what_a_fork_repeats_is_shown_once() -> None:
    """A forked session begins with the first one's lines: they are the first one's."""
    line = said("ok tab", "2026-11-22T08:00:00Z")
    hits = look("tab", [line], [line, said("as said: the tab", "2026-11-22T09:00:00Z")])

    assert sorted(hits) == [("a", "ok tab"), ("b", "as said: the tab")]


def test_places_are_limited_by_turn_and_session() -> None:
    """Three places of one turn at most: turn 1 of another session is another turn."""
    sessions = [
        printed("\n\n".join(f"tab {name}{number} " + "x" * 900 for number in range(9)))
        for name in "ab"
    ]
    hits = look("tab", *sessions)

    assert sorted(name for name, _ in hits) == ["a"] * 3 + ["b"] * 3


def test_only_sessions_with_hits_are_read_twice() -> None:
    """The second reading, for the texts, leaves out what matched nothing."""
    reads = {"a": 0, "b": 0}

    def reading(name: str, text: str) -> Session:
        def read() -> list[ev.Event]:
            reads[name] += 1
            return [said(text)]

        return Session(read, name)

    search.search_sessions([reading("a", "parser"), reading("b", "prices")], Query("prices"))
    assert reads == {"a": 1, "b": 2}
