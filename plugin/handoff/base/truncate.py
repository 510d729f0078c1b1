"""Long texts made shorter between words: no pattern knows a secret by its half.

A word is a run of printing ASCII characters but those that stand between things (quotes, brackets,
slashes, commas). A slash is part of a word in `://`, and where what it parts looks random, as in
base64. What runs on for longer than any secret is cut where it is.

A text that is still to be looked through for secrets is cut by `first` and `last`: no line of a key
is parted from the line that says what it is.
"""

from __future__ import annotations

import re

MAX_SECRET_CHARS = 4000  # characters of a secret without a blank
_BETWEEN = frozenset("/\\,;()[]{}<>\"'`|&?")
_RANDOM = 12  # characters
_MAX_MARKS = 16  # on one character
_KEY = re.compile(r"-----(BEGIN|END) [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_KEY_CHARS = 20_000  # of the longest private key
_KIND = re.compile(r"kind[\\\"']{0,4}:[ \t]{0,3}[\\\"']{0,4}Secret\b")
_KIND_BEFORE, _KIND_BEHIND = 3_000, 6_000  # characters between a Kubernetes Secret's data and kind


def keep_head(text: str, most: int) -> str:
    """The beginning of a text, at most `most` characters."""
    most = max(most, 0)
    return text[: between_characters(text, _word(text, most)[0], -1)] if len(text) > most else text


def keep_tail(text: str, most: int) -> str:
    """The end of a text, at most `most` characters."""
    most = max(most, 0)
    return (
        text[between_characters(text, _word(text, len(text) - most)[1], 1) :]
        if len(text) > most
        else text
    )


def between_characters(text: str, at: int, step: int) -> int:
    """Where to cut instead of at `at`, so that no character loses its marks (accents, vowel signs,
    parts of an emoji): back for `step` -1, on for 1.
    """
    for _ in range(_MAX_MARKS):
        if not 0 < at < len(text) or text[at].isascii() or not _is_joined(text[at - 1], text[at]):
            break
        at += step
    return at


def first_line(text: str, most: int) -> str:
    """The beginning of a raw text, about `most` characters: on to the end of a key that is cut, and
    to the line that says of what kind the data in it are.
    """
    if len(text) <= most:
        return text
    cut = len(keep_head(text, most))
    end = cut
    mark = _KEY.search(text, cut, cut + _KEY_CHARS)
    if mark and mark[1] == "END":
        end = mark.end()
    kind = _KIND.search(text, cut, cut + _KIND_BEFORE)
    return text[: max(end, kind.end() if kind else 0)]


def last_line(text: str, most: int) -> str:
    """The end of a raw text, about `most` characters: back to the beginning of a key that is cut,
    and to the line that says of what kind the data in it are.
    """
    if len(text) <= most:
        return text
    cut = len(text) - len(keep_tail(text, most))
    begin = cut
    for mark in _KEY.finditer(text, max(0, cut - _KEY_CHARS), cut):
        begin = mark.start() if mark[1] == "BEGIN" else cut
    for kind in _KIND.finditer(text, max(0, cut - _KIND_BEHIND), cut):
        begin = min(begin, kind.start())
    return text[begin:]


def _is_joined(before: str, char: str) -> bool:
    from unicodedata import category  # a library of its own

    return (
        category(char) in ("Mn", "Mc", "Me")  # with variation selectors
        or "\u200d" in (before, char)
        or "\U0001f3fb" <= char <= "\U0001f3ff"  # tones of skin
        or ("\U0001f1e6" <= char <= "\U0001f1ff" and "\U0001f1e6" <= before <= "\U0001f1ff")
    )


def _word(text: str, at: int) -> tuple[int, int]:
    """Start and end of the word that a cut at `at` would divide; both `at` if there is none."""
    start, end = _run_start(text, at), _run_end(text, at)
    if start == at or end == at:
        return at, at
    while True:
        before = _run_start(text, start - 1) if text[start - 1 : start] == "/" else start
        if before < start and _belongs(text[before : start - 1], text[start:end]):
            start = before
            continue
        after = _run_end(text, end + 1) if text[end : end + 1] == "/" else end
        if after > end and _belongs(text[end + 1 : after], text[start:end]):
            end = after
            continue
        return (start, end) if end - start < MAX_SECRET_CHARS else (at, at)


def _run_start(text: str, at: int) -> int:
    least = max(at - MAX_SECRET_CHARS, 0)
    while at > least and _in_word(text[at - 1]):
        at -= 1
    return at


def _run_end(text: str, at: int) -> int:
    most = min(at + MAX_SECRET_CHARS, len(text))
    while at < most and _in_word(text[at]):
        at += 1
    return at


def _belongs(segment: str, word: str) -> bool:
    """Whether what stands behind a slash belongs to a word."""
    two_slashes = not segment or word[0] == "/" or word[-1] == "/"
    return two_slashes or _is_random(segment) or _is_random(word)


def _in_word(character: str) -> bool:
    return "!" <= character <= "~" and character not in _BETWEEN


def _is_random(segment: str) -> bool:
    return (
        len(segment) >= _RANDOM
        and any(map(str.isdigit, segment))
        and any(map(str.isupper, segment))
        and any(map(str.islower, segment))
    )
