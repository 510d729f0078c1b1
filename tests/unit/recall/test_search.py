"""Looking back: what is found in a session's transcript, how it is shown, and what may be asked."""

from __future__ import annotations

import base64
import hashlib
import json
import sqlite3
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handoff.base.errors import HandoffError
from handoff.client.transcript import events as ev
from handoff.recall import full_text
from handoff.recall.passages import read_entries, split_text
from handoff.recall.search import MAX_HITS, Hit, Query, SearchResult, fit_hits, render_hit, search
from support.program import BRIEF, Program

if TYPE_CHECKING:
    from pathlib import Path

    from support.repo import Repo

KEY = "sk-ant-api03-" + "Ab3" * 12


def make_prompt(text: str, source: ev.Source = "typed") -> ev.Prompt:
    return ev.Prompt(text, "2026-11-22T08:00:00Z", source)


def answer(text: str, calls: int = 0) -> ev.Answer:
    return ev.Answer(text, "m", ev.Usage(0, 0, 0, 0), "2026-11-22T08:01:00Z", "", calls)


def ran(name: str, command: str, out: str, ok: bool = True) -> list[ev.Event]:
    call = ev.Call(name, "Bash", "command", (), command, "", "")
    return [call, ev.Result(name, ok, out, "")]


def edited(name: str, path: str, text: str) -> list[ev.Event]:
    call = ev.Call(name, "Edit", "edit", (path,), "", text, "")
    return [call, ev.Result(name, True, f"The file {path} has been updated", "")]


SESSION: list[ev.Event] = [
    make_prompt("Make the token refresh safe when two requests come at once"),  # turn 1
    *ran("c1", "pytest -q tests/auth", "FAILED tests/auth/test_refresh.py - deadlock", ok=False),
    answer("The test hangs.", 1),
    *edited("c2", "/r/src/auth/lock.py", "class RefreshLock:\n    timeoutSeconds = 5"),  # turn 2
    answer("We need flock because asyncio.Lock does not hold across processes.", 1),
    *ran("c3", "pytest -q tests/auth", "12 passed in 0.31s"),  # turn 3
    answer("All pass.", 1),
    answer("Done: the refresh is safe."),  # turn 4
    make_prompt("Now the CSV export, but keep semicolons: the accountants want them"),  # turn 5
    *edited("c4", "/r/src/export/csv.py", "delimiter = ';'"),
    answer("Exported with semicolons.", 1),
    make_prompt("測試為什麼失敗"),  # turn 6
    answer("因為鎖在不同進程之間無效。"),
]


def look(question: str = "", events: list[ev.Event] | None = None, **more: Any) -> SearchResult:
    given_events = SESSION if events is None else events
    return search(lambda: iter(given_events), Query(question, **more))


def turns(result: SearchResult) -> list[int]:
    return [hit.turn for hit in result.hits]


def test_turns_are_counted_as_the_client_counts_them() -> None:
    """An answer with its calls and results is a turn; the prompt before it belongs to it."""
    told = [(entry.turn, entry.voice) for entry in read_entries(iter(SESSION))]

    assert told[:4] == [(1, "user"), (1, "call"), (1, "output"), (1, "model")]
    assert [turn for turn, voice in told if voice == "user"] == [1, 5, 6]
    assert max(turn for turn, _ in told) == 6


def test_a_result_that_comes_late_keeps_its_turn() -> None:
    """A result after the next answer belongs to the turn that asked for it."""
    call = ev.Call("c", "Bash", "command", (), "make", "", "")
    events: list[ev.Event] = [call, answer("a", 1), answer("b"), ev.Result("c", True, "ok", "")]
    told = list(read_entries(events))

    assert [(entry.turn, entry.voice) for entry in told][-1] == (1, "output")


@pytest.mark.parametrize(
    ("question", "turn"),
    [
        ("why is flock needed?", 2),
        ("which delimiter does the export use", 5),
        ("what did the accountants want", 5),
        ("refresh lock timeout seconds", 2),
        ("timeoutSeconds", 2),
        ("exporting", 5),
        ("accountant", 5),
        ("deadlocks", 1),
        ('"does not hold across"', 2),
        ("src/auth/lock.py", 2),
        ("為什麼", 6),
        ("進程", 6),
    ],
)
def test_the_place_that_answers_comes_first(question: str, turn: int) -> None:
    """Words, their forms, parts of names, phrases, paths and ideograms find their place."""
    assert turns(look(question))[0] == turn


def test_beginnings_of_words_are_tried_where_whole_words_fail() -> None:
    """A compound of another language is found by its beginning."""
    events: list[ev.Event] = [make_prompt("Die Rechnungsnummern fehlen"), answer("Ja.")]

    assert turns(look("Rechnung", events)) == [1]


def test_a_person_s_words_count_more_than_an_output() -> None:
    """With the same words, what was asked for stands before what was printed."""
    events = [answer("x"), *ran("c", "ls", "semicolons please"), answer("y", 1)]
    events.append(make_prompt("semicolons please"))

    assert look("semicolons", events).hits[0].about == "the user said"


def test_a_question_within_a_file_or_a_command() -> None:
    """`file` and `command` narrow a question down; alone they list what they pick, newest first."""
    assert turns(look("delimiter lock", file="csv.py")) == [5]
    assert turns(look(file="src/auth/lock.py")) == [2]
    assert turns(look(command="pytest -q")) == [3, 3, 1]  # the call is the same both times
    assert look(command="pytest -q").hits[0].text == "12 passed in 0.31s"
    assert turns(look("passed", command="pytest -q")) == [3]
    assert look(file="lock").hits == ()


def test_around_a_turn() -> None:
    """The turn itself first, then what is before and behind it; entries are whole."""
    assert turns(look(around=5)) == [5, 5, 5, 3, 3, 3, 4, 6, 6]
    assert look(around=99).hits == ()


def test_the_same_thing_is_shown_once() -> None:
    """A file that was read five times fills one place; one turn fills at most three."""
    text = "def refresh():\n    return lock.acquire()\n"
    many = [e for n in range(5) for e in (*ran(f"c{n}", f"cat a{n}", text), answer("", 1))]
    long = "\n".join(f"refresh number {n} " + "x" * 300 for n in range(50))

    assert len([h for h in look("refresh", many).hits if "return" in h.text]) == 1
    assert len(look("refresh", ran("c", "make", long)).hits) == 3


def test_secrets_do_not_come_back() -> None:
    """A text is redacted whole before it is cut: also a secret across two passages is gone."""
    raw = b"".join(hashlib.sha256(bytes([n])).digest() for n in range(60))
    lines = [base64.b64encode(raw[at : at + 48]).decode() for at in range(0, len(raw), 48)]
    body = "\n".join(lines)
    pem = f"-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----"
    events = ran("c", f"curl -H 'x-api-key: {KEY}' x", f"found it\n{pem}\nand the rest of it")
    for question in (lines[20], "found", "rest", "curl"):
        for hit in look(question, events).hits:
            assert KEY not in render_hit(hit)
            assert not any(line in render_hit(hit) for line in lines)
    assert "[redacted: private key]" in look("found", events).hits[0].text


def test_what_is_shown_can_be_printed() -> None:
    """Escapes and marks that change direction are escaped."""
    hit = look("danger", ran("c", "x", "danger \x1b[31mred\u202e evil")).hits[0]

    assert hit.text == r"danger \x1b[31mred\u202e evil"


def test_the_budget_holds() -> None:
    """Hits are taken while they fit; one that alone is too long is cut and says so."""
    result = SearchResult(tuple(Hit(n, "", "x", "word " * 50) for n in range(1, 9)), (9,), 8)
    for most in (50, 100, 400, 10_000):
        kept = fit_hits(result, most, lambda text: len(text) // 4)
        assert kept
        assert sum(len(render_hit(hit)) // 4 for hit in kept) <= most
    assert len(fit_hits(result, 10_000, len)) == 8
    assert fit_hits(result, 50, lambda text: len(text) // 4)[0].text.endswith("[…]")


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=200) | st.text(alphabet="\"*()^:-+ANDORT{}\\'\0", max_size=40))
def test_any_question_is_safe(question: str) -> None:
    """No text is taken for FTS5's language: no error, whatever is asked."""
    index = full_text.Index()
    index.add("AND OR NOT NEAR text:x (a b)")

    index.best(question)


@pytest.mark.parametrize(
    "question", ["NOT x", "a AND", 'say "hello', "text : y", "^a*", "NEAR(a b)"]
)
def test_operators_are_words(question: str) -> None:
    """FTS5's own words and signs are words and signs."""
    index = full_text.Index()
    index.add("say hello a b x y")

    assert index.best(question)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=3000), st.integers(10, 900))
def test_nothing_is_lost_in_the_cutting(text: str, most: int) -> None:
    """Passages together are the text, but for pieces of nothing but blanks."""
    joined = "".join(split_text(text, most))
    assert [c for c in joined if not c.isspace()] == [c for c in text if not c.isspace()]
    assert all(len(piece) <= most + 120 for piece in split_text(text, most))


def test_a_python_without_fts5_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without FTS5 the message names the version and what to do."""
    monkeypatch.setattr(full_text, "_TABLE", "CREATE VIRTUAL TABLE passages USING fts6(text)")

    with pytest.raises(
        HandoffError, match=f"no such module: fts6 in SQLite {sqlite3.sqlite_version}"
    ):
        search(lambda: iter(SESSION), Query("x"))


def test_memory_does_not_grow_with_the_texts() -> None:
    """Only the best are kept: a long session's index holds no text."""
    seen: list[int] = []

    def read() -> Any:
        seen.append(1)
        for number in range(3000):
            yield answer(f"step {number} of the work: " + "word " * 200)

    result = search(read, Query("step 2999"))
    assert turns(result)[0] == 3000
    assert len(seen) == 2
    assert len(result.hits) <= MAX_HITS


# --- the command ------------------------------------------------------------------------------


def record(kind: str, content: object, **more: Any) -> str:
    message: dict[str, Any] = {"role": kind, "content": content, **more}
    return json.dumps({"type": kind, "message": message, "sessionId": "s1", "cwd": "/r"}) + "\n"


@pytest.fixture
def transcript(repo: Repo) -> Path:
    """The session's transcript, where the client keeps it."""
    folder = repo.state.parent / ".claude" / "projects" / "p"
    folder.mkdir(parents=True)
    path = folder / "s1.jsonl"
    use = {"type": "tool_use", "id": "t1", "name": "Bash", "input": {"command": "pytest -q"}}
    result = {"type": "tool_result", "tool_use_id": "t1", "content": "12 passed in 0.3s"}
    path.write_text(
        record("user", "Keep the semicolons in the export")
        + record("assistant", [use], id="m1", model="m")
        + record("user", [result])
        + record("assistant", [{"type": "text", "text": f"It uses {KEY}."}], id="m2", model="m")
    )
    return path


def test_recall_by_brief(repo: Repo, handoff: Program, transcript: Path) -> None:
    """The brief's id leads to its session's transcript; turns and text are shown, no secret."""
    brief = handoff.json("write", "--session", "s1", stdin=BRIEF)["id"]

    assert handoff("recall", brief, "what", "about", "semicolons") == 0
    assert f"From the session of the brief {brief} (2 turns)" in handoff.out
    assert "[turn 1: the user said]\n> Keep the semicolons in the export\n" in handoff.out
    assert handoff("recall", brief[-4:], "which key does it use") == 0
    assert "It uses [redacted: anthropic key]." in handoff.out
    result = handoff.json("recall", brief, "--command", "pytest")
    assert set(result) == {"sources", "matches", "hits"}
    (source,) = result["sources"]
    assert source == {
        "label": "",
        "session": "s1",
        "briefs": [brief],
        "transcript": str(transcript),
        "turns": 2,
        "problem": "",
    }
    assert [hit["turn"] for hit in result["hits"]] == [1, 1]
    assert set(result["hits"][0]) == {"source", "turn", "at", "about", "text"}


def test_recall_of_any_session(repo: Repo, handoff: Program, transcript: Path) -> None:
    """A session's id or a file will do; every word is the question then."""
    for source in (["--session", "s1"], ["--transcript", str(transcript)]):
        assert handoff("recall", *source, "semicolons") == 0
        assert "Keep the semicolons" in handoff.out
    assert handoff("recall", "--session", "s1", "xylophone") == 0
    assert "Nothing in session s1 (2 turns) matches." in handoff.out


def test_recall_says_what_is_missing(repo: Repo, handoff: Program, transcript: Path) -> None:
    """No question, no brief, no such turn, a transcript that is gone: each says what to do."""
    brief = handoff.json("write", "--session", "s1", stdin=BRIEF)["id"]
    assert handoff("recall") == 2
    assert handoff("recall", brief) == 1
    assert "nothing to search for" in handoff.err
    assert handoff("recall", brief, "--around", "9") == 1
    assert "has 2 turns" in handoff.err
    assert handoff("recall", "nonsense", "x") == 1
    assert handoff("recall", "--transcript", "/no/such", "x") == 1
    transcript.unlink()
    assert handoff("recall", brief, "x") == 1
    assert "was not found (session s1" in handoff.err


def test_a_brief_from_elsewhere_has_no_transcript(
    repo: Repo, handoff: Program, transcript: Path
) -> None:  # fmt: skip
    """An untrusted brief may name a session of this user: it is not looked into."""
    brief = handoff.json("write", "--session", "s1", stdin=BRIEF)["id"]
    path = repo.briefs()[0]
    path.write_text(path.read_text() + "\nchanged\n")

    assert handoff("recall", brief, "semicolons") == 1
    assert "was not written on this machine" in handoff.err
    assert handoff.out == ""
