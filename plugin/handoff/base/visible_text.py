"""Text made visible: what hides, acts on a terminal or turns the reading direction is escaped.

The one place that decides it, for all that leaves the program: the terminal, JSON, the log, the
messages of hooks, commit subjects. Standard library only, and fast for plain ASCII: hooks load it.
"""

from __future__ import annotations

_JOINER = "\u200d"  # emoji are made with it
_STYLES = "\ufe0e\ufe0f"  # text or emoji: of the character before
_HIDDEN_KINDS = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")  # none of them is `isprintable`
# What shows nothing and is of no hidden category: fillers, and variation selectors, which can carry
# a whole message unseen.
_UNSEEN = {
    *map(chr, (0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0)),
    *map(chr, (*range(0x180B, 0x1810), *range(0xFE00, 0xFE0E), *range(0xE0100, 0xE01F0))),
}
_PRINTABLE_UNSEEN = _UNSEEN.union(_STYLES)


def escape(text: str) -> str:
    r"""`text` with each control, direction, zero-width or other unseen character as its escape,
    as Python writes it: `\x1b`, `\u202e`, `\U000e0041`. Line ends and tabs stay; CRLF becomes LF.
    """
    text = text.replace("\r\n", "\n")
    if text.replace("\n", "").replace("\t", "").isprintable() and (
        text.isascii() or _PRINTABLE_UNSEEN.isdisjoint(text)
    ):
        return text
    shown: list[str] = []
    before = "\n"
    for char in text:
        shown.append(char if _is_seen(char, before) else char.encode("unicode_escape").decode())
        before = shown[-1]
    return "".join(shown)


def _is_seen(char: str, before: str) -> bool:
    if char in "\n\t":
        return True
    if len(before) > 1:  # an escape: nothing joins it
        before = "\n"
    if char == _JOINER:
        return not before.isascii() and before != _JOINER
    if char in _STYLES:
        return before not in ("\n", _JOINER, *_STYLES)
    from unicodedata import category  # a library of its own: not where all is printable

    return category(char) not in _HIDDEN_KINDS and char not in _UNSEEN
