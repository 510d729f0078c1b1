"""The end of a transcript: growth, what was appended since, the cache's life, the last limit."""

from __future__ import annotations

import datetime
import json
from typing import TYPE_CHECKING, Any
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handoff.client.transcript import recent

if TYPE_CHECKING:
    from pathlib import Path

Record = dict[str, Any]
NOON = datetime.datetime(2026, 11, 22, 12, tzinfo=datetime.timezone.utc).timestamp()


def answer(key: str, tokens: int, output: int = 30, **more: Any) -> Record:
    usage = {"input_tokens": 2, "cache_read_input_tokens": tokens - 2, "output_tokens": output}
    usage.update(more.pop("usage", {}))
    message = {"id": key, "model": "claude-opus-5-5", "content": [], "usage": usage}
    return {
        "type": "assistant",
        "timestamp": "2026-11-22T12:00:00.000Z",
        "message": message,
        **more,
    }


def user(content: Any, **more: Any) -> Record:
    return {"type": "user", "message": {"role": "user", "content": content}, **more}


def result(text: Any) -> Record:
    return user([{"type": "tool_result", "tool_use_id": "t", "content": text}], toolUseResult=text)


BOUNDARY = {"type": "system", "subtype": "compact_boundary", "compactMetadata": {"postTokens": 9}}
LIMIT = {
    "type": "assistant", "isApiErrorMessage": True, "error": "rate_limit",
    "timestamp": "2026-11-22T12:00:00.000Z",
    "message": {"model": "<synthetic>", "content": [
        {"type": "text", "text": "You've hit your session limit · resets 3pm (UTC)"}]},
}  # fmt: skip


def read(path: Path, *records: Record) -> recent.Recent:
    file = path / "t.jsonl"
    file.write_text("".join(json.dumps(record) + "\n" for record in records))
    return recent.read(str(file))


@pytest.mark.parametrize(
    ("records", "appended"),
    [
        ([], None),
        ([user("hello")], None),
        ([answer("a", 100)], 30),
        ([answer("a", 100), result("x" * 300)], 130),
        ([answer("a", 100), result([{"type": "text", "text": "x" * 300}])], 130),
        ([answer("a", 100), user("y" * 30), user([{"type": "text", "text": "z" * 60}])], 60),
        ([answer("a", 100), result("x" * 300), answer("b", 300, 7)], 7),
        # One answer on two lines, a result between them: it belongs to what is unsent.
        ([answer("a", 100, 1), result("x" * 300), answer("a", 100, 40), result("x" * 3)], 141),
        ([answer("a", 100), user([{"type": "image", "source": {"data": "x" * 90_000}}])], 1630),
        ([answer("a", 100), result("x" * 300), BOUNDARY], 0),
        ([answer("a", 100), BOUNDARY, user("s" * 900, isCompactSummary=True), user("x" * 30)], 10),
        ([answer("a", 100), user("x" * 300, isSidechain=True)], 30),
        ([answer("a", 100), answer("b", 9_000, isSidechain=True), result("x" * 3)], 31),
        ([answer("a", 100), {"type": "attachment", "attachment":
            {"type": "hook_additional_context", "content": ["x" * 30]}}], 40),
        ([answer("a", 100), {"type": "attachment", "attachment":
            {"type": "queued_command", "prompt": "x" * 30}}], 40),
        ([answer("a", 100), {"type": "attachment", "attachment":
            {"type": "prompt_snapshot", "systemPrompt": ["x" * 3000]}}], 30),
    ],
)  # fmt: skip
def test_what_was_appended(tmp_path: Path, records: list[Record], appended: int | None) -> None:
    """The last answer's output, and a third of the characters of what came behind it."""
    assert read(tmp_path, *records).appended == appended


def test_growth(tmp_path: Path) -> None:
    """The average over the answers of this cycle; unknown with one, never below zero."""
    assert read(tmp_path, answer("a", 100), answer("b", 400), answer("c", 500)).growth == 200
    assert read(tmp_path, answer("a", 100)).growth is None
    assert read(tmp_path, answer("a", 500), answer("b", 100)).growth == 0
    cycle = [answer("a", 900_000), BOUNDARY, answer("b", 100), answer("c", 400)]
    assert read(tmp_path, *cycle).growth == 300
    assert read(tmp_path, *cycle).output == 30


@pytest.mark.parametrize(
    ("more", "expires_at"),
    [
        ({}, NOON + 300),
        ({"promptCacheRequested": "1h"}, NOON + 3600),
        ({"usage": {"cache_creation": {"ephemeral_1h_input_tokens": 5}}}, NOON + 3600),
        (
            {
                "usage": {"cache_creation": {"ephemeral_5m_input_tokens": 5}},
                "promptCacheRequested": "1h",
            },
            NOON + 300,
        ),
        ({"usage": {"cache_read_input_tokens": 0}}, None),
        ({"timestamp": "soon"}, None),
    ],
)
def test_the_caches_life(tmp_path: Path, more: Any, expires_at: float | None) -> None:
    """Five minutes or an hour from the last answer; none where nothing is cached."""
    assert read(tmp_path, answer("a", 100, **more)).cache_expires_at == expires_at


def test_the_limit(tmp_path: Path) -> None:
    """The last one, unless something was answered since."""
    limit = read(tmp_path, answer("a", 100), LIMIT, user("again")).limit
    assert limit is not None
    assert (limit.kind, limit.resets_at) == ("five_hour", NOON + 3 * 3600)
    assert read(tmp_path, LIMIT, answer("a", 100)).limit is None
    assert read(tmp_path, LIMIT, {**LIMIT, "error": "server_error"}).limit == limit


def test_nothing_there(tmp_path: Path) -> None:
    """No file, a directory: nothing is known."""
    assert recent.read(str(tmp_path / "none")) == recent.Recent()
    assert recent.read(str(tmp_path)) == recent.Recent()


RECORDS = st.one_of(
    st.builds(answer, st.sampled_from("abc"), st.integers(10, 10**6), st.integers(0, 99)),
    st.text(max_size=40).map(user),
    st.text(max_size=400).map(result),
    st.just(BOUNDARY),
    st.just(LIMIT),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(RECORDS, max_size=14), st.sampled_from([200, 1_000, 5_000]))
def test_a_small_block_knows_the_same(
    tmp_path_factory: pytest.TempPathFactory, records: list[Record], block: int
) -> None:
    """However much is read at first, what was appended and the limit are those of the whole."""
    path = tmp_path_factory.getbasetemp() / "blocks.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    whole = recent.read(str(path))
    with mock.patch.object(recent, "_FIRST_BLOCK", block):
        part = recent.read(str(path))

    assert part.appended == whole.appended
    assert part.limit == whole.limit
    assert part.answers[-1:] == whole.answers[-1:]
