"""Secrets that a name beside or above them gives away: a pair of `name` and `value`, a column.

`{name: API_KEY, value: X}`, `--name /prod/token --value X`, the column `token` of a table.
"""

from __future__ import annotations

import re

from handoff.redact import literals, values, words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_REACH = 60  # characters before a noun in which its name begins
_NAME_BEFORE = re.compile(r"[\w./-]*\Z")
_NAME_BEHIND = re.compile(r"[\w./-]{0,60}")
_LABEL = re.compile(
    r"(?i)(?:--name[= ]|\\?[\"']?\b(?:name|key)\\?[\"']?\s{0,3}[:=]\s{0,3})\\?[\"']?\Z"
)
_VALUE = re.compile(
    r"(?i)\\?[\"']?(?:[^\n\"'{}]{0,60}?--value[= ]|\s{0,4}[,;]?\s{0,40}\\?[\"']?value\\?[\"']?\s{0,3}[:=]\s{0,3})"
    r"\\?[\"']?(?P<value>[^\s\"'{},\\$<]{6,400})"
)
_MAX_HEAD, _MAX_ROWS = 300, 50  # characters of a header, rows below it
_RULE = re.compile(r"[ |:+-]+")


def find(text: str, nouns: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Start and end of the values; `nouns` are the places where secrets' nouns stand."""
    done = -1
    for at in nouns:
        if at < done:
            continue
        before = _NAME_BEFORE.search(text, max(0, at - _REACH), at)
        behind = _NAME_BEHIND.match(text, at)
        first = before.start() if before else at
        done = behind.end() if behind else at
        if (
            (sign := text[first - 1 : first])
            and sign in "\"' :="
            and (_LABEL.search(text, max(0, first - 12), first))
        ):
            yield from _beside(text, first, done)
        elif _is_cell(text, first, done):
            yield from _below(text, first, done)


def _beside(text: str, first: int, end: int) -> Iterator[tuple[int, int]]:
    name = words.parts(text[first:end])
    match = _VALUE.match(text, end) if words.names_secret(name) else None
    if match and literals.is_secret(match["value"], name):
        yield match.span("value")


def _is_cell(text: str, first: int, end: int) -> bool:
    """Whether a name is alone between separators, one of which is there."""
    left, right = text[first - 1 : first], text[end : end + 1]
    if left == " " and right == " ":
        return text[first - 2 : first - 1] == "|" and text[end + 1 : end + 2] == "|"
    return (left in ("", "\n") and right in (",", "\t")) or (
        left in (",", "\t") and right in (",", "\t", "\n", "\r", "")
    )


def _below(text: str, first: int, end: int) -> Iterator[tuple[int, int]]:
    """The values of a column whose header is `text[first:end]`."""
    name = words.parts(text[first:end])
    if not words.names_secret(name):
        return
    line = text.rfind("\n", max(0, first - _MAX_HEAD), first) + 1
    stop = text.find("\n", end, end + _MAX_HEAD)
    head = text[line:stop]
    sign = "|" if head.lstrip()[:1] == "|" else "\t" if "\t" in head else ","
    if stop < 0 or not re.fullmatch(r"[\w .|\t,-]+\r?", head):
        return
    number, count = text.count(sign, line, first), head.count(sign)
    for _ in range(_MAX_ROWS):
        at, stop = stop + 1, text.find("\n", stop + 1)
        stop = len(text) if stop < 0 else stop
        row = text[at:stop]
        if row.count(sign) != count or not row.strip():
            return
        cells = row.split(sign)
        cell = cells[number]
        value = cell.strip(" \t\r`\"'")
        if not _RULE.fullmatch(row) and _is_kept(value, name):
            start = at + sum(len(part) + 1 for part in cells[:number]) + cell.find(value)
            yield start, start + len(value)


def _is_kept(value: str, name: Sequence[str]) -> bool:
    return literals.is_secret(value, name) and (
        values.random_length(value) >= 8 or values.is_id(value) or words.names_password(name)
    )
