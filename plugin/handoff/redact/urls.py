"""Secrets in addresses: `postgres://app:X@db1/app`, also with signs that an address should escape."""

from __future__ import annotations

import re

from handoff.redact import values, words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from handoff.redact.vocabulary import Vocabulary

_LOGIN = re.compile(r"(?P<user>[^\s/:@'\"]{0,200}):(?P<password>[^\s/'\"]{3,500})(?=@)")
# A password with a `/`, `@`, `?` or `#` of its own: up to the @ that a host follows.
_SIGNED = re.compile(r"(?P<user>[^\s/:@'\"?#]{0,200}):(?P<password>[^\s'\"`<>]{3,200})")
_HOST = re.compile(
    r"@(?P<host>[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*|\[[0-9a-f:]+\])(?P<port>:\d{1,5})?"
    r"(?=[/?#\s\"'`>)\]\\]|,[\w.-]+:\d|[.,;]*(?:\s|\Z))"
)
_MAX_REST = 24  # characters of a password behind an @ in it
_TOKEN = re.compile(r"[A-Za-z0-9_.=-]{16,300}(?=@)")
# What a query calls a secret that is too short a name elsewhere.
_QUERY_NAMES = frozenset(("key", "sig", "auth", "code"))
_QUERY_VALUE = re.compile(r"[\w%.~+/-]{12,300}")
_REFERENCE = re.compile(r"(?:\$[A-Za-z_]\w*[-_.:]?)+\Z|%\w+%\Z|\[redacted: ")
_TEMPLATE = re.compile(r"\$[{(]|\{\w*\}|<\w")
_PORT = re.compile(r"\d{1,5}(?:[/?#]|\Z)")


def find(text: str, seen: Vocabulary) -> Iterator[tuple[int, int]]:
    """Start and end of the user information that holds a secret."""
    if "?" in text or "&" in text:
        yield from _in_query(text, seen)
    if "@" not in text:
        return
    at = text.find("://") + 3
    while at > 2:
        if span := _login(text, at):
            yield span
        if (match := _TOKEN.match(text, at)) and (
            values.random_length(match[0]) >= 12 or values.is_hex(match[0])
        ):
            yield match.start(), match.end()
        at = text.find("://", at) + 3


def _login(text: str, at: int) -> tuple[int, int] | None:
    """The user and password of an address whose `://` ends at `at`."""
    end = -1
    if signed := _SIGNED.match(text, at):
        first = signed.start("password") + 3
        for host in _HOST.finditer(text, first, signed.end() + 1):
            if end < 0 or host.start() - end < _MAX_REST:
                end = host.start()
            if "." in host["host"] or host["port"]:
                break
        if end > 0 and _is_secret(signed["user"], text[signed.start("password") : end]):
            return at, end
    match = _LOGIN.match(text, at)
    if match and _is_secret(match["user"], match["password"]):
        return at, match.end("password")
    return None


def _in_query(text: str, seen: Vocabulary) -> Iterator[tuple[int, int]]:
    for name in [f"{sign}{name}=" for name in _QUERY_NAMES & seen.words for sign in "?&"]:
        at = text.find(name)
        while at >= 0:
            if match := _QUERY_VALUE.match(text, at + len(name)):
                value = match[0]
                if values.random_length(value) >= 10 or (len(value) >= 32 and values.is_hex(value)):
                    yield match.span()
            at = text.find(name, at + 1)


def _is_secret(user: str, password: str) -> bool:
    if password == user or words.is_placeholder(password.lstrip("$")):
        return False
    if _REFERENCE.match(password) or _TEMPLATE.search(password):
        return False
    # Not a host, its port and a path that has an @.
    return "/" not in password or not ("." in user or _PORT.match(password))
