"""Secrets where people leave them: in command lines, files, addresses and sentences.

Each row is a text with `{X}` in place of the secret; the secret is random, or made as people make
one. `CATEGORIES` has a function for each row and kind of value: from a source of chance to text and
secret.
"""

from __future__ import annotations

import string
from typing import TYPE_CHECKING

from support.secret_calls import CALLS
from support.secret_commands import COMMANDS
from support.secret_sentences import PROSE
from support.secret_settings import FILES, HEX_FILES, QUERIES, URLS

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterable

    Make = Callable[[random.Random], tuple[str, str]]
    Value = Callable[[random.Random], str]

_ALNUM = string.ascii_letters + string.digits
# Signs that need no quotes in a shell, that need some, and that may stand in an address.
_BARE_SIGNS = "@%+=:,._^-"
_SIGNS = "$/@!#%&*+=:.,_^-?~"
_URL_SIGNS = "$/@:#%!.-_+="
_WORDS = (
    *("correct", "horse", "battery", "staple", "winter", "dragon", "purple", "monkey", "coffee"),
    *("sunset", "garden", "rocket", "silver", "falcon", "orange", "tiger", "forest", "castle"),
    *("ocean", "pepper"),
)
_CHOSEN = (
    *("Sommer2024!", "tr0ub4dor&3", "P4ssw0rt!42", "Winter-2025", "Hamburg#1887", "q1w2e3r4T5"),
    *("G3heim!nis", "L1verpool_09", "Admin@2026!", "c0ffee&Cream7", "Bl4ubeere99", "Zitr0ne!7x"),
)


def _drawn(chance: random.Random, alphabet: str, size: int) -> str:
    """Random characters, letters at both ends, at least two figures."""
    while True:
        inner = "".join(chance.choice(alphabet) for _ in range(size - 2))
        value = chance.choice(string.ascii_letters) + inner + chance.choice(_ALNUM)
        if sum(map(str.isdigit, value)) >= 2:
            return value


def _letters(chance: random.Random) -> str:
    return _drawn(chance, _ALNUM, 16)


def _short(chance: random.Random) -> str:
    return _drawn(chance, _ALNUM, chance.randint(9, 12))


def _bare_signs(chance: random.Random) -> str:
    return _drawn(chance, _ALNUM * 2 + _BARE_SIGNS, 16)


def _signs(chance: random.Random) -> str:
    return _drawn(chance, _ALNUM + _SIGNS, 16)


def _url_signs(chance: random.Random) -> str:
    begin, end = _drawn(chance, _ALNUM, 7), _drawn(chance, _ALNUM, 7)
    return begin + chance.choice(_URL_SIGNS) + end + chance.choice(["", chance.choice("$/!#")])


def _phrase(chance: random.Random) -> str:
    return "-".join([*chance.sample(_WORDS, chance.randint(2, 3)), str(chance.randint(2, 99))])


def _hex(chance: random.Random) -> str:
    return "".join(chance.choice("0123456789abcdef") for _ in range(chance.choice([32, 40, 64])))


def _long_hex(chance: random.Random) -> str:
    return "".join(chance.choice("0123456789abcdef") for _ in range(chance.choice([64, 128])))


def _base64(chance: random.Random) -> str:
    return _drawn(chance, _ALNUM + "+/", 43) + "="


def _worded(chance: random.Random) -> str:
    """A word and figures, which only a name that says password gives away."""
    word = chance.choice(_WORDS)
    return chance.choice([word, word.capitalize()]) + str(chance.randint(10, 2030)).rjust(3, "7")


def _chosen(chance: random.Random) -> str:
    return chance.choice(_CHOSEN)


_IN_SHELL = (_letters, _short, _bare_signs, _phrase, _hex, _base64)
_QUOTED = (*_IN_SHELL, _signs, _chosen)
_IN_SENTENCES = (_letters, _short, _phrase, _chosen, _signs, _worded)


def _make(row: str, value: Value) -> Make:
    def make(chance: random.Random) -> tuple[str, str]:
        secret = value(chance)
        return row.replace("{X}", secret), secret

    return make


def _rows(rows: str, values: Iterable[Value], quoted: Iterable[Value] = ()) -> list[Make]:
    """Every row with each kind of value; those in quotes with the kinds that need quotes."""
    quoted = tuple(quoted) or tuple(values)
    return [
        _make(row.replace("\\n", "\n"), value)
        for row in rows.strip("\n").split("\n")
        if row
        for value in (quoted if "'{X}'" in row or '"{X}"' in row else values)
    ]


CATEGORIES: dict[str, list[Make]] = {
    "command lines": _rows(COMMANDS, _IN_SHELL, _QUOTED),
    "calls and settings": _rows(CALLS, (_letters, _short, _chosen, _worded)),
    "files": _rows(FILES, _IN_SHELL, _QUOTED) + _rows(HEX_FILES, (_long_hex,)),
    "addresses": _rows(URLS, (_url_signs, _letters, _phrase)) + _rows(QUERIES, (_letters, _hex)),
    **{f"prose, {language}": _rows(rows, _IN_SENTENCES) for language, rows in PROSE.items()},
}
