"""Texts split into statements, and whether one already says what another does.

Compared are words alone, in their order, so that it works in any language that parts words; in
doubt a text says something else.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_ITEM = re.compile(r"[ \t]{0,12}(?:[-*+•]|\d{1,3}[.)])[ \t]+")
_QUOTE = re.compile(r"[ \t]*>[ \t]?")
_CUT = re.compile(r"\(cut for length: [\d,]+ more (?:line|word)s?\)")
_WORD = re.compile(r"\w+")
_SUPERSEDED = re.compile(r"\W{0,6}superseded\W{0,4}:\W{0,6}(.+)", re.IGNORECASE | re.DOTALL)
_NAMED = re.compile(r"[(—–;→\n]|\s-\s|,\s|\.(?:\s|\Z)")  # behind which a reason is given
_LEAST_NAMED = 2  # words that name a statement, unless it has no more
_FEW = 3  # words from which on others may stand between them
_MAX_SAID_WORDS = 120  # of a line in which all words of a statement are looked for


def split_statements(text: str) -> list[str]:
    """The items and paragraphs of a section, each on lines of its own as they were."""
    statements: list[list[str]] = [[]]
    for line in text.split("\n"):
        quoted = _QUOTE.match(line)
        bare = line[quoted.end() :] if quoted else line
        if not _WORD.search(bare) or _CUT.fullmatch(bare.strip()):
            statements.append([])
            continue
        item = _ITEM.match(bare)
        if item:
            statements.append([bare[item.end() :]])
        else:
            statements[-1].append(bare.strip())
    return [part for lines in statements if (part := "\n".join(lines).strip())]


def words_of(text: str) -> tuple[str, ...]:
    """The words of a text, without case and marks."""
    return tuple(_WORD.findall(text.casefold()))


class Said:
    """Texts that a reader has before them, to ask what they say already."""

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self._all: set[tuple[str, ...]] = set()
        self._joined: list[str] = []
        self._with_word: dict[str, list[tuple[str, ...]]] = {}
        for text in texts:
            self.add(text)

    def add(self, text: str) -> None:
        """One more text is there."""
        if words := words_of(text):
            self._joined.append(f" {' '.join(words)} ")
            if words not in self._all and len(words) <= _MAX_SAID_WORDS:
                for word in set(words):
                    self._with_word.setdefault(word, []).append(words)
            self._all.add(words)

    def says(self, text: str) -> bool:
        """Whether a text has all words of this one in their order, with others between at most;
        for one or two words, whether it is just that.
        """
        wanted = words_of(text)
        if not wanted or wanted in self._all:
            return True
        if len(wanted) < _FEW:
            return False
        # Those with the rarest word are all that may: a chain has thousands of statements.
        candidates = min((self._with_word.get(word, []) for word in wanted), key=len)
        return any(_is_within(wanted, words) for words in candidates)

    def quotes(self, text: str) -> bool:
        """Whether a text has this one in it word for word."""
        wanted = f" {' '.join(words_of(text))} "
        return any(wanted in joined for joined in self._joined)


def superseded_by(statements: Iterable[str]) -> list[tuple[str, ...]]:
    """The first words of what these statements declare to be superseded."""
    found = (_SUPERSEDED.match(text) for text in statements)
    return [words for match in found if match and (words := words_of(_NAMED.split(match[1])[0]))]


def is_declaration(statement: str) -> bool:
    """Whether a statement only says that another one is superseded."""
    return _SUPERSEDED.match(statement) is not None


def begins_with(statement: str, first: tuple[str, ...]) -> bool:
    """Whether a statement begins with these words, enough of them to name it."""
    words = words_of(statement)
    enough = len(first) >= _LEAST_NAMED or len(first) == len(words)
    return enough and words[: len(first)] == first


def _is_within(wanted: tuple[str, ...], words: tuple[str, ...]) -> bool:
    rest = iter(words)
    return all(word in rest for word in wanted)
