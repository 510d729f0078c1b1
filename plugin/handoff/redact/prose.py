"""Secrets that a sentence tells: "the admin password is X", « mot de passe : X », "Xをパスワードとして".

A noun, a word or sign that joins, a value that looks like a password: all three on one line. The
words are in `prose_words`. "The password is required" has no such value and stays.
"""

from __future__ import annotations

import re

from handoff.redact import values
from handoff.redact.prose_forms import BRACKET, below_label, comes_first, is_entered, leads
from handoff.redact.prose_words import (
    CHANGES,
    COPULAS,
    DIRECTIONS,
    JOINS_BEHIND,
    KEYS,
    LOGINS,
    PASSWORDS,
    QUESTIONS,
    STATES,
    VERB_ENDS,
)
from handoff.redact.told_values import (
    is_dense,
    is_numbered,
    is_password_shaped,
    is_phrase,
    is_strong,
    is_worded,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from handoff.redact.vocabulary import Vocabulary

_AHEAD, _BACK = 110, 60  # characters behind and before a noun that are read
_MAX_WORDS = 8  # between the noun and what joins
_RUN = re.compile(r"[!-~]{6,200}")
_FIGURE = re.compile(r"[0-9]")
_OPENING = "\"'`*(«“”„「『‘_[<"
_CLOSING = "\"'`*).,;:»”“」』’]>"
_SENTENCE_END = re.compile(r"[.!?;](?=\s)|[。！？；\n]")
# The nouns by their first word (questions by the longest), and what each is; those of scripts without blanks.
_SPACED: dict[str, list[tuple[str, str]]] = {}
_UNSPACED: list[tuple[str, str]] = []
for _kind, _list in (
    ("password", PASSWORDS),
    ("key", KEYS),
    ("login", LOGINS),
    ("question", QUESTIONS),
):
    for _noun in _list:
        if _noun[0] < "\u3000":
            _words = re.findall(r"\w+", _noun)
            _word = max(_words, key=len) if _kind == "question" else _words[0]
            _SPACED.setdefault(_word, []).append((_noun, _kind))
        else:
            _UNSPACED.append((_noun, _kind))
# German writes them in one word with what they open.
_COMPOUNDS = ("passwort", "kennwort", "wachtwoord")
_COPULAS = frozenset(COPULAS)
_PARTICLES = tuple(word for word in COPULAS if word[0] >= "\u3000")
_JOIN_SIGNS = ":：=—–→"
# `X is used for key derivation` says what X is for.
_PURPOSES = r"(?:used|for|in|by|with|needed|required|verwendet|genutzt|utilisé|usado|usada)\b"
_BEHIND = re.compile(
    rf"[\"'`*»”“」』’,]{{0,3}}\s{{0,2}}{JOINS_BEHIND}(?:\s+(?!{_PURPOSES})[^\s.,;:()=/\"'`]{{1,16}}){{0,4}}\s*[\"'`*]{{0,2}}\Z"
    rf"|[\"'`*»”“」』’]{{0,3}}\s?{JOINS_BEHIND}[^\x00-\u2fff]{{0,12}}\Z",
    re.IGNORECASE,
)
_PAIR = re.compile(
    r"(?<![\w./:@-])[\w.@-]{2,40}[\"'`]?(?: / |: ?|, | and | und | et | y | e | и |、|和)[\"'`]?(?P<value>(?=[!-~]{0,80}?[0-9])[!-~]{6,200})"
)
# Keys that are no secrets by what they belong to: `cache restored from key: X`, `the primary key`.
_OTHER_KEY = re.compile(
    r"(?:\bcach|\brestor)[^\n]{0,60}\Z"
    r"|\b(?:primary|foreign|sort|partition|shard(?:ing)?|routing|idempotency|lookup|row|map|dict|object|group(?:ing)?|hash|query)"
    r"[ _-]\Z"
)
_USER = re.compile(r"user|login|admin|root|account")
_LETTER = re.compile(r"[^\W\d_]|[_\d]")


def find(text: str, seen: Vocabulary) -> Iterator[tuple[int, int]]:
    """Start and end of the values that a sentence calls a secret."""
    low = seen.low
    for noun, kind in _nouns(seen):
        for start, end in _places(noun, low):
            if kind == "login":
                yield from _pairs(text, start, end)
                continue
            if kind == "question":
                yield from _ahead(text, low, end, is_key=False, is_question=True)
                continue
            is_verb = noun == "pass" and not _USER.search(
                low[max(0, start - 40) : start].rpartition("\n")[2]
            )
            is_other = kind == "key" and _OTHER_KEY.search(low, max(0, start - _BACK), start)
            if not is_other and (not is_verb or text[end : end + 1] == ":"):
                yield from _ahead(text, low, end, is_key=kind == "key")
                if kind == "password" and (below := below_label(text, end)):
                    yield below
            yield from _back(text, start, is_key=kind == "key")


def _nouns(seen: Vocabulary) -> Iterator[tuple[str, str]]:
    """The nouns that a text can have, by its words; those of a script without blanks all."""
    for word in seen.words & _SPACED.keys():
        yield from _SPACED[word]
    if seen.is_unspaced:
        yield from _UNSPACED
    for noun in _COMPOUNDS:
        if noun not in seen.words and noun in seen.joined:
            yield noun, "password"


def _places(noun: str, low: str) -> Iterator[tuple[int, int]]:
    """Where a noun stands as a word; one of a script without blanks stands anywhere."""
    has_blanks = noun[0] < "\u3000"
    at = low.find(noun)
    while at >= 0:
        end = at + len(noun)
        if not has_blanks or not (
            _LETTER.match(low, end) or (at and len(noun) < 8 and _LETTER.match(low, at - 1))
        ):
            yield at, end
        at = low.find(noun, end)


def _ahead(
    text: str, low: str, at: int, *, is_key: bool, is_question: bool = False
) -> Iterator[tuple[int, int]]:
    """A value behind the noun: `password for the database is X`, `password (staging): X`."""
    noun = at
    if bracket := BRACKET.match(text, at):
        at = bracket.end()
    limit = min(len(text), at + _AHEAD)
    if stop := _SENTENCE_END.search(text, at, limit):
        limit = stop.start() + (1 if stop[0] in "!?" else 0)
    for match in _RUN.finditer(text, at, limit):
        if not _FIGURE.search(match[0]):
            continue
        is_joined = match.start() == at and text[at] not in ":\"'`"
        if is_joined and text[at - 1] < "\u3000":
            return
        found = _value(text, *match.span(), is_key=is_key)
        if found is None:
            if not is_key and (plain := _plain(text, low, at, match)):
                yield plain
            continue
        between = low[at : found[0]].rstrip(_OPENING + " \t")
        if is_question:
            joins = is_entered(between, is_asked=True) and is_strong(text[found[0] : found[1]])
        elif is_joined:
            joins = is_strong(text[found[0] : found[1]])
        else:
            joins = _joins(between, is_key=is_key, behind=low[found[1] : found[1] + 40]) or (
                is_strong(text[found[0] : found[1]])
                and leads(low, noun, between, found, is_key=is_key)
            )
        if joins:
            yield found
        return


def _words_behind(behind: str) -> list[str]:
    return [word.strip(_CLOSING) for word in behind.partition("\n")[0].split()[:3]]


def _plain(text: str, low: str, at: int, match: re.Match[str]) -> tuple[int, int] | None:
    """`hunter2` where the sentence leaves no doubt: behind a verb, and nothing follows it."""
    body = match[0].strip(_OPENING + _CLOSING + "!?")
    start = match.start() + match[0].find(body)
    end = start + len(body)
    between = low[at:start].rstrip(_OPENING + " \t")
    if text[end : end + 1] in ("(", "@", ":") and text[end + 1 : end + 2] not in ("", " ", "\n"):
        return None
    is_end = match.end() > end or text[match.end() : match.end() + 1] in ("", "\n", "\r")
    is_verb = between.split()[-1:] != [] and between[-1:] not in _JOIN_SIGNS
    if is_numbered(body) and is_verb and is_end and _joins(between, is_key=False):
        return start, end
    return None


def _value(text: str, start: int, end: int, *, is_key: bool) -> tuple[int, int] | None:
    """The value in a run of characters, without quotes and full stop, if it looks like a secret."""
    full = _RUN.match(text, start)  # a sentence's end may be a sign of the password
    end = max(end, full.end()) if full else end
    while start < end and text[start] in _OPENING + ":=":
        start += 1
    while end > start and text[end - 1] in _CLOSING:
        end -= 1
    if text[end - 2 : end] in ("'s", "’s"):
        end -= 2
    value = text[start:end]
    if text[end : end + 1] == "(":
        return None
    if not is_password_shaped(value) and (is_key or not is_worded(value)):
        return None
    if is_key and not (
        values.random_length(value) >= 8
        or values.is_hex(value)
        or is_dense(value)
        or is_phrase(value)
        or (
            not value.replace("-", "").replace("_", "").replace(".", "").isalnum()
            and "/" not in value
        )
    ):
        return None
    return start, end


def _joins(between: str, *, is_key: bool, behind: str = "") -> bool:
    """Whether what stands between noun and value says that this is that."""
    words = between.split()
    if len(words) > _MAX_WORDS or any(sign in between for sign in '(){}[];=<>|"'):
        return False
    if not words:
        return not is_key
    last = words[-1].rstrip(_OPENING)
    if words[-2:] == ["such", "as"]:
        return False
    if last in DIRECTIONS and not STATES.isdisjoint(words) and CHANGES.isdisjoint(words):
        return not VERB_ENDS.isdisjoint(_words_behind(behind))
    return (
        last[-1:] in _JOIN_SIGNS
        or last in _COPULAS
        or last == "-"
        or last.endswith("'s")
        or last.endswith(_PARTICLES)
    )


def _back(text: str, at: int, *, is_key: bool) -> Iterator[tuple[int, int]]:
    """A value before the noun: `use X as the password`, `X is the key for staging`."""
    first = max(0, at - _BACK, text.rfind("\n", max(0, at - _BACK), at) + 1)
    last = None
    for match in _RUN.finditer(text, first, at):
        last = match if _FIGURE.search(match[0]) else last
    if last is None or (last.start() == first and first and not text[first - 1].isspace()):
        return
    found = _value(text, *last.span(), is_key=is_key)
    if found is None or found[1] > at:
        return
    if _BEHIND.match(text, found[1], at) or (
        is_strong(text[found[0] : found[1]]) and comes_first(text, found, at)
    ):
        yield found


def _pairs(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The password behind a user's name: `log in as root / X`."""
    line = text.rfind("\n", max(0, start - _BACK), start) + 1
    limit = text.find("\n", end, end + _BACK)
    limit = min(len(text), end + _BACK) if limit < 0 else limit
    for match in _PAIR.finditer(text, max(line, start - _BACK), limit):
        found = _value(text, *match.span("value"), is_key=False)
        if found is not None and (found[1] <= start or found[0] >= end):  # no name with the noun
            yield found
