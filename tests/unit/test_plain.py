"""Text for a terminal: nothing in it can move the cursor, hide, or turn the reading direction."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handoff.brief.plain import one_line, printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", ""),
        ("plain\ttext\n", "plain\ttext\n"),
        ("a\r\nb", "a\nb"),
        ("a\rb", "a·b"),
        ("\x1b[31mred\x1b[0m", "·[31mred·[0m"),
        ("\x1b]0;title\x07", "·]0;title·"),
        ("\x9b31mred", "·31mred"),
        ("a\0\0\0b", "a·b"),
        ("a\x08\x08b", "a·b"),
        ("a\x7fb", "a·b"),
        ("\u202edlrow\u202c", "·dlrow·"),
        ("\u2066a\u2069", "·a·"),
        ("a\u200fb\u061cc", "a·b·c"),
        ("zero\u200bwidth", "zero·width"),
        ("soft\u00adhyphen", "soft·hyphen"),
        ("\ufeffmark", "·mark"),
        ("a\u2028b\u2029c", "a·b·c"),
        ("tag\U000e0041s", "tag·s"),
        ("\ue000private", "·private"),
        ("half \ud83d of it", "half · of it"),
        ("👩\u200d👧 é e\u0301 日本 “q” …", "👩\u200d👧 é e\u0301 日本 “q” …"),
        ("a\u200db", "a·b"),
        ("❤\ufe0f\u200d🔥 1\ufe0f\u20e3", "❤\ufe0f\u200d🔥 1\ufe0f\u20e3"),
        ("😀\ufe01\ufe02\U000e0105", "😀·"),
        ("😀\ufe0f\ufe0f\ufe0e", "😀\ufe0f·"),
        ("a\u3164b\u115fc\u034fd\u2800e", "a·b·c·d·e"),
        ("already · there\x00", "already · there·"),
    ],
)
def test_what_could_act_on_a_terminal_becomes_a_dot(text: str, shown: str) -> None:
    """Controls, escapes, direction marks and invisible characters are one visible dot a run."""
    assert printable(text) == shown


@given(st.text())
def test_printable_text_has_no_control_and_stays_as_it_is(text: str) -> None:
    """Of any text nothing is left but line ends, tabs and what can be seen; twice is once."""
    shown = printable(text)

    assert printable(shown) == shown
    assert all(
        char in "\n\t\u200d" or unicodedata.category(char)[0] not in ("C",) or char == "·"
        for char in shown
        if unicodedata.category(char) != "Cn"
    )
    assert not any(unicodedata.category(char) in ("Zl", "Zp") for char in shown)


@pytest.mark.parametrize(
    ("text", "width", "shown"),
    [
        ("a\n\n  b\tc ", 20, "a b c"),
        ("abcdef", 6, "abcdef"),
        ("abcdefg", 6, "abcde…"),
        ("a\x1b[2Kb", 20, "a·[2Kb"),
        ("", 5, ""),
        ("abc", 1, "…"),
    ],
)
def test_one_line_is_one_line(text: str, width: int, shown: str) -> None:
    """Any text on one line of at most the width, with a mark where it was cut."""
    assert one_line(text, width) == shown


@given(st.text(), st.integers(1, 50))
def test_one_line_is_never_too_wide(text: str, width: int) -> None:
    """No text comes out longer than asked for, or on two lines."""
    shown = one_line(text, width)

    assert len(shown) <= width
    assert len(shown.splitlines()) <= 1
