"""Values beside a secret's name: `DB_PASSWORD=…`, `--token …`, "the password is …".

The names are looked for first, which costs next to nothing; a pattern runs only where one stands.
"""

from __future__ import annotations

import re
from bisect import bisect_left

from handoff.redact import context, values, words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

NOUN = (
    r"(?:pass(?:word|wd|phrase|code)?|pwd|secret|token|cred(?:ential)?s?|key|auth|pat|sas|sig|dsn)"
)
# How the names of secrets begin, or how the part of them that says so does.
_BEGINNINGS = (
    *("pass", "pwd", "secret", "token", "cred", "key", "authorization", "bearer", "pat", "sas"),
    *("signature", "dsn", "jwt", "otp", "kubeconfig"),
)
# Behind these a small letter makes another word of it: path, passed, author, tokens.
_WHOLE = {
    "pass": ("word", "wd", "phrase", "code"),
    "token": (),
    "key": ("s",),
    "pat": (),
    "sas": (),
    "otp": (),
}
_VALUE = r"[^\s\"'`<>()\[\]{},;\\]{6,500}"
# A name with a secret's noun in it, a sign, a value.
_NAMED = re.compile(
    rf"(?i){NOUN}[\w-]{{0,24}}[\"'`\])\\]{{0,4}}[ \t]{{0,20}}(?:=>|:=|->|::|={{1,2}}|:|>|\?=|\|\||,)[ \t]{{0,4}}"
    rf"(?:[rbfu@](?=[\"']))?[\\\"'`<\[(]{{0,4}}(?P<value>{_VALUE})"
)
_OPTION = re.compile(rf"(?i)--?[\w-]{{0,40}}{NOUN}[\w-]{{0,10}}[ \t]+[\"']?(?P<value>{_VALUE})")
_MAX_OPTION_CHARS = 45  # characters from its dash to its noun
_SAID = re.compile(
    rf"(?i)\b(?:password|passwd|passphrase|pwd)[ \t]+(?:(?:is|was|to|as|=)[ \t]+)?[\"'`]?(?P<value>{_VALUE})"
)
_ENV = re.compile(
    r"(?m)[ \t>+-]{0,8}(?:export[ \t]+|set[ \t]+|ENV[ \t]+|ARG[ \t]+|\$env:)?(?P<name>[A-Z][A-Z0-9_]{1,60})=(?P<quote>[\"']?)"
    r"(?P<value>[^\s\"'#]{6,500})(?P=quote)[ \t]*\r?$"
)
_MAX_ENV_NAME_CHARS = 90  # characters of a line before its `=`
_BEFORE, _BEHIND = 300, 120  # characters around a value in which a noun may say what it is


class Nouns:
    """Where the nouns of secrets stand in a text."""

    def __init__(self, text: str, low: str) -> None:
        """`low` is the text in small letters."""
        self.places = sorted(
            at for noun in _BEGINNINGS if noun in low for at in _all(noun, low, text)
        )

    def is_near(self, start: int, end: int) -> bool:
        """Whether one stands so near to `start:end` that it may tell what that is."""
        at = bisect_left(self.places, start - _BEFORE)
        return at < len(self.places) and self.places[at] < end + _BEHIND


def _all(noun: str, low: str, text: str) -> Iterator[int]:
    goes_on = _WHOLE.get(noun)
    at = low.find(noun)
    while at >= 0:
        end = at + len(noun)
        if (
            goes_on is None
            or not text[end : end + 1].islower()
            or any(low.startswith(part, end) for part in goes_on)
        ):
            yield at
        at = low.find(noun, end)


def find(text: str, nouns: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Start and end of the secrets that a name beside them gives away."""
    ends = dict.fromkeys((_NAMED, _OPTION, _SAID, _ENV), 0)
    for at in nouns:
        for pattern, start in _begins(text, at):
            if start < ends[pattern]:
                continue
            match = pattern.match(text, start)
            if match is None:
                continue
            ends[pattern] = match.end()
            if pattern is _ENV:
                name, value = words.parts(match["name"]), match["value"]
                if words.names_secret(name) and values.is_set(value):
                    yield match.span("value")
                continue
            first = match.start("value")
            last = _value_end(text, first, match.end("value"))
            if last - first >= 6 and context.is_secret(text, first, last):
                yield first, last


def _begins(text: str, at: int) -> Iterator[tuple[re.Pattern[str], int]]:
    """The patterns that a noun at `at` can be part of, each with where it would begin."""
    yield _NAMED, at
    if text[at] in "pP":
        yield _SAID, at
    dash = at
    while dash > 0 and at - dash < _MAX_OPTION_CHARS and not text[dash - 1].isspace():
        dash -= 1
    if text[dash] == "-" and (dash == 0 or text[dash - 1].isspace()):
        yield _OPTION, dash
    if text[at].isupper():
        line = text.rfind("\n", max(0, at - _MAX_ENV_NAME_CHARS), at) + 1
        if line or at < _MAX_ENV_NAME_CHARS:
            yield _ENV, line


def _value_end(text: str, start: int, end: int) -> int:
    """Where the value ends: at its closing quote, at the next part of a query, before a full stop."""
    quote = text[start - 1] if start else ""
    if quote and quote in "\"'`":
        close = text.find(quote, start, start + 500)
        if close > 0 and not re.search(r"[\s{}$]|\\", text[start:close]):
            return close
    query = re.search(r"&(?:amp;)?[\w.-]+=", text[start:end])
    end = start + query.start() if query else end
    while end > start and text[end - 1] in ".,:;!?|*":
        end -= 1
    return end
