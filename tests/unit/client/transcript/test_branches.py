"""What a user took back with `/rewind` is no part of the conversation; all else is."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handoff.client.transcript import branches, recent, tail, usage
from handoff.client.transcript.events import Answer, Prompt
from handoff.client.transcript.reader import RECENT, read
from handoff.facts import gather as gathering
from support.paths import CORPUS
from support.session_file import SessionFile

if TYPE_CHECKING:
    from pathlib import Path

    from handoff.facts.model import Facts


@pytest.fixture
def session(tmp_path: Path) -> SessionFile:
    return SessionFile(tmp_path / "s.jsonl")


def facts(session: SessionFile, limit: int | None = RECENT) -> Facts:
    return gathering.gather_facts(read(str(session.path), limit), "/repo")


def asked(session: SessionFile, limit: int | None = RECENT) -> list[str]:
    """The user's requests, in the order in which they were made."""
    return [request.text for request in facts(session, limit).requests][::-1]


def tokens(session: SessionFile) -> int | None:
    """The context by the tail's reader."""
    last = tail.read_last(str(session.path))
    return last.tokens if last else None


def status(session: SessionFile) -> list[int]:
    """The contexts of the last answers, as `handoff status` sees them."""
    return [answer.tokens for answer in recent.read(str(session.path)).answers]


def rewound(session: SessionFile, filler: str = "") -> None:
    """A session that created a file and had a large answer, and went back to before both."""
    session.turn("say hello first", "Hello.", 1000)
    start = session.leaf
    session.typed("write legacy.txt please")
    session.creates("/repo/legacy.txt", tokens=1100)
    session.answer(f"Wrote it. {filler}", tokens=1200)
    session.turn("rewrite everything in Rust", "In Rust it goes.", 9000)
    session.leaf = start


@pytest.mark.parametrize("limit", [None, 0, RECENT])
def test_facts_follow_the_live_branch(session: SessionFile, limit: int | None) -> None:
    """What was taken back is neither asked for nor said nor created, from the next prompt on."""
    rewound(session)
    assert asked(session)[-1] == "rewrite everything in Rust"

    session.typed("now do it in Go")
    assert asked(session, limit) == ["say hello first", "now do it in Go"]
    session.answer("After.", tokens=1300)
    session_facts = facts(session, limit)
    assert session_facts.goal == "now do it in Go"
    assert not [file for file in session_facts.files if file.path == "legacy.txt"]
    assert "In Rust it goes." not in session_facts.answers


def test_the_meter_is_right_before_the_next_answer(session: SessionFile) -> None:
    """The last answer in the file was taken back: the context is that of the one before."""
    rewound(session)
    assert (tokens(session), status(session)[-1]) == (9000, 9000)
    session.typed("now do it in Go")
    assert (tokens(session), status(session)) == (1000, [1000])
    session.answer("After.", tokens=1300)
    assert (tokens(session), status(session)) == (1300, [1000, 1300])


@pytest.mark.parametrize("size", [40_000, 1_500_000])
def test_a_long_part_is_taken_back_whole(session: SessionFile, size: int) -> None:
    """The place that a user went back to may be far before the end of the file."""
    rewound(session, "x" * size)
    session.typed("now do it in Go")
    assert asked(session) == ["say hello first", "now do it in Go"]
    assert (tokens(session), status(session)) == (1000, [1000])


@pytest.mark.parametrize("greeted", [False, True])
def test_back_to_the_first_prompt(session: SessionFile, greeted: bool) -> None:
    """The new first prompt has no parent, or the hook's record that the old one had."""
    if greeted:
        session.add("attachment", attachment={"type": "hook_success", "hookEvent": "SessionStart"})
    start = session.leaf
    session.turn("first wish", "One.", 1000)
    session.turn("second wish", "Two.", 2000)
    session.leaf = start
    session.typed("other first")
    assert (tokens(session), status(session)) == (None, [])
    session.answer("Three.", tokens=800)
    session.turn("other second", "Four.", 900)
    assert asked(session) == ["other first", "other second"]
    assert status(session) == [800, 900]


@pytest.mark.parametrize("how", ["command", "noted", "compacts"])
def test_back_and_on_with_a_command(session: SessionFile, how: str) -> None:
    """The first thing after going back may be a command of the client's."""
    rewound(session)
    if how == "compacts":
        session.compacts("Hello was said.")
    else:
        getattr(session, how)("effort", "high")
    session.turn("now do it in Go", "After.", 1300)
    assert asked(session) == ["say hello first", "now do it in Go"]


def test_a_part_that_is_summarized_is_not_taken_back(session: SessionFile) -> None:
    """“Summarize from here” is a compaction: what the user said stays said."""
    session.turn("say hello first", "Hello.")
    start = session.leaf
    session.turn("rewrite everything in Rust", "In Rust it goes.")
    session.compacts("Rust.", behind=start, messagesSummarized=8)
    session.turn("and Go", "After.")
    assert asked(session) == ["say hello first", "rewrite everything in Rust", "and Go"]


def test_back_again_and_again(session: SessionFile) -> None:
    """Each time counts from the conversation as it was then; a part taken back may come back."""
    session.turn("one", "1", 100)
    first = session.leaf
    session.turn("two", "2", 200)
    second = session.leaf
    session.leaf = first
    session.turn("three", "3", 300)
    session.turn("four", "4", 400)
    session.leaf = first
    session.turn("five", "5", 500)
    assert asked(session) == ["one", "five"]
    session.leaf = second
    session.typed("six")
    assert asked(session) == ["one", "two", "six"]
    assert (tokens(session), status(session)) == (200, [100, 200])


def test_a_queued_prompt_can_be_taken_back(session: SessionFile) -> None:
    """It stands in the file twice: when it was typed, and when it was delivered."""
    session.turn("say hello first", "Hello.")
    record = {"type": "queue-operation", "operation": "enqueue", "content": "drop all tables"}
    session.write({**record, "timestamp": "2026-11-30T07:00:30.000Z"})
    start = session.leaf
    session.turn("drop all tables", "Dropped.")
    assert asked(session) == ["say hello first", "drop all tables"]
    session.leaf = start
    session.typed("drop nothing")
    assert asked(session) == ["say hello first", "drop nothing"]


def test_parallel_calls_are_all_of_the_conversation(session: SessionFile) -> None:
    """Lines of one answer and their results part from one record; a prompt that follows one of them
    takes none of the others back.
    """
    session.typed("look at both")
    call = {"type": "tool_use", "name": "Bash", "input": {"command": "true"}}
    one = session.answer({**call, "id": "a"}, key="msg_x", tokens=500)
    session.answer({**call, "id": "b"}, key="msg_x", tokens=500)
    session.leaf = one
    early = session.result("a", "first output")
    session.user([{"tool_use_id": "b", "type": "tool_result", "content": "second"}], parent="")
    session.leaf = early
    session.user([{"type": "text", "text": "[Request interrupted by user]"}])
    session.turn("go on then", "Yes.", 600)
    assert asked(session) == ["look at both", "go on then"]
    assert facts(session).calls == 2
    assert (tokens(session), status(session)) == (600, [500, 600])


def test_what_a_compaction_keeps_is_kept(session: SessionFile) -> None:
    """The command that compacts is chained to the record before the boundary, which stands between
    (2.1.2xx).
    """
    session.turn("add a tax column", "Added.", 5000)
    before = session.leaf
    session.compacts("A tax column.", preservedSegment={"tailUuid": before})
    session.leaf = before
    session.command("compact")
    assert (tokens(session), asked(session)) == (900, ["add a tax column"])
    session.turn("go on", "On.", 1200)
    assert asked(session) == ["add a tax column", "go on"]


def test_the_first_prompt_may_stand_behind_its_answer(session: SessionFile) -> None:
    """2.1.197 writes the first turn in that order: the second prompt takes nothing back."""
    prompt, note = "90000000-1", "90000000-2"
    session.answer("Hello.", parent=note, tokens=700)
    session.add("system", subtype="turn_duration")
    first = session.leaf
    message = {"role": "user", "content": "say hello first"}
    record = {"parentUuid": None, "isSidechain": False, "type": "user", "message": message}
    session.write({**record, "uuid": prompt, "timestamp": "2026-11-30T07:00:00.000Z"})
    about = {"parentUuid": prompt, "isSidechain": False, "attachment": {"type": "date"}}
    session.write({**about, "type": "attachment", "uuid": note})
    session.leaf = first
    session.turn("second wish", "Two.", 800)
    assert asked(session) == ["say hello first", "second wish"]
    session.leaf = first
    session.typed("other wish")
    assert asked(session) == ["say hello first", "other wish"]
    assert (tokens(session), status(session)) == (700, [700])


@pytest.mark.parametrize("parent", ["no such record", ""])
def test_without_a_chain_the_order_of_the_file_counts(session: SessionFile, parent: str) -> None:
    """A parent that is not in the file (a torn line, a part of a file) takes nothing back, and
    neither does a file in which no record has one.
    """
    for number in range(3):
        session.leaf = parent
        session.typed(f"wish {number}")
        session.leaf = parent
        session.answer("Yes.", tokens=100 + number)
    session.leaf = parent
    session.typed("last wish")
    assert asked(session) == ["wish 0", "wish 1", "wish 2", "last wish"]
    assert tokens(session) == 102


def test_notes_of_the_client_far_from_their_parent_cost_little(tmp_path: Path) -> None:
    """However many records follow one and the same, each line is looked at once."""
    record = (
        '{{"parentUuid":"{parent}","isSidechain":false,"type":"user",{meta}'
        '"message":{{"role":"user","content":"hi"}},"uuid":"{name}"}}\n'
    )
    path = tmp_path / "s.jsonl"
    lines = [record.format(parent="none", meta="", name="prompt")]
    lines += [
        record.format(parent="prompt", meta='"isMeta":true,', name=f"note-{number}")
        for number in range(4000)
    ]
    path.write_text("".join(lines))
    began = time.process_time()
    assert tail.read_last(str(path)) is None
    assert time.process_time() - began < 3  # it took a minute


def test_cost_counts_all_branches(session: SessionFile) -> None:
    """What was taken back was paid for."""
    rewound(session)
    session.turn("now do it in Go", "After.", 1300)
    spent: list[object] = []
    with session.path.open("rb") as file:
        usage.read_usage(file, 0, spent.append)
    assert len(spent) == 5


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 6), max_size=25), st.integers(0, 400))
def test_any_walk_through_a_session(
    tmp_path_factory: pytest.TempPathFactory, walk: list[int], size: int
) -> None:
    """However often a user goes back to any earlier place: what is read is what they then have."""
    session = SessionFile(tmp_path_factory.mktemp("walk") / "s.jsonl")
    session.turn("wish first", "x" * size, 10)
    kept = [("wish first", 10, session.leaf)]
    for number, steps in enumerate(walk):
        kept = kept[: max(1, len(kept) - steps)]
        session.leaf = kept[-1][2]
        session.turn(f"wish {number}", "x" * size, 100 + number)
        kept.append((f"wish {number}", 100 + number, session.leaf))
    events = list(read(str(session.path)))
    assert [e.text for e in events if isinstance(e, Prompt)] == [text for text, _, _ in kept]
    assert [e.usage.context for e in events if isinstance(e, Answer)] == [n for _, n, _ in kept]
    assert status(session) == [n for _, n, _ in kept]
    session.leaf = kept[len(kept) // 2][2]
    session.typed("and now")
    assert tokens(session) == kept[len(kept) // 2][1]


@pytest.mark.skipif(not CORPUS.is_dir(), reason="../shared/corpus is not here")
def test_nothing_of_real_sessions_is_lost() -> None:
    """No user of these sessions went back: parallel calls, compactions, forks and notices of the
    client are all kept.
    """
    for path in sorted(CORPUS.glob("*/*.jsonl")):
        content = path.read_bytes()
        turns = branches.Turns()
        turns.add_block(content, len(content), 0)
        assert turns.spans == [], path.name
