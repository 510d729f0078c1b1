"""The values of a Kubernetes Secret: as YAML, as JSON, quoted, numbered, or put on one line.

Base64 of a short password looks like a word; only the document's kind says what it is.
"""

from __future__ import annotations

import re

from handoff.redact import values, words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_BEFORE, _BEHIND = 3000, 6000  # characters around the kind in which its data is looked for
_Q = r"\\{0,3}[\"']?"  # a quote, escaped where the document stands in another one
_KIND = re.compile(rf"kind(?<![\w.-]kind){_Q}[ \t]{{0,3}}:[ \t]{{0,3}}{_Q}Secret(?:List)?\b")
_DOCUMENT = re.compile(r"\n[ \t>|+]{0,8}---")
# What a quotation, a diff or a listing with numbers puts before a line.
_MARGIN = r"[ \t>|+-]*(?:\d{1,6}[→\t|:][ \t>|+-]*)?"
_DATA = re.compile(rf"(?m)^{_MARGIN}(?P<key>(?:data|stringData):)[ \t]*(?:\\n)?\r?$")
_ENTRY = re.compile(
    rf"{_MARGIN}(?P<key>[\w.-]+):[ \t]*[\"']?(?P<value>[^\s\"'|>{{$\[<][^\s\"']{{3,}})[\"']?[ \t]*\r?$"
)
_BLOCK = re.compile(rf"{_MARGIN}(?P<key>[\w.-]+):[ \t]*[|>][+-]?\d?[ \t]*\r?$")
_LINE = re.compile(rf"{_MARGIN}(?P<key>\S.*)$")
_FLOW = re.compile(rf"(?<![\w.-]){_Q}(?:data|stringData){_Q}\s{{0,3}}:\s{{0,3}}\{{([^{{}}]*)\}}")
_FLOW_ENTRY = re.compile(
    rf"{_Q}[\w.-]+{_Q}\s{{0,3}}:\s{{0,3}}{_Q}(?P<value>[^\s\"'\\{{}}\[\],$<][^\s\"'\\,{{}}]{{3,}})"
)
_KEY = r"[\w./-]+:(?:[ \t]+|$)"
_JOINED = re.compile(
    r"(?<![\w.-])(?:data|stringData):[ \t]+"
    r"(?P<entries>(?:(?!(?:kind|type|metadata|apiVersion|immutable|data|stringData):)"
    rf"{_KEY}(?:[|>][+-]?[ \t]+(?:(?!{_KEY})\S+(?:[ \t]+|$))+|(?!{_KEY})\S+(?:[ \t]+|$)))+)",
    re.MULTILINE,
)
_JOINED_VALUE = re.compile(rf"(?<![^ \t])(?!{_KEY})[\"']?(?P<value>[^\s\"'|>{{$\[<][^\s\"']{{3,}})")
# What `kubectl` is given to make one of, and what it prints of one.
_LITERAL = re.compile(
    r"--from-literal[= ]{1,3}[\"']?(?P<name>[\w./-]{1,100})=[\"']?(?P<value>[^\s\"'$]{4,500})"
)
_USER = re.compile(
    r"(?i)(?:\w+[._-])?(?:user(?:_?name)?|host(?:_?name)?|port|email|region|database|db|name)"
)
_PRINTED = re.compile(
    r"\bkubectl\b[^\n]{0,200}\bget\s+secrets?\b[^\n]{0,200}(?:jsonpath|template)[^\n]{0,200}\n"
    r"(?P<value>[A-Za-z0-9+/]{4,4000}={0,2})\s*$",
    re.MULTILINE,
)
_PRINTED_MAP = re.compile(
    r"\bkubectl\b[^\n]{0,200}\bget\s+secrets?\b[^\n]{0,200}\.data\b[^\n]{0,200}\n(\{[^\n]{4,8000}\})"
)


def find(text: str) -> Iterator[tuple[int, int]]:
    """Where the values stand."""
    if "kubectl" in text:
        yield from _on_command_lines(text)
    if "Secret" not in text or "ata" not in text or "kind" not in text:
        return
    done = 0
    for kind in _KIND.finditer(text):
        low = max(kind.start() - _BEFORE, done, 0)
        for document in _DOCUMENT.finditer(text, low, kind.start()):
            low = document.end()
        end = _DOCUMENT.search(text, kind.end(), kind.end() + _BEHIND)
        high = done = end.start() if end else min(len(text), kind.end() + _BEHIND)
        for data in _DATA.finditer(text, low, high):
            yield from _block(text, data, high)
        for pattern, entry in ((_FLOW, _FLOW_ENTRY), (_JOINED, _JOINED_VALUE)):
            for mapping in pattern.finditer(text, low, high):
                for value in entry.finditer(text, mapping.start(1), mapping.end(1)):
                    yield value.span("value")


def _on_command_lines(text: str) -> Iterator[tuple[int, int]]:
    for match in _LITERAL.finditer(text):
        value = match["value"]
        is_user = _USER.fullmatch(match["name"]) and not values.random_length(value)
        if not (value[0] in "<{" or value[-1] == "]" or is_user or words.is_placeholder(value)):
            yield match.span("value")
    for match in _PRINTED.finditer(text):
        yield match.span("value")
    for printed in _PRINTED_MAP.finditer(text):
        for value in _FLOW_ENTRY.finditer(text, *printed.span(1)):
            yield value.span("value")


def _block(text: str, data: re.Match[str], high: int) -> Iterator[tuple[int, int]]:
    """The values on the lines below `data:` that are indented deeper than it."""
    column, at = data.start("key") - data.start(), data.end() + 1
    inside = 0  # the column of a key whose value is the lines below it
    while at < high:
        stop = text.find("\n", at, high)
        stop = high if stop < 0 else stop
        line = _LINE.match(text, at, stop)
        if line and line.start("key") - at <= column:
            return
        if line and inside and line.start("key") - at > inside:
            yield line.start("key"), stop
        elif block := _BLOCK.match(text, at, stop):
            inside = block.start("key") - at
        elif entry := _ENTRY.match(text, at, stop):
            inside = 0
            yield entry.span("value")
        at = stop + 1
