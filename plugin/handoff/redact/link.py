"""How a value is tied to what stands before it: the name it is given to, the words that lead to it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from handoff.redact import words

REACH = 100  # characters before a value that are read
_QUOTES = "\"'`\\([{<* \t"
_SIGNS = "=:>|,?"
_NAME = re.compile(r"[A-Za-z0-9_.$@*-]+$")
_HEADER = re.compile(r"(?i)\b(?:bearer|basic|digest|token|apikey|api-?key|bot|key)$")
# The object that a member of data belongs to, on the same line: `{"spotify": {"client_id":`.
_PARENT = re.compile(r"[\"']?([A-Za-z][\w-]{1,40})[\"']?\s?[:=]\s?\{[^{}]{0,60}$")
_TYPED = re.compile(
    r"([A-Za-z_]\w{2,60})\??(?:\s?:\s?|\s)(?:&?(?:'\w+\s)?(?:str|String|string|Any|any|char)|Optional\[str\]?|str\s?\|\s?None|string\s?\|\s?\w+)\??$"
)
WORD = re.compile(r"[A-Za-z][A-Za-z0-9_-]*|[0-9]+|[:=→]")


@dataclass(frozen=True)
class Link:
    """How a value is tied to what stands before: `sign` is "", "=", ",", an option's "-" or a word's " "."""

    name: tuple[str, ...]
    sign: str
    quoted: bool


def find_link(head: str, text: str, line: int, floor: int) -> Link:
    """How the value is tied to `head`, the text before it on its line, which begins at `line`."""
    stripped = head.rstrip(_QUOTES)
    quoted = any(sign in head[len(stripped) :] for sign in "\"'`")
    if stripped[-1:] and stripped[-1] in _SIGNS + "→":
        sign = "," if stripped[-1] == "," else "="
        stripped = stripped.rstrip(_SIGNS + "→- ")
        if sign == "," and not (quoted and stripped[-1:] in ("'", '"')):
            return Link((), "", quoted)
        return Link(_name(stripped.rstrip("\"'`\\)]} \t"), text, line, floor), sign, quoted)
    if (header := _HEADER.search(stripped)) and len(head) > len(stripped):
        rest = stripped[: header.start()].rstrip(_QUOTES + _SIGNS)
        if words.parts(rest[-24:])[-1:] == ("authorization",):
            return Link(("authorization",), "=", True)
    match = _NAME.search(stripped)
    if match and match[0].startswith("-") and len(match[0]) > 2 and len(head) > len(stripped):
        return Link(words.parts(match[0]), "-", quoted)
    if match and len(head) > len(stripped):
        return Link(_phrase(stripped), " ", quoted)
    return Link((), "", quoted)


def _name(stripped: str, text: str, line: int, floor: int) -> tuple[str, ...]:
    """The words of the name at the end; of the line before for a bare `value:`."""
    if typed := _TYPED.search(stripped):  # `const apiKey: string =`
        stripped = typed[1]
    match = _NAME.search(stripped)
    name_words = words.parts(match[0])[-8:] if match else ()
    if name_words in (("value",), ("default",), ("content",)) and line - 1 > floor:
        above = text[max(text.rfind("\n", floor, line - 1) + 1, line - REACH, floor) : line - 1]
        return words.parts(above)[-4:]
    if words.names_key_id(name_words) and line - 1 > floor and not words.names_provider(name_words):
        above = text[max(text.rfind("\n", floor, line - 1) + 1, line - REACH, floor) : line - 1]
        return words.parts(above)[-3:] + name_words
    if words.names_key_id(name_words) and (parent := _PARENT.search(stripped)):
        return words.parts(parent[1])[-3:] + name_words
    if match and match.start() and len(name_words) <= 3:  # "API Key: …", "Access token (prod): …"
        head = stripped[: match.start()]
        if head.endswith((" ", "(")):
            name_words = (
                words.parts(head[-40:].rpartition(":")[2].rpartition(",")[2])[-3:] + name_words
            )
    return name_words


def _phrase(stripped: str) -> tuple[str, ...]:
    """The words before a value that follows without a sign, linking words left out: `the key is`."""
    phrase = WORD.findall(stripped[-80:])
    while phrase and phrase[-1].lower() in words.LINKERS:
        phrase.pop()
    if not phrase or phrase[-1] in ":=→":
        return ()
    return tuple(part for word in phrase[-4:] for part in words.parts(word))
