"""Text made fit for a terminal: no escapes, no invisible or direction-changing marks."""

from __future__ import annotations

import unicodedata

_KEPT = "\n\t\u200d"  # the joiner that emoji are made with
_BIDI = {chr(c) for c in (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C)}


def printable(text: str) -> str:
    """`text` without control and formatting characters; each run of them becomes one `·`."""
    shown: list[str] = []
    for char in text.replace("\r\n", "\n"):
        hidden = unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
        if char in _KEPT or not (hidden or char in _BIDI):
            shown.append(char)
        elif not shown or shown[-1] != "·":
            shown.append("·")
    return "".join(shown)


def one_line(text: str, width: int) -> str:
    """The printable text on one line of at most `width` characters."""
    line = " ".join(printable(text).split())
    return line if len(line) <= width else line[: width - 1] + "…"
