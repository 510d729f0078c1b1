r"""A text as it reads without its escapes: JSON in JSON, in a shell's quotes, in XML or in an address.

`\\\"token\\\": \\\"…\\n\\\"` is taken for what it says, however often it was escaped; what is
found in it is told at its place in the text.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import accumulate

_ESCAPE = re.compile(
    r"(?<!\\)\\+(?:u00(?P<hex>[2-7][0-9a-fA-F])|(?P<control>[nrt])|(?P<sign>[\"'/&<>`$]))"
    r"|&(?:(?P<named>quot|apos|amp|lt|gt)|#(?P<number>3[49]|60|62|38));"
    r"|%(?P<percent>2[027CF]|3[ABDabd]|[57][BDbd]|0[AD])"
)
_CONTROLS = {"n": "\n", "r": "\r", "t": "\t"}
_NAMED = {"quot": '"', "apos": "'", "amp": "&", "lt": "<", "gt": ">"}
# A line is worth it only with a word that may name a secret, and with a quote or an end in it.
_NOUN = re.compile(
    r"(?i)pass(?:w|p|code|[^a-z])|pwd|secret|token(?![a-z])|cred|key(?![a-z])|auth(?!o)|bearer|private"
)
_HINTS = (  # each with what must be there, which is looked for first
    ("\\", re.compile(r"\\(?:[\"'nrt]|u00[2-7])")),
    ("&", re.compile(r"&(?:quot|apos|lt|gt|#3[49]);")),
    ("%22", re.compile(r"%22")),
)
_MAX_LINE_CHARS = 2_000_000


class Unescaped:
    """The lines of a text that have escapes and may have secrets, without the escapes."""

    def __init__(self, text: str) -> None:
        kept: list[str] = []
        self._begins: list[int] = []  # in the text, of each piece of `kept`
        self._ends: list[int] = []
        for first, last in _lines(text):
            at = first
            for match in _ESCAPE.finditer(text, first, last):
                self._keep(kept, text[at : match.start()], at, match.start())
                self._keep(kept, _plain(match), match.start(), match.end())
                at = match.end()
            self._keep(kept, text[at:last], at, last)
            self._keep(kept, "\n", last, last)
        self.text = "".join(kept)
        self._starts = list(accumulate(map(len, kept), initial=0))

    def _keep(self, kept: list[str], piece: str, begin: int, end: int) -> None:
        if piece:
            kept.append(piece)
            self._begins.append(begin)
            self._ends.append(end)

    def place(self, start: int, end: int) -> tuple[int, int]:
        """Where `start:end` of this stands in the text."""
        first = bisect_right(self._starts, start) - 1
        last = bisect_right(self._starts, end - 1) - 1
        is_whole = self._starts[last + 1] == end  # also an escape, which is longer in the text
        stop = self._ends[last] if is_whole else self._begins[last] + end - self._starts[last]
        return self._begins[first] + start - self._starts[first], stop


def unescape(text: str) -> Unescaped | None:
    """`text` without escapes; None where it has none that could hide a secret."""
    found = Unescaped(text)
    return found if found.text else None


def _lines(text: str) -> list[tuple[int, int]]:
    found: set[tuple[int, int]] = set()
    for sign, pattern in _HINTS:
        done = 0
        for hint in pattern.finditer(text) if sign in text else ():
            if hint.start() < done:
                continue
            begin = text.rfind("\n", 0, hint.start()) + 1
            end = text.find("\n", hint.end())
            done = end if end >= 0 else len(text)
            if done - begin <= _MAX_LINE_CHARS and _NOUN.search(text, begin, done):
                found.add((begin, done))
    return sorted(found)


def _plain(match: re.Match[str]) -> str:
    if match["hex"]:
        return chr(int(match["hex"], 16))
    if match["control"]:
        return _CONTROLS[match["control"]]
    if match["sign"]:
        return match["sign"]
    if match["named"]:
        return _NAMED[match["named"]]
    if match["number"]:
        return chr(int(match["number"]))
    return chr(int(match["percent"], 16))
