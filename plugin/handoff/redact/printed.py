"""Secrets that are printed: into a program that reads one, or into a file that keeps one.

`echo X | docker login --password-stdin`, `chpasswd <<< user:X`, `echo X > ~/.token`.
"""

from __future__ import annotations

import re

from handoff.redact import words
from handoff.redact.command_table import READERS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from handoff.redact.vocabulary import Vocabulary

_PRINTERS = ("echo", "printf", "write-output")
_NOT_BEFORE = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.$@-")
_LINE_REACH = 400  # characters before and behind a here-string that are read
_HERE = re.compile(r"""<<<[ \t]*(?P<quote>\$?["']?)(?P<value>[^\s"';|&]+|(?<=["'])[^"'\n]+)""")
_PRINTED = re.compile(
    r"""(?:[ \t]+(?:-\w+|["']?%s(?:\\n)?["']?))*[ \t]+"""
    r"""(?:"(?P<double>[^"\n]{5,300})"|'(?P<single>[^'\n]{5,300})'|(?P<bare>[^\s"'|;>]{5,300}))[ \t]*"""
    r"""(?:\|(?P<reader>[^\n|]{3,200})|(?:>{1,2}|\|[ \t]*(?:sudo[ \t]+)?tee(?:[ \t]+-a)?)[ \t]*["']?(?P<path>[^\s"'|;&]{3,100}))"""
)
_PIPED = re.compile(
    r"(?i)(?P<quote>[\"'])(?P<value>[^\"'\n]{5,300})(?P=quote)[ \t]*\|[ \t]*ConvertTo-SecureString"
)
_PAIRED = re.compile(r"[\w.@-]{1,40}:")


def find(text: str, seen: Vocabulary) -> Iterator[tuple[int, int]]:
    """Start and end of what is printed there; whether it can be a secret is for the caller."""
    if "<<<" in text:
        yield from _of_here_strings(text)
    for printer in _PRINTERS:
        if printer.partition("-")[0] in seen.words:
            yield from _of_printer(printer, text, seen.low)
    if "convertto" in seen.words:
        for match in _PIPED.finditer(text):
            yield match.span("value")


def _of_printer(name: str, text: str, low: str) -> Iterator[tuple[int, int]]:
    """What is printed into a program that reads a secret."""
    at = low.find(name)
    while at >= 0:
        end = at + len(name)
        match = _PRINTED.match(text, end) if text[at - 1 : at] not in _NOT_BEFORE else None
        if match and (
            any(reader in match["reader"] for reader in READERS)
            if match["reader"]
            else _is_kept(match["path"])
        ):
            group = next(name for name in ("double", "single", "bare") if match[name])
            yield _behind_name(text, *match.span(group))
        at = low.find(name, end)


def _is_kept(path: str) -> bool:
    """Whether a file holds a secret and nothing else: `~/.token`, `/run/secrets/db_password`."""
    *folders, name = path.split("/")
    return (
        words.names_secret(words.parts(name.removesuffix(".txt")))
        or "secrets" in folders
        or name in (".vault-pass", ".vault_pass", ".passwd-s3fs")
    )


def _of_here_strings(text: str) -> Iterator[tuple[int, int]]:
    for match in _HERE.finditer(text):
        line = text[max(0, match.start() - _LINE_REACH) : match.end() + _LINE_REACH]
        line = line[line.rfind("\n", 0, min(match.start(), _LINE_REACH)) + 1 :].partition("\n")[0]
        if any(reader in line for reader in READERS):
            yield _behind_name(text, *match.span("value"))


def _behind_name(text: str, start: int, end: int) -> tuple[int, int]:
    """`root:X` without the name."""
    match = _PAIRED.match(text, start, end)
    return (match.end(), end) if match else (start, end)
