"""Secrets that are known by their own shape, wherever they stand.

Only long runs without blanks and quotes are looked at, a tenth of an ordinary text, each once, and
a pattern is compiled and run only where its beginning (or another hint) is among them, as gitleaks does.
The rows are in `shape_table`.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cache
from itertools import accumulate

from handoff.redact.shape_table import FREE, PREFIXED, WIDE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_RUN = re.compile(r"(?<![^\s\"'`<>(){}\[\],;])[^\s\"'`<>(){}\[\],;]{14,}")
_LONG_RUN = 20  # a shorter one has a figure in it, or it is no key
_FIGURE = re.compile(r"[0-9]")
# What may stand before a token: no letter or figure, but for an escape (\n, %3D).
_ESCAPED = re.compile(r"(?:\\[nrt]|%[0-9A-F]{2})\Z")
_MAX_ESCAPE_CHARS = 3
# An encoding that goes on: its `+` begins no word.
_ENCODING_CHARS = 24
_ENCODED = re.compile(rf"[A-Za-z0-9+/]{{{_ENCODING_CHARS}}}")
_WORD = re.compile(r"[A-Za-z0-9]+")
_BEGINNING = 4  # characters of a word by which most prefixes are ruled out
# Each with its first word's beginning and its row.
_PREFIXES = [
    (prefix, word[0][:_BEGINNING] if (word := _WORD.match(prefix)) else "", row)
    for row, (_, prefixes, _) in enumerate(PREFIXED)
    for prefix in prefixes.split()
]


def find(text: str, cuts: Sequence[int] | None = None) -> Iterator[tuple[int, int, str]]:
    """Start, end and kind of what is a secret by its shape; with `cuts` only around these places."""
    places: dict[str, list[int]] = {}
    for match in _runs(text, cuts):
        run = match[0]
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


def _runs(text: str, cuts: Sequence[int] | None) -> Iterator[re.Match[str]]:
    """The long runs of a text; with `cuts` those that have one of these places inside."""
    if cuts is None:
        yield from _RUN.finditer(text)
        return
    seen = 0
    for cut in cuts:
        if cut < seen:
            continue
        begin, end = text.rfind("\n", seen, cut) + 1 or seen, text.find("\n", cut)
        seen = end if end >= 0 else len(text)
        for match in _RUN.finditer(text, begin, seen):
            near = bisect_right(cuts, match.start())
            if near < len(cuts) and cuts[near] < match.end():
                yield match


def _in_runs(runs: str) -> Iterator[tuple[int, int, str]]:
    if not runs:
        return
    beginnings = _beginnings(runs)
    for prefix, word, row in _PREFIXES:
        at = runs.find(prefix) if word in beginnings else -1
        while at >= 0:
            end = at + 1
            if _may_begin(runs, at) and (match := _behind(row).match(runs, at + len(prefix))):
                end = match.end()
                if not _is_blank(runs[at:end]):
                    yield at, end, PREFIXED[row][0]
            at = runs.find(prefix, end)
    for number, (kind, hints, _) in enumerate(FREE):
        if any(hint in runs for hint in hints.split()):
            for match in _free(number).finditer(runs):
                group = 1 if match.re.groups else 0
                yield match.start(group), match.end(group), kind


def _beginnings(runs: str) -> set[str]:
    """All that words begin with, also words behind an escape, which look like one with it; and ""."""
    words = set(_WORD.findall(runs))
    starts = [0, *([1] if "\\" in runs else []), *([2] if "%" in runs else [])]
    longest = {word[at : at + _BEGINNING] for at in starts for word in words}
    return {word[:size] for word in longest for size in range(_BEGINNING + 1)}


def _may_begin(runs: str, at: int) -> bool:
    """Whether what stands before `at` may stand before a token."""
    before = runs[at - 1 : at]
    if before == "+" and _ENCODED.match(runs, max(0, at - _ENCODING_CHARS), at):
        return False
    if not (before.isascii() and before.isalnum()):
        return True
    return _ESCAPED.search(runs[max(0, at - _MAX_ESCAPE_CHARS) : at]) is not None


@cache
def _behind(row: int) -> re.Pattern[str]:
    """What stands behind the prefix in the tokens of a row."""
    return re.compile(PREFIXED[row][2])


@cache
def _free(number: int) -> re.Pattern[str]:
    return re.compile(FREE[number][2])


@cache
def _wide(number: int) -> re.Pattern[str]:
    return re.compile(WIDE[number][2])


def _is_blank(value: str) -> bool:
    """Whether somebody wrote `xxxx` where a key would be."""
    return set(value[-12:]) <= {"x", "X"}
