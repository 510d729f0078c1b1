"""Elements that the client puts into a prompt's text: what was pasted, and what it adds itself.

The text may hold what others wrote, in any length: it is gone through once, however many begin in
it and do not end.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from handoff.client.transcript.events import PASTED_FROM, PASTED_TO

if TYPE_CHECKING:
    from collections.abc import Iterator

# Up to the last end mark: what the client adds quotes files, which may hold an end mark too.
_ADDED = re.compile(r"<(system-reminder|ide_\w{1,40}|user-memory-input)\b[^>]{0,400}>")
_ADDED_END = re.compile(r"</(system-reminder|ide_\w{1,40}|user-memory-input)>")
# On lines of its own, and an end mark in it is escaped (2.1.330).
_PASTED = re.compile(r'<pasted_content id="([^"]{0,80})">\n?')
_PASTED_END = re.compile(r'</pasted_content id="([^"]{0,80})">(?:\n\n?)?')
_NUMBERED = re.compile(f"{PASTED_FROM}([0-9]+){PASTED_TO}")


class _Element(NamedTuple):
    """From `start` to `end` in a text, with what is in it."""

    start: int
    end: int
    inner: str


def remove_added(text: str) -> str:
    """The text without what the client adds, and with marks around what was pasted."""
    text = text.replace(PASTED_FROM, "").replace(PASTED_TO, "")
    if "<" not in text:
        return text
    pasted: list[str] = []
    kept, at = [], 0
    for element in _find(text, _PASTED, _PASTED_END, to_the_last=False):
        kept += [
            text[at : element.start].removesuffix("\n\n"),
            PASTED_FROM,
            f"{len(pasted)}",
            PASTED_TO,
        ]
        pasted.append(element.inner.removesuffix("\n"))
        at = element.end
    text = "".join([*kept, text[at:]])
    kept, at = [], 0
    for element in _find(text, _ADDED, _ADDED_END, to_the_last=True):
        kept.append(text[at : element.start])
        at = element.end
    text = "".join([*kept, text[at:]])
    return _NUMBERED.sub(lambda mark: f"{PASTED_FROM}{pasted[int(mark[1])]}{PASTED_TO}", text)


def _find(
    text: str, begin: re.Pattern[str], end: re.Pattern[str], *, to_the_last: bool
) -> Iterator[_Element]:
    """The elements of a text, each up to its first end mark or `to_the_last` one."""
    last = {mark[1]: mark for mark in end.finditer(text)}
    at = 0
    for mark in begin.finditer(text) if last else ():
        stop = last.get(mark[1])
        if mark.start() < at or stop is None or stop.start() < mark.end():
            continue
        if not to_the_last:
            # There is one, and what was looked through for it is not looked through again.
            ends = (other for other in end.finditer(text, mark.end()) if other[1] == mark[1])
            stop = next(ends, stop)
        at = stop.end()
        yield _Element(mark.start(), at, text[mark.end() : stop.start()])
