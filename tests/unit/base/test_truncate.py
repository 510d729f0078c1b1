"""Texts are cut between words, so that no half of a secret is left."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handoff.base import truncate
from handoff.brief import snapshot
from handoff.client.transcript import events as ev
from handoff.facts import last_words, sheet_entries
from handoff.facts.gather import gather_facts
from handoff.facts.model import Request
from handoff.redact import redact

SECRET = "sk-ant-api03-" + "aB3dE6gH9jK2mN5pQ8sT1vW4xY7z" * 3


@pytest.mark.parametrize(
    ("text", "most", "first", "last"),
    [
        ("one two three", 13, "one two three", "one two three"),
        ("one two three", 9, "one two ", "two three"),
        ("one two three", 8, "one two ", " three"),
        ("one two three", 2, "", ""),
        ("one two three", 0, "", ""),
        ("x" * 3999, 3000, "", ""),
        ("in src/till/basket.py", 15, "in src/till/", "/till/basket.py"),
        ("the wJalrXUtnFE2I/K7MDENG/bPxRfiCYEX now", 24, "the ", " now"),
        ("at postgres://me:hunter2@db/x", 22, "at ", "/x"),
        ("x" * 9000, 5000, "x" * 5000, "x" * 5000),
        ("会议记录很长", 4, "会议记录", "记录很长"),
        ("会议abc记录", 4, "会议", "记录"),
    ],
)
def test_a_cut_is_between_words(text: str, most: int, first: str, last: str) -> None:
    """Never longer than asked; scripts without blanks are cut anywhere, endless words too."""
    assert truncate.keep_head(text, most) == first
    assert truncate.keep_tail(text, most) == last


@given(
    st.lists(st.sampled_from([SECRET, "a", "word", "語", "\n"]), max_size=60), st.integers(0, 400)
)
def test_no_half_of_a_secret_is_left(parts: list[str], most: int) -> None:
    """Wherever the cut falls, a secret is whole or gone."""
    text = " ".join(parts)
    for kept in (truncate.keep_head(text, most), truncate.keep_tail(text, most)):
        assert len(kept) <= most or kept == text
        assert "sk-ant" not in kept.replace(SECRET, "")
        assert "xY7z" not in kept.replace(SECRET, "")


@pytest.mark.parametrize("before", range(20, 1300, 17))
def test_what_is_shown_is_cut_before_it_is_cleaned(before: int) -> None:
    """A long request, command and answer with a secret at any place: no part of it is shown."""
    text = f"{'word ' * (before // 5)}{SECRET} {'word ' * 400}"
    facts = gather_facts([ev.Prompt(text, "", "typed")], "")
    assert isinstance(facts.requests[0], Request)
    shown = [
        "\n".join(
            item.text + item.more for part in sheet_entries.sections(facts) for item in part.items
        ),
        snapshot._quoted(text, before),
        snapshot._title(text),
        last_words._shortened(text, before),
    ]

    for cut in shown:
        assert "aB3d" not in redact.redact(cut)
        assert "xY7z" not in redact.redact(cut)


@pytest.mark.parametrize(
    ("text", "most", "first", "last"),
    [
        ("ab👨‍👩‍👧cd", 5, "ab", "cd"),  # a family: five characters
        ("ab👍🏽cd", 3, "ab", "cd"),  # a hand with its tone
        ("ab🇯🇵cd", 3, "ab", "cd"),  # a flag
        ("ab❤️cd", 3, "ab", "cd"),  # a style behind its sign
        ("मैं क", 2, "", " क"),
        ("かか\u3099か", 2, "か", "か"),  # a mark of voice that is a character of its own
    ],
)
def test_no_character_is_parted_from_its_marks(text: str, most: int, first: str, last: str) -> None:
    """Accents, vowel signs, parts of an emoji."""
    assert truncate.keep_head(text, most) == first
    assert truncate.keep_tail(text, most) == last
