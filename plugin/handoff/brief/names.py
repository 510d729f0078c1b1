"""Names of code in prose, edits and searches: what somebody will search for next."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

# camelCase, PascalCase with a second hump, snake_case, SCREAMING_CASE: no plain words.
_NAME = re.compile(
    r"(?<![\w/\\\]-])(?=\w{6,60}\b)(?:[A-Za-z]\w*?[a-z0-9][A-Z]\w*|_{0,2}[A-Za-z][A-Za-z0-9]*_[A-Za-z]\w*)\b(?!-)"
)
_HEX = re.compile(r"(?=\w*\d)[0-9a-f_]+\Z|\w*REDACTED\w*")
_ESCAPE = re.compile(r"\\[a-zA-Z]")


def names_in(text: str) -> list[str]:
    """The code names in a text, each once, in order."""
    found = dict.fromkeys(_NAME.findall(_ESCAPE.sub(" ", text) if "\\" in text else text))
    return [name for name in found if not _HEX.match(name)]


def ranked(texts: Iterable[tuple[str, float]], most: int) -> tuple[str, ...]:
    """The names in weighted texts, heaviest first."""
    weight: dict[str, float] = {}
    for text, worth in texts:
        for name in names_in(text):
            weight[name] = weight.get(name, 0.0) + worth
    return tuple(sorted(weight, key=lambda name: -weight[name])[:most])
