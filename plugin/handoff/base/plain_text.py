"""Text made fit for a terminal: no escapes, no invisible or direction-changing marks."""

from __future__ import annotations

from handoff.base import truncate, visible_text

_FEW = 5  # characters that tell nothing of a secret


def printable(text: str) -> str:
    r"""`text` with its control and formatting characters escaped (`\x1b`, `\u202e`)."""
    return visible_text.escape(text)


def one_line(text: str, width: int) -> str:
    """The printable text on one line of at most `width` characters, cut between words."""
    line = " ".join(printable(text.replace("\r", "\n")).split())
    if len(line) <= width:
        return line
    return (truncate.keep_head(line, width - 1) or line[: min(width - 1, _FEW)]) + "…"
