"""Secrets over several lines: private keys, values that a line's end cuts."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from itertools import pairwise

from handoff.redact import values

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_KEY_CHARS = 20_000  # the longest private key block that is taken for one
_NAMES = r"(?:[A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?|PGP MESSAGE)"
_BEGIN = re.compile(rf"-----BEGIN {_NAMES}-----")
_END = re.compile(rf"-----END {_NAMES}-----")
# What is filled in later: `{{ … }}`, `${…}`, `<% … %>`.
_TEMPLATE = re.compile(r"\{\{[^{}\n]{0,300}\}\}|\$[{(][^{}()\n]{0,300}[)}]|<%[^<>\n]{0,300}%>")
_RUN = re.compile(r"[A-Za-z0-9+/=]{12,}")
_BODY_LINE = re.compile(
    r"[\s>|+\"'\d:]*(?:[A-Za-z0-9+/=]{4,}|(?:Proc-Type|DEK-Info|Version|Comment|Hash): .*|)[\s\\\"',+n]*"
)
_BODY_RUN = re.compile(r"(?:\\[nr]|[A-Za-z0-9+/=\s])*")
_KEY_LINE = re.compile(r"[\s>|+\"']*[A-Za-z0-9+/=]{4,}[\s\\\"',n]*")
_LAST_RUN = re.compile(r"(?<![A-Za-z0-9+/=])[A-Za-z0-9+/]{16,}={0,2}\s*\Z")
_BACKSLASH = re.compile(r"\\\r?\n[ \t]*")
# A line's end between characters of a key, more than a few on both sides.
_WRAP = re.compile(
    r"\n(?<=[A-Za-z0-9_+/=.-]{6}\n)[ \t]*(?=[A-Za-z0-9_+/=.-]{4})"
    r"|\r\n(?<=[A-Za-z0-9_+/=.-]{6}\r\n)[ \t]*(?=[A-Za-z0-9_+/=.-]{4})"
)


def private_keys(text: str) -> Iterator[tuple[int, int]]:
    """Where private keys stand, also those whose begin or end is missing."""
    if "PRIVATE KEY" not in text and "PGP MESSAGE" not in text:
        return
    marks = sorted(
        (m.start(), m.end(), at)
        for at, mark in enumerate((_BEGIN, _END))
        for m in mark.finditer(text)
    )
    if not marks:
        return
    done = 0
    for (start, stop, is_end), (after, after_stop, closes) in zip(
        marks, [*marks[1:], (len(text), 0, 0)], strict=True
    ):
        if start < done:
            continue
        if is_end:  # the begin is cut off: what stands above like a key's lines
            first, last = _body_start(text, start, done), stop
            body = text[first:start]
        elif closes and after - stop <= MAX_KEY_CHARS:
            first, last = start, after_stop
            body = text[stop:after]
        else:  # the end is cut off
            first, last = start, _body_end(text, stop, after)
            body = text[stop:last]
        done = stop
        if _has_key(body):
            done = last
            yield first, last


def is_open(text: str) -> int:
    """Where the last private key begins that does not end in `text`; -1 where there is none."""
    tail = text[-MAX_KEY_CHARS:]
    if "PRIVATE KEY" not in tail and "PGP MESSAGE" not in tail:
        return -1
    begin = -1
    for match in _BEGIN.finditer(text, max(0, len(text) - MAX_KEY_CHARS)):
        begin = match.start()
    return begin if begin >= 0 and not _END.search(text, begin) else -1


def _has_key(body: str) -> bool:
    body = _TEMPLATE.sub(" ", body[:4000])
    return any(values.random_length(run[:200]) >= 8 for run in _RUN.findall(body))


def _body_end(text: str, at: int, limit: int) -> int:
    """The end of the lines from `at` that a key may consist of."""
    stop, limit = at, min(limit, at + MAX_KEY_CHARS)
    while stop < limit:
        line_end = text.find("\n", stop, limit)
        line_end = limit if line_end < 0 else line_end
        if line_end - stop > 4096 or not _BODY_LINE.fullmatch(text, stop, line_end):
            run = _BODY_RUN.match(text, stop, line_end)
            return run.end() if run and run.end() - stop >= 16 else stop
        stop = line_end + 1
    return min(stop, limit)


def _body_start(text: str, at: int, floor: int) -> int:
    start = at
    while start > floor:
        above = text.rfind("\n", floor, start - 1) + 1
        above = max(above, floor)
        if start - above > 100 or not _KEY_LINE.fullmatch(text, above, start):
            run = _LAST_RUN.search(text, max(above, start - 200), start) if start < at else None
            return run.start() if run else start
        start = above
    return start


class Joined:
    """A text without some of its line ends, and the way back to where things stood."""

    def __init__(self, text: str, breaks: re.Pattern[str]) -> None:
        kept, at, lost = [], 0, 0
        self.cuts = [0]  # where in the joined text a line ended; it begins with one
        self._lost = [0]
        for match in breaks.finditer(text):
            kept.append(text[at : match.start()])
            self.cuts.append(match.start() - lost)
            lost += match.end() - match.start()
            self._lost.append(lost)
            at = match.end()
        kept.append(text[at:])
        self.text = "".join(kept) if lost else ""

    def place(self, start: int, end: int) -> tuple[int, int] | None:
        """Where `start:end` stood in the text, if a line's end was in it; else None."""
        first, last = bisect_right(self.cuts, start) - 1, bisect_right(self.cuts, end - 1) - 1
        if first == last:
            return None
        return start + self._lost[first], end + self._lost[last]

    def surroundings(self, reach: int) -> Iterator[tuple[int, int]]:
        """The lines with a cut in them, and so many characters before and behind each."""
        first = last = 0
        for cut in self.cuts[1:]:
            begin = self.text.rfind("\n", 0, max(0, cut - reach)) + 1
            if begin > last:
                if last:
                    yield first, last
                first = begin
            end = self.text.find("\n", cut + reach)
            last = max(last, len(self.text) if end < 0 else end)
        yield first, last

    def pieces(self, start: int, end: int) -> list[tuple[int, int]]:
        """`start:end` line by line."""
        inside = self.cuts[bisect_right(self.cuts, start) : bisect_left(self.cuts, end)]
        return list(pairwise([start, *inside, end]))

    def is_line(self, end: int) -> bool:
        """Whether nothing but a quote or a sign follows `end` on its line."""
        return (
            self.text[end : end + 3].partition("\n")[0].strip(" \r\"'`,;)") == ""
            or end in self.cuts
        )


def join_continued(text: str) -> Joined | None:
    """`text` with lines joined that end in a backslash."""
    if "\\" not in text or not ("\\\n" in text or "\\\r\n" in text):
        return None
    return Joined(text, _BACKSLASH)


def join_wrapped(text: str) -> Joined | None:
    """`text` with lines joined that break between two characters of a key."""
    return Joined(text, _WRAP) if "\n" in text else None
