"""Lengths as the client counts them: UTF-16 units, of which a character beyond U+FFFF takes two."""

from __future__ import annotations


def count_units(text: str) -> int:
    """UTF-16 units in a text."""
    return len(text) + sum(char > "\uffff" for char in text) if not text.isascii() else len(text)


def keep_units(text: str, most: int) -> str:
    """The beginning of a text, at most `most` units, no character halved."""
    if count_units(text) <= most:
        return text
    cut = text.encode("utf-16-le", "surrogatepass")[: 2 * max(most, 0)]
    return cut.decode("utf-16-le", "ignore")
