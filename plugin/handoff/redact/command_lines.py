"""Secrets in command lines: `mysql -pX`, `sshpass -p X`, `echo X | docker login --password-stdin`.

A line is taken apart only where it holds a program of `command_table`, and only from there to the
end of that command. A word may stand in quotes, in a list of a program's arguments, in back-ticks.
"""

from __future__ import annotations

import re
from functools import cache

from handoff.redact import printed, values, words
from handoff.redact.command_table import TABLE
from handoff.redact.told_values import can_be_secret

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from handoff.redact.vocabulary import Vocabulary

    Word = tuple[int, int]  # without its quotes

# A program's name ends and begins at one of these.
_BEHIND_NAME = frozenset(" \t\"',\\")
_NOT_BEFORE = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.$@-")
_MAX_COMMAND = 600  # characters of one command
_MAX_WORDS = 60
_LINE_REACH = 400  # characters before a program in which a quote may have been opened
# The words of a command, as people and models write it; a quote that is not closed ends it.
_WORD = re.compile(
    r"""[ \t]*(?P<word>(?:[^\s;|&()<>"'`\\]|\\[^\n]|&(?![&\s])|[()<>;](?=[^\s"'`])(?<=[^\s"'`][()<>;])
        |"(?:[^"\\\n]|\\.)*"|'[^'\n]*')+)""",
    re.VERBOSE,
)
_LISTED = re.compile(r"""\s*,\s*(?P<quote>\\?["'])(?P<word>[^"'\n\\]*)(?P=quote)""")
_LITERAL = "--from-literal="
_SETTING = re.compile(r"[\"']?[A-Za-z_][\w.-]*=")
_SIGNS = ":%,/"
# The programs by the first word of their name.
_HEADS: dict[str, list[str]] = {}
for _name in TABLE:
    _HEADS.setdefault(re.split(r"[^a-z0-9_]", _name)[0], []).append(_name)


def find(text: str, seen: Vocabulary) -> Iterator[tuple[int, int]]:
    """Start and end of the secrets that stand where a program takes one."""
    for word in seen.words & _HEADS.keys():
        for name in _HEADS[word]:
            yield from _of_program(name, text, seen.low)
    for start, end in printed.find(text, seen):
        yield from _checked(text, start, end)


def _of_program(name: str, text: str, low: str) -> Iterator[tuple[int, int]]:
    at, done = low.find(name), 0
    while at >= 0:
        end = at + len(name)
        if end < done:  # a word of the command that was read
            at = low.find(name, end)
            continue
        if low.startswith(".exe", end):
            end += 4
        if (
            text[end : end + 1] in _BEHIND_NAME
            and text[at - 1 : at] not in _NOT_BEFORE
            and end < len(text)
        ):
            rows = _rows(name, low[end : end + _MAX_COMMAND])
            found = list(_words(text, at, end)) if rows else []
            done = found[-1][1] if len(found) == _MAX_WORDS else 0
            for needed, places in rows if found else ():
                if not needed or any(text[a:b] == needed for a, b in found):
                    for first, last in _values(text, found, places):
                        yield from _checked(text, first, last)
        at = low.find(name, end)


def _rows(name: str, command: str) -> list[tuple[str, tuple[str, ...]]]:
    """The rows of a program that what follows its name, in small letters, may fit."""
    return [
        (needed, places)
        for needed, places in TABLE[name]
        if (not needed or needed.lower() in command)
        and any(place[0] == "#" or _hint(place) in command for place in places)
    ]


@cache
def _hint(place: str) -> str:
    """What of an option is there in any case."""
    return "=" if place == "NAME=" else place.strip("~+*=%,:").lower()


def _words(text: str, start: int, at: int) -> Iterator[Word]:
    """The words behind a program whose name is `text[start:at]`."""
    limit = min(len(text), at + _MAX_COMMAND)
    line = text.rfind("\n", max(0, start - _LINE_REACH), start) + 1
    if text[at] in "\"'\\" and text[start - 1 : start] in ("'", '"', "/"):
        at += 2 if text[at] == "\\" else 1
        while match := _LISTED.match(text, at, limit):
            yield match.span("word")
            at = match.end()
        return
    outer = _open_quote(text[max(line, start - _LINE_REACH) : start])
    if outer == text[at] and text[at + 1 : at + 2].isspace():  # a path in quotes
        at, outer = at + 1, ""
    if outer:
        close = re.compile(rf"(?<!\\){outer}").search(text, at, limit)
        limit = close.start() if close else limit
    for _ in range(_MAX_WORDS):
        match = _WORD.match(text, at, limit)
        if match is None:
            return
        yield _unquoted(text, *match.span("word"))
        at = match.end()


def _open_quote(head: str) -> str:
    """The quote that was opened before a program and is not closed: the command ends with it."""
    opened = ""
    for match in re.finditer(r"""(?<!\\)["`]|(?<![\w\\])'|(?<!\\)'(?!\w)""", head):
        if not opened:
            opened = match[0]
        elif opened == match[0]:
            opened = ""
    return opened


def _unquoted(text: str, start: int, end: int) -> Word:
    """A word without the quotes around all of it."""
    while end - start > 2 and text[start : start + 2] in ('\\"', "\\'"):
        start += 2
    while end - start > 2 and text[end - 2 : end] in ('\\"', "\\'", "\\n"):
        end -= 2
    if end - start > 1 and text[start] == text[end - 1] and text[start] in "\"'":
        return start + 1, end - 1
    return start, end


def _values(text: str, found: Sequence[Word], places: Sequence[str]) -> Iterator[Word]:
    for place in places:
        if place[0] == "#":
            yield from _positional(text, found, place)
        elif place == "NAME=":
            yield from _settings(text, found)
        else:
            yield from _optional(text, found, place)


def _optional(text: str, found: Sequence[Word], place: str) -> Iterator[Word]:
    """The values of an option, or behind a word, that a row names."""
    mode = place[-1] if place[-1] in "*+=" + _SIGNS and place != "pass:" else ""
    option = place[: len(place) - len(mode)]
    for number, (start, end) in enumerate(found):
        if place[0] == "~":
            if (at := text.find(place[1:], start, end)) >= 0:
                yield from _named_word(text, found, number, at)
        elif _is_option(text, start, option):
            value = _option_value(text, found, number, option, mode)
            if value and (part := _secret_part(text, *_unquoted(text, *value), mode)):
                yield part


def _is_option(text: str, start: int, option: str) -> bool:
    word = text[start : start + len(option)]
    is_short = len(option) == 2 and option[0] == "-"
    return word == option if is_short else word.lower() == option.lower()


def _option_value(
    text: str, found: Sequence[Word], number: int, option: str, mode: str
) -> Word | None:
    """The next word, what is attached to the option, or what follows its `=`."""
    start, end = found[number]
    behind = start + len(option)
    if behind >= end:
        return None if mode == "*" or number + 1 == len(found) else found[number + 1]
    is_short = len(option) == 2 and option[0] == "-"
    if option == "pass:" or mode in ("*", "+") or (is_short and mode):
        return behind, end
    return (behind + 1, end) if text[behind] in "=:" and not is_short else None


def _secret_part(text: str, start: int, end: int, mode: str) -> Word | None:
    """The secret in an option's value: behind the user's name, behind `pass:`."""
    if mode and mode in _SIGNS:
        sign = text.find(mode, start, end)
        if sign == end - 1:  # `-u X:`: the key is the user
            value = text[start:sign]
            is_key = values.random_length(value) >= 8 or values.is_id(value)
            return (start, sign) if is_key else None
        return (sign + 1, end) if sign >= 0 else None
    if mode == "=":
        if text.startswith(("env:", "file:", "fd:", "stdin"), start):
            return None
        for kind in ("pass:", "password:"):
            if text.startswith(kind, start):
                return start + len(kind), end
    return start, end


def _named_word(text: str, found: Sequence[Word], number: int, at: int) -> Iterator[Word]:
    """The value of a setting whose name ends the word: `config set //host/:_authToken X`."""
    _, end = found[number]
    sign = text.find("=", at, end)
    if sign >= 0:
        yield _unquoted(text, sign + 1, end)
    elif number + 1 < len(found):
        yield found[number + 1]


def _positional(text: str, found: Sequence[Word], place: str) -> Iterator[Word]:
    plain = [(start, end) for start, end in found if text[start] not in "-"]
    sign = place[-1] if place[-1] in _SIGNS + "=" else ""
    number = int(place[1:].rstrip(sign) if sign else place[1:])
    if number < 0:
        chosen = plain[number:][:1] if len(plain) > 1 else []
    else:
        chosen = plain[number - 1 : number]
    for start, end in chosen:
        if not sign:
            setting = _SETTING.match(text, start, end)
            if not setting:
                if " " not in text[start:end]:
                    yield start, end
            elif words.names_secret(words.parts(setting[0])):  # `role=X` is none
                yield setting.end(), end
        elif (at := text.find(sign, start, end)) > 0:
            host = text.rfind("@", at, end)
            yield at + 1, host if host > 0 else end


def _settings(text: str, found: Sequence[Word]) -> Iterator[Word]:
    """The values of `NAME=X` and `--from-literal=NAME=X` where these hold secrets."""
    shown = {text[start:end] for start, end in found}
    if shown.isdisjoint(("secret", "secrets", "config:set", "variables", "env", "kv", "write")):
        return
    for start, end in found:
        first = start + len(_LITERAL) if text.startswith(_LITERAL, start) else start
        if match := _SETTING.match(text, first, end):
            yield _unquoted(text, match.end(), end)


def _checked(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    start, end = _unquoted(text, start, end)
    while end > start and text[end - 1] in ",.;" and (end == len(text) or text[end].isspace()):
        end -= 1
    if end > start and text[end - 1] == ")" and "(" not in text[start:end]:
        end -= 1
    if end > start and can_be_secret(text[start:end]):
        yield start, end
