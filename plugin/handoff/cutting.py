"""Long texts made shorter between words: no pattern knows a secret by its half.

A word is a run of printing ASCII characters. What runs on for longer than any secret is cut where
it is.
"""

from __future__ import annotations

LONGEST = 4000  # characters of a secret without a blank


def head(text: str, most: int) -> str:
    """The beginning of a text, at most `most` characters."""
    if len(text) <= most:
        return text
    end = max(most, 0)
    for at in range(end, max(end - LONGEST, 0), -1):
        if not _in_word(text, at):
            return text[:at]
    return text[:end] if end > LONGEST else ""


def tail(text: str, most: int) -> str:
    """The end of a text, at most `most` characters."""
    if len(text) <= most:
        return text
    start = len(text) - max(most, 0)
    for at in range(start, min(start + LONGEST, len(text))):
        if not _in_word(text, at):
            return text[at:]
    return text[start:] if len(text) - start > LONGEST else ""


def _in_word(text: str, at: int) -> bool:
    return "!" <= text[at - 1] <= "~" and "!" <= text[at] <= "~"
