"""Long texts made shorter between words: no pattern knows a secret by its half.

A word is a run of printing ASCII characters but those that stand between things (quotes, brackets,
slashes, commas). A slash is part of a word in `://`, and where what it parts looks random, as in
base64. What runs on for longer than any secret is cut where it is.
"""

from __future__ import annotations

LONGEST = 4000  # characters of a secret without a blank
_BETWEEN = frozenset("/\\,;()[]{}<>\"'`|&?")
_RANDOM = 12  # characters


def head(text: str, most: int) -> str:
    """The beginning of a text, at most `most` characters."""
    most = max(most, 0)
    return text[: _word(text, most)[0]] if len(text) > most else text


def tail(text: str, most: int) -> str:
    """The end of a text, at most `most` characters."""
    most = max(most, 0)
    return text[_word(text, len(text) - most)[1] :] if len(text) > most else text


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
        return (start, end) if end - start < LONGEST else (at, at)


def _run_start(text: str, at: int) -> int:
    least = max(at - LONGEST, 0)
    while at > least and _in_word(text[at - 1]):
        at -= 1
    return at


def _run_end(text: str, at: int) -> int:
    most = min(at + LONGEST, len(text))
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
