"""Text made fit for a terminal: no escapes, no invisible or direction-changing marks."""

from __future__ import annotations

from handoff import visible


def printable(text: str) -> str:
    r"""`text` with its control and formatting characters escaped (`\x1b`, `\u202e`)."""
    return visible.escape(text)


def one_line(text: str, width: int) -> str:
    """The printable text on one line of at most `width` characters."""
    line = " ".join(printable(text.replace("\r", "\n")).split())
    return line if len(line) <= width else line[: width - 1] + "…"
