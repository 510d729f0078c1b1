"""The words of a text, each once: by them most patterns are ruled out before they run."""

from __future__ import annotations

import re

_WORD = re.compile(r"\w+")
_CAPITALS = re.compile(r"[A-Z]+")
_SIGNS = bytes(
    code if code > 127 or chr(code).isalnum() or code == ord("_") else ord(" ")
    for code in range(256)
)
_ASCII_SIGNS = _SIGNS[:128].decode("ascii")
# From here on scripts have no blanks between words.
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]")


class Vocabulary:
    """A text in small letters, as long as the text, and its words."""

    def __init__(self, text: str) -> None:
        low = text.lower()
        if len(low) != len(text):  # a few letters are two in lower case
            low = _CAPITALS.sub(lambda match: match[0].lower(), text)
        self.low = low
        if low.isascii():
            self.words = frozenset(low.translate(_ASCII_SIGNS).split())
            self.is_unspaced = False
        else:  # bytes, which split faster; only the words that are left are looked at again
            parts = set(low.encode("utf-8", "surrogatepass").translate(_SIGNS).split())
            left = b" ".join(parts).decode("utf-8", "surrogatepass")
            self.words = frozenset(_WORD.findall(left))
            self.is_unspaced = _UNSPACED.search(left) is not None
        self.joined = " ".join(self.words)
