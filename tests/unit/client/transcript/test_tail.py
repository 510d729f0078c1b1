"""The last figures of a transcript: right for every shape the client writes, whatever is broken."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handoff.client.transcript import tail

if TYPE_CHECKING:
    from pathlib import Path

Record = dict[str, Any]
OPUS = "claude-opus-5-5"


def answer(tokens: int, *, model: str = OPUS, **more: Any) -> Record:
    """One line of a main-chain answer that was given `tokens` of context."""
    usage = {
        "input_tokens": 3,
        "cache_creation_input_tokens": tokens - 3 - tokens // 2,
        "cache_read_input_tokens": tokens // 2,
        "output_tokens": 77,
    }
    message = {"id": "msg_1", "model": model, "content": [], "usage": usage}
    return {"type": "assistant", "isSidechain": False, "message": message, **more}


def usage(**counts: Any) -> Record:
    """An answer with exactly these counts."""
    return {"type": "assistant", "message": {"model": OPUS, "usage": counts}}


def make_prompt(text: str = "go on") -> Record:
    """A person's prompt."""
    return {"type": "user", "message": {"role": "user", "content": text}}


def boundary(**metadata: Any) -> Record:
    """The mark of a compaction."""
    about = {"trigger": "auto", "preTokens": 967_123, **metadata}
    return {"type": "system", "subtype": "compact_boundary", "compactMetadata": about}


SYNTHETIC = answer(0, model="<synthetic>")
API_ERROR = answer(9, isApiErrorMessage=True, error="rate_limit")
SIDECHAIN = answer(9, isSidechain=True, agentId="a1")
STOP_SUMMARY = {"type": "system", "subtype": "stop_hook_summary", "usage": {"input_tokens": 5}}


def text(*records: Record | str) -> bytes:
    """A transcript of records, and of lines as they are."""
    lines = [r if isinstance(r, str) else json.dumps(r, ensure_ascii=False) for r in records]
    return "".join(f"{line}\n" for line in lines).encode("utf-8", "surrogatepass")


def figures(path: Path) -> tuple[int, str] | None:
    """What `read_last` says, as a plain value."""
    last = tail.read_last(str(path))
    return (last.tokens, last.model) if last else None


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(b"", None, id="empty"),
        pytest.param(b"\n\n", None, id="blank lines"),
        pytest.param(text(make_prompt()), None, id="no answer yet"),
        pytest.param(text(make_prompt(), answer(500)), (500, OPUS), id="one answer"),
        pytest.param(text(answer(500), make_prompt()), (500, OPUS), id="a prompt behind it"),
        pytest.param(text(answer(500), answer(800)), (800, OPUS), id="the latest counts"),
        pytest.param(
            text(answer(800), answer(800), answer(800)), (800, OPUS), id="lines of one response"
        ),
        pytest.param(text(answer(500), SIDECHAIN), (500, OPUS), id="sidechain"),
        pytest.param(text(answer(500), SYNTHETIC), (500, OPUS), id="synthetic"),
        pytest.param(text(answer(500), API_ERROR), (500, OPUS), id="api error"),
        pytest.param(text(answer(500), STOP_SUMMARY), (500, OPUS), id="usage elsewhere"),
        pytest.param(text(SIDECHAIN, SYNTHETIC, API_ERROR), None, id="none on the main chain"),
        pytest.param(text(answer(500), usage(output_tokens=5)), (500, OPUS), id="no input counts"),
        pytest.param(text(usage(input_tokens=0)), (0, OPUS), id="nothing given"),
        pytest.param(text(usage(cache_read_input_tokens=7)), (7, OPUS), id="one count"),
        pytest.param(text(answer(500), usage(input_tokens=-1)), (500, OPUS), id="a negative count"),
        pytest.param(text(answer(500), usage(input_tokens="9")), (500, OPUS), id="a count as text"),
        pytest.param(text(answer(500), usage(input_tokens=True)), (500, OPUS), id="true"),
        pytest.param(text(answer(500), usage(input_tokens=1.5)), (500, OPUS), id="a broken count"),
        pytest.param(
            text(answer(900_000), boundary(postTokens=21_000)), (21_000, ""), id="compact"
        ),
        pytest.param(text(answer(900_000), boundary()), (0, ""), id="compact, nothing said"),
        pytest.param(
            text(answer(900), boundary(postTokens="x")), (0, ""), id="compact, damaged count"
        ),
        pytest.param(
            text(answer(900_000), boundary(postTokens=21_000), make_prompt(), answer(25_000)),
            (25_000, OPUS),
            id="the first answer after a compaction",
        ),
        pytest.param(
            text(answer(900_000), boundary(postTokens=21_000), SIDECHAIN, SYNTHETIC),
            (21_000, ""),
            id="compact, then nothing of the main chain",
        ),
        pytest.param(
            text(answer(5, model="claude-x"), usage(input_tokens=6)), (6, OPUS), id="its own model"
        ),
        pytest.param(
            text({"type": "assistant", "message": {"usage": {"input_tokens": 6}}}),
            (6, ""),
            id="no model",
        ),
    ],
)
def test_the_latest_main_chain_answer_counts(
    content: bytes, expected: tuple[int, str] | None, tmp_path: Path
) -> None:
    """Context is what the latest answer of the main chain was given, or what a compaction left."""
    path = tmp_path / "t.jsonl"
    path.write_bytes(content)

    assert figures(path) == expected


@pytest.mark.parametrize(
    ("iterations", "expected"),
    [
        (None, 1000),
        ("x", 1000),
        ([], 1000),
        ([{"type": "message", "input_tokens": 40}], 1000),
        ([{"type": "message", "input_tokens": 40}, {"type": "message", "input_tokens": 60}], 60),
        (
            [
                {"type": "message", "input_tokens": 40, "cache_read_input_tokens": 2},
                {"type": "advisor_message", "input_tokens": 900},
            ],
            42,
        ),
        ([{"type": "message", "input_tokens": 4}, {"type": "fallback_message"}], None),
        ([{"type": "advisor_message", "input_tokens": 9}, None, "x"], 1000),
    ],
)
def test_of_several_iterations_the_last_message_counts(
    iterations: object, expected: int | None
) -> None:
    """The top level of an advisor's answer is a sum: what goes on is the last message's context."""
    assert tail.context_tokens({"input_tokens": 1000, "iterations": iterations}) == expected


DAMAGED = [
    pytest.param(b'{"type":"assistant","message":{"usage":{"input_tok', id="torn last line"),
    pytest.param(b'{"type":"assistant","message":{"usage":{"input_tokens":9}}', id="all but }"),
    pytest.param(b'"usage" not json at all', id="not json"),
    pytest.param(b'["usage", 1]', id="an array"),
    pytest.param(b'"usage"', id="a string"),
    pytest.param(b'\xff\xfe\x80 "usage" {\'', id="not utf-8"),
    pytest.param(b'{"type":"assistant","message":null,"usage":{}}', id="no message"),
    pytest.param(b'{"type":"assistant","message":{"usage":[1]}}', id="usage is a list"),
    pytest.param(b'{"type":"assistant","message":["usage"]}', id="message is a list"),
    pytest.param(b'{"type":{"a":1},"usage":1}', id="type is an object"),
    pytest.param(b'{"type":"assistant","message":{"usage":{"input_tokens":NaN}}}', id="NaN"),
    pytest.param(
        b'{"type":"assistant","message":{"usage":{"input_tokens":' + b"9" * 5000 + b"}}}",
        id="a number of 5000 digits",
    ),
    pytest.param(b'{"usage":' + b'{"a":' * 20_000, id="nested beyond all limits"),
    pytest.param(b'{"usage":' + b"[" * 100_000 + b"]" * 100_000 + b"}", id="brackets"),
    pytest.param(b"\0" * 5000, id="zeros, as a power cut leaves them"),
    pytest.param(b'{"type":"system","subtype":"compact_boundary"', id="torn boundary"),
]


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n", b"\n\n\0\0"])
@pytest.mark.parametrize("damage", DAMAGED)
def test_damage_behind_the_last_answer_does_not_hide_it(
    damage: bytes, end: bytes, tmp_path: Path
) -> None:
    """A torn or senseless last line is passed over: the answer before it still counts."""
    path = tmp_path / "t.jsonl"
    path.write_bytes(text(make_prompt(), answer(700)) + damage + end)

    assert figures(path) == (700, OPUS)


@pytest.mark.parametrize("damage", DAMAGED)
def test_damage_before_the_last_answer_does_not_touch_it(damage: bytes, tmp_path: Path) -> None:
    """An answer written behind the damage counts."""
    path = tmp_path / "t.jsonl"
    path.write_bytes(damage + b"\n" + text(answer(700)))

    assert figures(path) == (700, OPUS)


def test_two_objects_on_a_line_are_two_records(tmp_path: Path) -> None:
    """Where a line end got lost, the second record counts like any other."""
    path = tmp_path / "t.jsonl"
    first, second = json.dumps(answer(300)), json.dumps(answer(400))

    for line in (first + second, f"{first} {second}", json.dumps(make_prompt()) + second):
        path.write_text(line + "\n")

        assert figures(path) == (400, OPUS)


def test_a_whole_object_behind_a_torn_one_counts(tmp_path: Path) -> None:
    """A write that was cut off and the next one may share a line."""
    path = tmp_path / "t.jsonl"
    torn = '{"type":"user","message":{"content":[{"type":"text","text":"usage of'
    path.write_text(torn + json.dumps(answer(400)) + "\n")

    assert figures(path) == (400, OPUS)


def test_line_ends_of_windows_are_line_ends(tmp_path: Path) -> None:
    """CRLF makes no difference."""
    path = tmp_path / "t.jsonl"
    path.write_bytes(
        text(answer(300), make_prompt(), answer(400), make_prompt()).replace(b"\n", b"\r\n")
    )

    assert figures(path) == (400, OPUS)


def test_a_record_is_not_taken_from_inside_a_text(tmp_path: Path) -> None:
    """What a tool printed may look like a record; inside a string it is text."""
    path = tmp_path / "t.jsonl"
    quoted = json.dumps(answer(999_999))
    path.write_bytes(text(answer(400), make_prompt(quoted), make_prompt(f"\n{quoted}\n")))

    assert figures(path) == (400, OPUS)


@pytest.mark.parametrize("length", [32_000, 33_000, 300_000, 3_000_000, 20_000_000])
def test_a_huge_last_line_is_read_over(length: int, tmp_path: Path) -> None:
    """The window onto the end grows until a whole line is in it."""
    path = tmp_path / "t.jsonl"
    path.write_bytes(text(answer(300), answer(400), make_prompt("é" * (length // 2))))

    assert figures(path) == (400, OPUS)


def test_a_huge_answer_counts(tmp_path: Path) -> None:
    """An answer of many megabytes on one line is read like a short one."""
    path = tmp_path / "t.jsonl"
    path.write_bytes(text(answer(300), answer(400, padding="x" * 5_000_000)))

    assert figures(path) == (400, OPUS)


def test_a_replaced_and_a_cut_file_are_read_as_they_are(tmp_path: Path) -> None:
    """Nothing is remembered of a file: another one in its place has its own figures."""
    path, other = tmp_path / "t.jsonl", tmp_path / "new"
    path.write_bytes(text(answer(300)))
    assert figures(path) == (300, OPUS)

    other.write_bytes(text(answer(50)))
    other.replace(path)
    assert figures(path) == (50, OPUS)

    path.write_bytes(b"")
    assert figures(path) is None


@pytest.mark.parametrize(
    "name", ["missing", ".", "fifo", "a\0b", "", "\ud800", "x" * 300, "/dev/null", "/dev/zero"]
)
def test_what_is_no_regular_file_has_no_figures(name: str, tmp_path: Path) -> None:
    """No file, a directory, a pipe that nobody writes to, a device: nothing, and at once."""
    os.mkfifo(tmp_path / "fifo")
    path = os.path.join(tmp_path, name)

    assert tail.read_last(path) is None
    assert tail.read_first(path) is None
    assert not tail.wait_for_answer(path, "an answer", seconds=0)


def test_the_first_answer_behind_an_offset_is_how_a_cycle_began(tmp_path: Path) -> None:
    """Records before the offset, sidechains and errors do not count; the first answer does."""
    path = tmp_path / "t.jsonl"
    before = text(answer(900_000), make_prompt("é" * 50_000))
    path.write_bytes(before + text(make_prompt(), SIDECHAIN, API_ERROR, answer(300), answer(400)))

    first = tail.read_first(str(path), len(before))

    assert first is not None
    assert first.tokens == 300


@pytest.mark.parametrize("offset", [10**6, 10**30, -1])
def test_an_offset_that_cannot_be_has_no_first_answer(offset: int, tmp_path: Path) -> None:
    """Behind the end of the file, or of all numbers, there is nothing."""
    path = tmp_path / "t.jsonl"
    path.write_bytes(text(answer(300)))

    assert tail.read_first(str(path), offset) is None


def test_size_is_in_bytes_and_zero_for_what_is_not_there(tmp_path: Path) -> None:
    """An offset for later; nothing raises."""
    path = tmp_path / "t.jsonl"
    path.write_bytes(b"\xc3\xa9\n")

    assert tail.file_size(str(path)) == 3
    assert tail.file_size(str(tmp_path / "missing")) == 0
    assert tail.file_size("a\0b") == 0


TOKENS = st.integers(10, 2_000_000)
RECORDS = st.one_of(
    TOKENS.map(answer),
    st.just(make_prompt()),
    st.text(max_size=200).map(make_prompt),
    TOKENS.map(lambda tokens: answer(tokens, isSidechain=True)),
    TOKENS.map(lambda tokens: answer(tokens, isApiErrorMessage=True)),
    st.just(SYNTHETIC),
    st.just(STOP_SUMMARY),
    st.builds(lambda left: boundary(postTokens=left), TOKENS),
    st.just(boundary()),
    st.lists(st.dictionaries(st.sampled_from(["type", "input_tokens"]), TOKENS), max_size=3).map(
        lambda iterations: usage(input_tokens=10, iterations=iterations)
    ),
)
# One line: whole records, or something that holds none.
JUNK = st.sampled_from(["", "\r", '"usage"', '{"usage":', "[1, 2", "\0\0", "usage", "nul"])
LINES = st.lists(RECORDS, min_size=1, max_size=2) | JUNK


def plainly(lines: list[list[Record] | str]) -> tuple[int, str] | None:
    """The rule as docs/client.md says it, forwards over the whole transcript."""
    last: tuple[int, str] | None = None
    for line in lines:
        for record in [] if isinstance(line, str) else line:
            if record.get("subtype") == "compact_boundary":
                last = (record["compactMetadata"].get("postTokens", 0), "")
            if record["type"] != "assistant":
                continue
            if record.get("isSidechain") or record.get("isApiErrorMessage"):
                continue
            message = record["message"]
            if message["model"] == "<synthetic>":
                continue
            counts = message["usage"]
            names = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
            last = (sum(counts.get(name, 0) for name in names), message["model"])
    return last


@settings(max_examples=200, deadline=None)
@given(
    st.lists(LINES, max_size=12),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["", " ", "\t"]),
    st.sampled_from([1, 7, 64, 500, 32 * 1024]),
    st.booleans(),
)
def test_the_end_says_what_the_whole_says(
    tmp_path_factory: pytest.TempPathFactory,
    lines: list[list[Record] | str],
    line_end: str,
    between: str,
    first_block: int,
    is_torn: bool,
) -> None:
    """Reading from the end, in blocks of any size, finds what reading everything finds."""
    whole = [
        line if isinstance(line, str) else between.join(json.dumps(record) for record in line)
        for line in lines
    ]
    content = "".join(line + line_end for line in whole)
    if is_torn:
        content += json.dumps(answer(123_456))[:-1]
    path = tmp_path_factory.getbasetemp() / "end-and-whole.jsonl"
    path.write_bytes(content.encode())

    with mock.patch.object(tail, "_FIRST_BLOCK", first_block):
        assert figures(path) == plainly(lines)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.binary(max_size=60)
        | st.sampled_from(
            [b"\n", b"\r\n", b'"usage"', b"{", b"}", b'{"', b'":', b"\0", text(answer(5))[:-1],
             text(boundary())[:-1], b'{"type":"assistant","message":{"usage":{']
        ),
        max_size=20,
    ),
    st.sampled_from([1, 16, 32 * 1024]),
    st.integers(0, 200),
)  # fmt: skip
def test_no_bytes_raise(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[bytes], first_block: int, offset: int
) -> None:
    """Any bytes at all have figures or none, and no figure is below zero."""
    path = tmp_path_factory.getbasetemp() / "any-bytes.jsonl"
    path.write_bytes(b"".join(pieces))

    with mock.patch.object(tail, "_FIRST_BLOCK", first_block):
        for context in (tail.read_last(str(path)), tail.read_first(str(path), offset)):
            assert context is None or context.tokens >= 0
