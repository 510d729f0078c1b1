"""Text made fit for a terminal: no escapes, no invisible or direction-changing marks."""

from __future__ import annotations

import re
import unicodedata

from handoff import cutting

_FEW = 5  # characters that tell nothing of a secret
_PLAIN = re.compile(r"[\n\t\x20-\x7e]*")
_JOINER = "\u200d"  # emoji are made with it
_STYLES = "\ufe0e\ufe0f"  # text or emoji: of the character before
# What shows nothing and is of no hidden category: fillers, and variation selectors, which can carry
# a whole message unseen.
_UNSEEN = {
    *map(chr, (0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0)),
    *map(chr, (*range(0x180B, 0x1810), *range(0xFE00, 0xFE0E), *range(0xE0100, 0xE01F0))),
}


def printable(text: str) -> str:
    """`text` without control and formatting characters; each run of them becomes one `·`."""
    text = text.replace("\r\n", "\n")
    if _PLAIN.fullmatch(text):
        return text
    shown: list[str] = []
    for char in text:
        if _is_seen(char, shown[-1] if shown else "\n"):
            shown.append(char)
        elif not shown or shown[-1] != "·":
            shown.append("·")
    return "".join(shown)


def one_line(text: str, width: int) -> str:
    """The printable text on one line of at most `width` characters, cut between words."""
    line = " ".join(printable(text).split())
    if len(line) <= width:
        return line
    return (cutting.head(line, width - 1) or line[: min(width - 1, _FEW)]) + "…"


def _is_seen(char: str, before: str) -> bool:
    if char in "\n\t":
        return True
    if char == _JOINER:
        return not before.isascii() and before not in ("·", _JOINER)
    if char in _STYLES:
        return before not in ("\n", "·", _JOINER, *_STYLES)
    hidden = unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
    return not hidden and char not in _UNSEEN
