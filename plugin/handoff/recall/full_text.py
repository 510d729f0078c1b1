"""Full-text search in memory: SQLite's FTS5 with bm25, and questions made safe for it.

The index keeps words and places, not the texts (`content=''`).
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from handoff.base.errors import HandoffError

if TYPE_CHECKING:
    import sqlite3

MAX_TERMS = 40
_MAX_TERM_CHARS = 100
_FEW = 3  # hits below which beginnings of words are looked for too
_TABLE = (
    "CREATE VIRTUAL TABLE passages USING fts5(text, about, parts, content='', "
    "tokenize='porter unicode61 remove_diacritics 2')"
)
_RANKED = "SELECT rowid, -bm25(passages, 1.0, 1.5, 0.6) FROM passages WHERE passages MATCH ?"
# Chinese, Japanese and Korean are written without blanks, or bind endings to words.
_IDEOGRAM = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff]")
_IDEOGRAMS = re.compile(rf"{_IDEOGRAM.pattern}+")
_HUMP = re.compile(r"\b(?=\w*[a-z0-9][A-Z])[A-Za-z_]\w{3,60}\b")
_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_QUOTED = re.compile(r'"([^"]{2,200})"')
_WORDLIKE = re.compile(r"[^\W_]")
_STOP = frozenset(
    re.findall(
        r"\w+",
        "a about all an and any are as at be been but by can could did do does for from had has "
        "have  how i if in into is it its me my of on or our she he so than that the their them "
        "then there  these they this those to was we were what when where which who why will "
        "with would you  your ",
    )
)


class Index:
    """Texts by the row in which they were added, from 0; `best` closes it to more.

    Raises HandoffError where Python's SQLite has no FTS5.
    """

    def __init__(self) -> None:
        self._base = _open()
        self._rows: list[tuple[int, str, str, str]] = []
        self._size = 0

    def add(self, text: str, about: str = "") -> None:
        """Add the next row; `about` counts more than `text`."""
        parts = " ".join(" ".join(_PARTS.findall(word)) for word in set(_HUMP.findall(text)))
        self._rows.append((self._size + 1, _spread(text), _spread(about), parts))
        self._size += 1
        if len(self._rows) >= 500:
            self._flush()

    def best(self, question: str) -> list[tuple[int, float]]:
        """(row, score) of every row that has a word of the question, best first; any text will do.

        Where few have one, words that begin like those of the question count as well.
        """
        self._flush()
        for prefix in (False, True):
            asked = match_expression(question, prefix=prefix)
            rows = self._base.execute(_RANKED, (asked,)).fetchall() if asked else []
            if len(rows) >= _FEW:
                break
        return sorted(((row - 1, float(score)) for row, score in rows), key=lambda r: -r[1])

    def _flush(self) -> None:
        self._base.executemany(
            "INSERT INTO passages(rowid, text, about, parts) VALUES (?, ?, ?, ?)", self._rows
        )
        self._rows.clear()


def match_expression(question: str, *, prefix: bool = False) -> str:
    """The question in FTS5's language: its words and quoted phrases, any of which may match.

    Every term is a quoted string, in which FTS5 knows no operators; "" when nothing is asked.
    """
    text = question.replace("\0", " ")
    terms = dict.fromkeys(" ".join(phrase.split()) for phrase in _QUOTED.findall(text))
    words = text.replace('"', " ").split()
    plain = [word for word in words if word.strip("?!.,;:()'").lower() not in _STOP]
    for word in plain or words:
        terms.update(dict.fromkeys(_forms(word)))
    kept = [term[:_MAX_TERM_CHARS] for term in terms if _WORDLIKE.search(term[:_MAX_TERM_CHARS])]
    end = '"*' if prefix else '"'
    return " OR ".join(f'"{term}{end}' for term in kept[:MAX_TERMS])


def _forms(word: str) -> list[str]:
    """A word as it stands (a path or a dotted name is a phrase), its parts, pairs of ideograms."""
    if _IDEOGRAM.search(word):
        forms = [part for part in _IDEOGRAMS.sub(" ", word).split() if _WORDLIKE.search(part)]
        for run in _IDEOGRAMS.findall(word):
            forms += [f"{a} {b}" for a, b in pairwise(run)] or [run]
        return forms
    parts = [part for part in re.split(r"[\W_]+", word) if len(part) > 2]
    humps = [part for part in _PARTS.findall(word) if len(part) > 2] if _HUMP.search(word) else []
    return [word, *parts, *humps]


def _spread(text: str) -> str:
    return _IDEOGRAM.sub(r" \g<0> ", text) if _IDEOGRAM.search(text) else text


def _open() -> sqlite3.Connection:
    try:
        import sqlite3

        base = sqlite3.connect(":memory:")
        base.execute(_TABLE)
    except ImportError as error:
        raise _missing(str(error)) from None
    except sqlite3.OperationalError as error:
        raise _missing(f"{error} in SQLite {sqlite3.sqlite_version}") from None
    return base


def _missing(why: str) -> HandoffError:
    return HandoffError(
        f"`handoff recall` needs SQLite with FTS5, which this Python does not have ({why}).",
        "Run ./install.sh with another Python first on the PATH: those of python.org, Debian, "
        "Homebrew and uv have it.",
    )
