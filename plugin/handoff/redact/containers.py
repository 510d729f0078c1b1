"""Strings in what a secret's name introduces: a block, a map, a list, a here-document.

`variable "db_password" { default = "…" }`, `passwords = ["…", "…"]`, `secrets = { SMTP = "…" }`,
`secret_string = <<EOT`, `name = "auth.password"` with `value = "…"` below it, as HCL and data write
them.
"""

from __future__ import annotations

import re

from handoff.redact import literals, words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from handoff.redact.vocabulary import Vocabulary

_MORE_NOUNS = ("tokens", "Tokens", "TOKENS", "sensitive")  # that name no single secret
_REACH = 60  # characters before a noun in which its name begins
_MAX_BODY_CHARS = 3000
_NAME = re.compile(r"[A-Za-z_][\w.-]{0,80}")
_OPENS = re.compile(r"[\"']?[ \t]{0,20}(?:(?:=>|:=|=|:)[ \t]{0,4})?(?P<open>[{\[])")
_HEREDOC = re.compile(
    r"[ \t]{0,20}=[ \t]{0,4}<<[-~]?[\"']?(?P<end>\w+)[\"']?\r?\n[ \t]*(?P<value>\S{6,400})[ \t]*\r?\n[ \t]*(?P=end)\b"
)
_CALL = re.compile(
    r"[ \t]{0,20}=[ \t]{0,4}(?:tostring|sensitive|nonsensitive|trimspace|base64encode)\([ \t]{0,4}\"(?P<value>[^\s\"$]{6,400})\""
)
_BESIDE = re.compile(
    r"\"[ \t]{0,20},?\r?\n[ \t]{0,40}\"?value\"?[ \t]{0,20}[=:][ \t]{0,4}\"(?P<value>[^\s\"$]{6,400})\""
)
_BLOCK = re.compile(r"(?:variable|output|resource|secret)[ \t]+\"\Z")
_BLOCK_VALUE = re.compile(
    r"(?<![\w.-])[\"']?(?:default|value|secret|content)[\"']?[ \t]{0,20}[=:][ \t]{0,4}(?P<quote>[\"'])(?P<value>[^\s\"'$]{6,400})(?P=quote)"
)
_ENTRY = re.compile(
    r"[=:>,\[]\s{0,60}(?P<quote>[\"'])(?P<value>[^\s\"'$]{6,400})(?P=quote)(?=\s{0,60}(?:[,;}\]#\n]|\Z))"
)
_BRACKET = re.compile(r"[{}\[\]]")
_BEHIND_NAME = ("", " ", "\t", "=", ":", '"', "'", "{", "[")
_CLOSES = {"{": "}", "[": "]"}


def find(text: str, nouns: Sequence[int], seen: Vocabulary) -> Iterator[tuple[int, int]]:
    """Start and end of the strings; `nouns` are the places where secrets' nouns stand."""
    done = scanned = 0
    more = [noun for noun in _MORE_NOUNS if noun.lower() in seen.joined]
    for at in sorted([*nouns, *(at for noun in more for at in _all(noun, text))]):
        if at < done:
            continue
        begin = at
        while begin > max(0, at - _REACH) and (
            text[begin - 1].isalnum() or text[begin - 1] in "_.-"
        ):
            begin -= 1
        name = _NAME.match(text, begin)
        if name is None or name.end() <= at:
            continue
        done = name.end()
        if text[done : done + 1] not in _BEHIND_NAME:
            continue
        name_words = words.parts(name[0])
        yield from _beside(text, done, name_words)
        if done >= scanned and (opens := _OPENS.match(text, done)):  # else all in it was seen
            scanned = _body_end(text, opens.end(), opens["open"])
            yield from _inside(text, name, opens, scanned)


def _all(noun: str, text: str) -> Iterator[int]:
    at = text.find(noun)
    while at >= 0:
        yield at
        at = text.find(noun, at + len(noun))


def _beside(text: str, end: int, name: Sequence[str]) -> Iterator[tuple[int, int]]:
    """The one value of a name that ends at `end`."""
    if words.names_secret(name):
        for pattern in (_HEREDOC, _CALL, _BESIDE):
            if match := pattern.match(text, end):
                yield from _checked(match, name)


def _inside(
    text: str, name: re.Match[str], opens: re.Match[str], end: int
) -> Iterator[tuple[int, int]]:
    """The strings between the brackets."""
    name_words = words.parts(name[0])
    is_one = words.names_secret(name_words)
    if not (is_one or _names_many(name_words)):
        return
    is_block = is_one and _BLOCK.search(text, max(0, name.start() - 20), name.start()) is not None
    entry = _BLOCK_VALUE if is_block else _ENTRY
    for match in entry.finditer(text, opens.start("open"), end):
        yield from _checked(match, name_words)


def _names_many(name: Sequence[str]) -> bool:
    """Whether the name is of several secrets: `passwords`, `secret_environment`, `sensitive_values`."""
    if not name:
        return False
    if name[0] in ("secret", "secrets", "sensitive") and len(name) <= 4:
        return True
    last = name[-1]
    return last.endswith("s") and words.names_secret((*name[:-1], last[:-1]))


def _body_end(text: str, at: int, sign: str) -> int:
    """Where the bracket closes, or the text is too long to be one block."""
    closes, depth = _CLOSES[sign], 1
    limit = min(len(text), at + _MAX_BODY_CHARS)
    for match in _BRACKET.finditer(text, at, limit):
        depth += (match[0] == sign) - (match[0] == closes)
        if not depth:
            return match.start()
    return limit


def _checked(match: re.Match[str], name: Sequence[str]) -> Iterator[tuple[int, int]]:
    if literals.is_secret(match["value"], name):
        yield match.span("value")
