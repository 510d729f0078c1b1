"""Text for a terminal: nothing in it can move the cursor, hide, or turn the reading direction."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handoff.base.plain_text import one_line, printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", ""),
        ("plain\ttext\n", "plain\ttext\n"),
        ("a\r\nb", "a\nb"),
        ("a\rb", r"a\rb"),
        ("\x1b[31mred\x1b[0m", r"\x1b[31mred\x1b[0m"),
        ("\x1b]0;title\x07", r"\x1b]0;title\x07"),
        ("\x9b31mred", r"\x9b31mred"),
        ("a\0\0b", r"a\x00\x00b"),
        ("a\x08b", r"a\x08b"),
        ("a\x7fb", r"a\x7fb"),
        ("\u202edlrow\u202c", r"\u202edlrow\u202c"),
        ("\u2066a\u2069", r"\u2066a\u2069"),
        ("a\u200fb\u061cc", r"a\u200fb\u061cc"),
        ("zero\u200bwidth", r"zero\u200bwidth"),
        ("soft\u00adhyphen", r"soft\xadhyphen"),
        ("\ufeffmark", r"\ufeffmark"),
        ("a\u2028b\u2029c", r"a\u2028b\u2029c"),
        ("tag\U000e0041s", r"tag\U000e0041s"),
        ("\ue000private", r"\ue000private"),
        ("half \ud83d of it", r"half \ud83d of it"),
        ("👩\u200d👧 é e\u0301 日本 “q” …", "👩\u200d👧 é e\u0301 日本 “q” …"),
        ("a\u200db", r"a\u200db"),
        ("❤\ufe0f\u200d🔥 1\ufe0f\u20e3", "❤\ufe0f\u200d🔥 1\ufe0f\u20e3"),
        ("😀\ufe01\U000e0105", r"😀\ufe01\U000e0105"),
        ("😀\ufe0f\ufe0f\ufe0e", "😀\ufe0f\\ufe0f\\ufe0e"),
        ("a\u3164b\u115fc\u034fd\u2800e", r"a\u3164b\u115fc\u034fd\u2800e"),
        ("a dot · stays", "a dot · stays"),
    ],
)
def test_what_could_act_on_a_terminal_is_escaped(text: str, shown: str) -> None:
    """Controls, escapes, direction marks and invisible characters are shown as escapes."""
    assert printable(text) == shown


@given(st.text())
def test_printable_text_has_no_control_and_stays_as_it_is(text: str) -> None:
    """Of any text nothing is left but line ends, tabs and what can be seen; twice is once."""
    shown = printable(text)

    assert printable(shown) == shown
    assert all(
        char in "\n\t\u200d" or unicodedata.category(char)[0] not in ("C",)
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
        ("a\x1b[2Kb", 20, r"a\x1b[2Kb"),
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
