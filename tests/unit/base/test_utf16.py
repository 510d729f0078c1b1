"""Lengths as the client counts them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from handoff.base.utf16 import count_units, keep_units


@given(st.text())
def test_units_are_those_of_utf_16(text: str) -> None:
    """A character beyond U+FFFF is two."""
    assert count_units(text) == len(text.encode("utf-16-le")) // 2


@given(st.text() | st.text("a日😀𠮷"), st.integers(0, 40))
def test_what_is_kept_is_a_beginning_that_fits(text: str, most: int) -> None:
    """As long as can be, with no half of a character."""
    kept = keep_units(text, most)

    assert text.startswith(kept)
    assert count_units(kept) <= most
    assert kept == text or count_units(text[: len(kept) + 1]) > most
