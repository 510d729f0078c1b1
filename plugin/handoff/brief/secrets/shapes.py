"""Secrets that are known by their own shape, wherever they stand.

Only long runs without blanks and quotes are looked at, a tenth of an ordinary text, each once, and
a pattern is compiled and run only where its beginning (or another hint) is among them, as gitleaks does.
The rows are in `shapetable`.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cache
from itertools import accumulate

from handoff.brief.secrets.shapetable import FREE, PREFIXED, WIDE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_RUN = re.compile(r"[^\s\"'`<>(){}\[\],;]{14,}")
_LONG_RUN = 20  # a shorter one has a figure in it, or it is no key
_FIGURE = re.compile(r"[0-9]")
# What may stand before a token: no letter or figure, but for an escape (\n, %3D, a colour's end).
_BEFORE = (
    r"(?<![A-Za-z0-9]{})",
    r"(?<=\\[nrt]{})",
    r"(?<=%[0-9A-F]{{2}}{})",
    r"(?<=\x1b\[\dm{})",
    r"(?<=\x1b\[\d\dm{})",
)
_PREFIXES = [
    (prefix, row) for row, (_, prefixes, _) in enumerate(PREFIXED) for prefix in prefixes.split()
]


def find(text: str, cuts: Sequence[int] | None = None) -> Iterator[tuple[int, int, str]]:
    """Start, end and kind of what is a secret by its shape; with `cuts` only around these places."""
    places: dict[str, list[int]] = {}
    for match in _RUN.finditer(text):
        run = match[0]
        if cuts is not None:
            near = bisect_right(cuts, match.start())
            if near == len(cuts) or cuts[near] >= match.end():
                continue
        if run in places:
            places[run].append(match.start())
        elif len(run) >= _LONG_RUN or _FIGURE.search(run):
            places[run] = [match.start()]
    runs = list(places)
    starts = list(accumulate((len(run) + 1 for run in runs), initial=0))
    for start, end, kind in _in_runs("\n".join(runs)):
        number = bisect_right(starts, start) - 1
        for place in places[runs[number]]:
            offset = place - starts[number]
            yield start + offset, end + offset, kind
    for number, (kind, hint, _) in enumerate(WIDE):
        if hint in text:
            for match in _wide(number).finditer(text):
                yield match.start(1), match.end(1), kind


def _in_runs(runs: str) -> Iterator[tuple[int, int, str]]:
    for prefix, row in _PREFIXES:
        at = runs.find(prefix)
        while at >= 0:
            end = at + 1
            if _may_begin(runs, at) and (match := _prefixed(prefix, row).match(runs, at)):
                end = match.end()
                if not _is_blank(match[0]):
                    yield at, end, PREFIXED[row][0]
            at = runs.find(prefix, end)
    for number, (kind, hints, _) in enumerate(FREE):
        if any(hint in runs for hint in hints.split()):
            for match in _free(number).finditer(runs):
                group = 1 if match.re.groups else 0
                yield match.start(group), match.end(group), kind


def _may_begin(runs: str, at: int) -> bool:
    """Whether what stands before may stand before a token; a cheap look before the pattern's."""
    before = runs[at - 1] if at else "\n"
    return (
        not (before.isascii() and before.isalnum())
        or before in "nrtm"
        or runs[at - 3 : at - 2] == "%"
    )


@cache
def _prefixed(prefix: str, row: int) -> re.Pattern[str]:
    """The literal first, and behind it what stands before it."""
    literal = re.escape(prefix)
    before = "|".join(part.format(literal) for part in _BEFORE)
    return re.compile(f"{literal}(?:{before}){PREFIXED[row][2]}")


@cache
def _free(number: int) -> re.Pattern[str]:
    return re.compile(FREE[number][2])


@cache
def _wide(number: int) -> re.Pattern[str]:
    return re.compile(WIDE[number][2])


def _is_blank(value: str) -> bool:
    """Whether somebody wrote `xxxx` where a key would be."""
    return set(value[-12:]) <= {"x", "X"}
