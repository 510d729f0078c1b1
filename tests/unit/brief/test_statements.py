"""Statements of a brief, and what says already what another says."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handoff.brief.statements import (
    Said,
    begins_with,
    is_declaration,
    split_statements,
    superseded_by,
    words_of,
)


def test_items_and_paragraphs() -> None:
    """Each is one statement; what goes on below an item belongs to it."""
    text = (
        "- one\n  goes on\n* two\n1. three\n\nA paragraph\nof two lines.\n\n"
        "> - quoted\n(cut for length: 3 more lines)\n---\n"
    )
    assert split_statements(text) == [
        "one\ngoes on",
        "two",
        "three",
        "A paragraph\nof two lines.",
        "quoted",
    ]


def test_a_sign_within_a_line_is_no_quotation() -> None:
    """Only the one a line begins with; a long run of blanks costs no time."""
    assert split_statements("- Keep prices > 0\n> - a -> b") == ["Keep prices > 0", "a -> b"]
    assert split_statements(" " * 300_000 + "x > y") == ["x > y"]


@pytest.mark.parametrize(
    ("said", "text", "expected"),
    [
        ("We only use Python 3.10 here", "only Python 3.10", True),
        ("only Python 3.11", "only Python 3.10", False),
        ("use spaces, not tabs", "use tabs, not spaces", False),
        ("use tabs", "never use tabs", False),
        ("Prices are cents, never floats", "cents", False),
        ("Cents!", "cents", True),
        ("必ずテストを実行する", "必ずテストを実行する。", True),
        ("必ずテストを実行する", "テストを実行する", False),
        ("word " * 200 + "a b", "a b", False),
    ],
)
def test_what_is_said_already(said: str, text: str, *, expected: bool) -> None:
    """All its words in their order; in doubt it is not."""
    assert Said([said]).says(text) is expected


@given(st.lists(st.text("ab ", max_size=12), max_size=8), st.text("ab ", max_size=8))
def test_the_index_leaves_nothing_out(texts: list[str], wanted: str) -> None:
    """It says what looking at every text would say."""

    def says(words: tuple[str, ...]) -> bool:
        rest = iter(words)
        in_order = all(word in rest for word in words_of(wanted))
        return in_order if len(words_of(wanted)) > 2 else words == words_of(wanted)

    expected = not words_of(wanted) or any(
        says(words) for text in texts if (words := words_of(text))
    )
    assert Said(texts).says(wanted) is expected


def test_thousands_of_statements() -> None:
    """A closing session has little time, whatever its chain has said."""
    texts = [f"rule {n} of {n % 7} is {n * 31 % 97}" for n in range(5_000)]
    began = time.process_time()
    said = Said()
    for text in texts:
        assert not said.says(text)
        said.add(text)
    assert time.process_time() - began < 2


def test_a_quotation() -> None:
    """Word for word, whole words."""
    said = Said(["The user said: never touch vendor/, please."])
    assert said.quotes("Never touch vendor")
    assert not said.quotes("never touch vend")
    assert not said.quotes("touch never vendor")


@given(st.lists(st.text(max_size=30), max_size=6), st.text(max_size=30))
def test_a_text_says_itself(others: list[str], text: str) -> None:
    """Also among others; and what has no words is always said."""
    said = Said([*others, text])
    assert said.says(text)
    if words_of(text):
        assert said.quotes(text)


@pytest.mark.parametrize(
    "line",
    [
        "Superseded: use SQLite",
        "**Superseded:** “use SQLite” (we have Postgres)",
        "superseded: use sqlite, since …",
    ],
)
def test_what_a_declaration_names(line: str) -> None:
    """The first words of a statement, without the reason."""
    assert is_declaration(line)
    assert superseded_by([line, "use SQLite"]) == [("use", "sqlite")]


def test_one_word_names_nothing_but_itself() -> None:
    """Otherwise half of what is carried would begin with it."""
    assert begins_with("use SQLite for prices", ("use", "sqlite"))
    assert not begins_with("use SQLite for prices", ("use",))
    assert begins_with("Cents.", ("cents",))
    assert not begins_with("use SQLite", ("use", "sqlite", "for"))
