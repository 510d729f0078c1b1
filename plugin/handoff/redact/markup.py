"""Secrets in XML: attributes, elements, and pairs of a name and a value.

`password="…"`, `<add key="DbPassword" value="…"/>`, `<password>…</password>`,
`<name>fs.s3a.secret.key</name> <value>…</value>`: the name may be the attribute's, the element's,
or the value of another attribute or element. Only tags with a secret's noun near are read.
"""

from __future__ import annotations

import re

from handoff.redact import literals, words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_REACH = 300  # characters before a noun in which its tag begins
_TAG = re.compile(
    r"<(?P<element>[A-Za-z][\w:.-]{0,60})"
    r"(?P<attributes>(?:\s{1,40}[A-Za-z_][\w:.-]{0,60}\s?=\s?(?:\"[^\"<>]{0,400}\"|'[^'<>]{0,400}')){0,20})"
    r"\s{0,40}(?P<closed>/?)>"
)
_ATTRIBUTE = re.compile(r"(?P<name>[A-Za-z_][\w:.-]*)\s?=\s?([\"'])(?P<value>.*?)\2", re.DOTALL)
_NAMES = ("key", "name", "id")  # the attributes that name what another one, or the content, holds
_CONTENT = re.compile(
    r"\s{0,200}(?:<(?P<inner>value|string)>\s{0,200})?(?:<!\[CDATA\[)?(?P<value>[^\s<>\]]{4,400})(?:\]\]>)?\s{0,200}</"
)
_PAIR = re.compile(
    r"(?P<named>[\w.:-]{2,100})</(?:name|key|id)>\s{0,200}<(?:value|string)>\s{0,200}(?P<value>[^\s<>]{4,400})\s{0,200}</"
)


def find(text: str, nouns: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Start and end of the values; `nouns` are the places where secrets' nouns stand."""
    if "<" not in text or ">" not in text:
        return
    done = -1
    for at in nouns:
        begin = text.rfind("<", max(0, at - _REACH), at)
        if begin <= done:
            continue
        done = begin
        tag = _TAG.match(text, begin)
        if tag is not None:
            yield from _in_tag(text, tag)


def _in_tag(text: str, tag: re.Match[str]) -> Iterator[tuple[int, int]]:
    attributes = {
        match["name"].lower(): match for match in _ATTRIBUTE.finditer(text, *tag.span("attributes"))
    }
    named: list[Sequence[str]] = [words.parts(tag["element"].rpartition(":")[2])]
    for name, match in attributes.items():
        if words.names_secret(words.parts(match["name"])):
            yield from _checked(match, words.parts(match["name"]))
        elif name in _NAMES:
            named.append(words.parts(match["value"]))
    name_words = next((name for name in reversed(named) if words.names_secret(name)), None)
    if "type" in attributes and attributes["type"]["value"].lower() == "password":
        name_words = ("password",)
    if name_words is not None and "value" in attributes:
        yield from _checked(attributes["value"], name_words)
    if tag["closed"]:
        return
    if name_words is not None and (content := _CONTENT.match(text, tag.end())):
        yield from _checked(content, name_words)
    elif (pair := _PAIR.match(text, tag.end())) and words.names_secret(words.parts(pair["named"])):
        yield from _checked(pair, words.parts(pair["named"]))


def _checked(match: re.Match[str], name: Sequence[str]) -> Iterator[tuple[int, int]]:
    if literals.is_secret(match["value"], name):
        yield match.span("value")
