"""Names of code in prose, edits and searches: what somebody will search for next."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from handoff.client.transcript.tools import FIELDS
from handoff.facts.file_paths import ENDING
from handoff.redact import redact

if TYPE_CHECKING:
    from collections.abc import Iterable

    from handoff.redact.redact import Clean

# camelCase, PascalCase with a second hump, snake_case, SCREAMING_CASE: no plain words, and no name
# of a file.
_NAME = re.compile(
    r"(?<![\w/\\\]-])(?=\w{6,60}\b)(?:[A-Za-z]\w*?[a-z0-9][A-Z]\w*|_{0,2}[A-Za-z][A-Za-z0-9]*_[A-Za-z]\w*)\b(?!-)"
    rf"(?!\.{ENDING}\b)",
)
_HEX = re.compile(r"(?=\w*\d)[0-9a-f_]+\Z|\w*REDACTED\w*")
_ESCAPE = re.compile(r"\\[nrt]")


def names_in(text: Clean) -> list[str]:
    """The code names in a text, each once, in order; none of the client's own fields."""
    plain: str = redact.without_marks(text)
    names = dict.fromkeys(_NAME.findall(_ESCAPE.sub(" ", plain) if "\\" in plain else plain))
    return [name for name in names if name not in FIELDS and not _HEX.match(name)]


def rank_names(texts: Iterable[tuple[Clean, float]], most: int) -> tuple[str, ...]:
    """The names in weighted texts, heaviest first."""
    weight: dict[str, float] = {}
    for text, worth in texts:
        for name in names_in(text):
            weight[name] = weight.get(name, 0.0) + worth
    return tuple(sorted(weight, key=lambda name: -weight[name])[:most])
