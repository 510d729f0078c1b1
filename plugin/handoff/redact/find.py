"""Where the secrets of a text stand, and of which kind each is."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import lru_cache

from handoff.redact import (
    armour,
    blocks,
    calls,
    command_lines,
    containers,
    context,
    escapes,
    kubernetes,
    markup,
    named_values,
    prose,
    settings_lines,
    shapes,
    tables,
    urls,
    values,
    vocabulary,
    words,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    Span = tuple[int, int, str]

MARK = re.compile(r"\[redacted: [^\]\n]{1,60}\]")
_HEADER = re.compile(
    r"(?i)authorization[\\\"']{0,3}\s{0,3}[:=,]\s{0,3}[\\\"']{0,2}"
    r"(?P<value>(?:bearer|basic|token|digest|bot|apikey|api-key|key|negotiate|ssws)\s{1,3}(?P<bare>[A-Za-z0-9._~+/=:|%-]{8,}))"
)
_BEARER = re.compile(r"(?i)bearer\s(?P<bare>(?=[A-Za-z._~+/=-]{0,60}[0-9])[A-Za-z0-9._~+/=-]{16,})")
_WORDLIKE = re.compile(r"\w")
_LOGIN = re.compile(r"-(?:u|-user)[ =][\"']?[^\s:\"']{1,64}:(?P<bare>[^\s\"'\\/][^\s\"']{3,200})")
_TOKEN = re.compile(r"[A-Za-z0-9_.=-]{16,300}(?=@)")
_TOKEN = re.compile(r"[A-Za-z0-9+/_~.=%-]{12,}")
# Short words in small letters, joined by signs.
_PLAIN = re.compile(r"(?:[a-z]{0,15}[+/_~.=%-]+)*[a-z]{0,15}")
_AWS_SECRET = re.compile(r"(?<![A-Za-z0-9/+=_-])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=_-])")
_AWS_REACH = 400
_HALF = 160
_LEFT = re.compile(r"(?<![A-Za-z0-9_-])([A-Za-z0-9_-]{8,150}={0,2})[:!|]$")
_RIGHT = re.compile(r"={0,2}[:!|]([A-Za-z0-9_-]{8,150})(?![A-Za-z0-9_-])")
_MAX_TOKEN = 4096  # a longer run is an encoding, not a key


def spans(text: str) -> list[Span]:
    """Start, end and kind of each secret, in order and without overlap."""
    secrets = list(_on_lines(text))
    secrets += [(start, end, "private key") for start, end in blocks.private_keys(text)]
    secrets += [(start, end, "secret") for start, end in kubernetes.find(text)]
    if plain := escapes.unescape(text):
        secrets += [(*plain.place(start, end), kind) for start, end, kind in _on_lines(plain.text)]
        secrets += [(*plain.place(*span), "secret") for span in kubernetes.find(plain.text)]
    if joined := blocks.join_continued(text):
        secrets += _continued(joined)
    if joined := blocks.join_wrapped(text):
        secrets += _wrapped(joined, secrets)
    return merge_spans(secrets, [match.span() for match in MARK.finditer(text)])


def merge_spans(spans: Iterable[Span], marks: list[tuple[int, int]]) -> list[Span]:
    """Spans in order; those that overlap become one, of the first one's kind. Marks stay."""
    result: list[Span] = []
    for start, end, kind in sorted(
        spans, key=lambda span: (span[0], span[2] == "secret", -span[1])
    ):
        near = bisect_right(marks, (start, end))
        if any(start < stop and at < end for at, stop in marks[max(0, near - 1) : near + 1]):
            continue
        if result and start < result[-1][1]:
            first, last, before = result[-1]
            result[-1] = (first, max(last, end), before)
        else:
            result.append((start, end, kind))
    return result


def _on_lines(text: str) -> Iterator[Span]:
    known = list(shapes.find(text))
    yield from known
    for start, end, kind in known:
        if kind == "aws key id":
            for match in _AWS_SECRET.finditer(text, max(0, start - _AWS_REACH), end + _AWS_REACH):
                if values.random_length(match[0]) >= 8:
                    yield match.start(), match.end(), "aws secret"
    seen = vocabulary.Vocabulary(text)
    for start, end in urls.find(text, seen):
        yield start, end, "password in a url"
    nouns = named_values.Nouns(text, seen.low)
    yield from _in_headers(text, nouns)
    for start, end in _given(text, seen, nouns.places):
        yield start, end, "secret"
    yield from _tokens(text, nouns)


def _given(
    text: str, seen: vocabulary.Vocabulary, nouns: Sequence[int]
) -> Iterator[tuple[int, int]]:
    """What a name, a program, a setting, a call or a sentence says to be a secret."""
    yield from named_values.find(text, nouns)
    yield from command_lines.find(text, seen)
    yield from settings_lines.find(text, seen, nouns)
    yield from calls.find(text, seen, nouns)
    yield from prose.find(text, seen)
    yield from markup.find(text, nouns)
    yield from containers.find(text, nouns, seen)
    yield from tables.find(text, nouns)


def _in_headers(text: str, nouns: named_values.Nouns) -> Iterator[Span]:
    for at in nouns.places:
        if text[at] in "aAbB":
            if match := _HEADER.match(text, at):
                yield from _login(match, match.start("value"))
            if (at == 0 or not _WORDLIKE.match(text[at - 1])) and (
                match := _BEARER.match(text, at)
            ):
                yield from _login(match, match.start())
    if "-u" in text:
        for match in _LOGIN.finditer(text):
            if match.start() == 0 or text[match.start() - 1].isspace():
                yield from _login(match, match.start("bare"))


def _login(match: re.Match[str], start: int) -> Iterator[Span]:
    bare = match["bare"].rstrip(".,:;")
    is_key = any(map(str.isdigit, bare)) or values.random_length(bare) >= 8
    if is_key and not words.is_placeholder(bare) and not bare.replace(":", "").isdigit():
        yield start, match.start("bare") + len(bare), "authorization"


def _tokens(text: str, nouns: named_values.Nouns) -> Iterator[Span]:
    """Long runs of a key's characters that randomness and surroundings give away."""
    floor = 0
    lines: list[tuple[int, int]] = []
    for match in _TOKEN.finditer(text):
        run, at = match[0], match.start()
        if len(run) in armour.SIZES and (width := armour.line_width(text, at, len(run))):
            lines.append((match.end() - width, match.end()))
        if len(run) > _MAX_TOKEN:
            continue
        if not _may_be_key(run) and not (nouns.is_near(at, match.end()) and _may_be_chosen(run)):
            continue
        if context.is_digest(text, at):
            continue
        in_path = values.is_path(run) and text[at - 1 : at] != ":"
        for start, end in _pieces(run, at):
            if start >= floor and context.is_secret(text, start, end, floor, in_path=in_path):
                first, floor = _widened(text, start, end, floor)
                yield first, floor, "secret"
    for start, end in armour.find(text, lines):
        yield start, end, "private key"


@lru_cache(maxsize=16384)
def _may_be_key(run: str) -> bool:
    """Whether a run holds what can be a secret with no noun near: something random, an id."""
    return not _PLAIN.fullmatch(run) and any(
        values.random_length(value) > 0
        or values.is_id(value)
        or values.is_base64(value)
        or (value.isdigit() and len(value) >= 14)
        for value in {run, *(run[start:end] for start, end in _pieces(run, 0))}
    )


@lru_cache(maxsize=16384)
def _may_be_chosen(run: str) -> bool:
    """Whether a run holds what can be a password: no path, no name of code, no plain word."""
    return any(
        not (value.isalpha() and value.islower())
        and not values.is_path(value)
        and not (values.is_reference(value) and not value.isdigit())
        for value in {run[start:end] for start, end in _pieces(run, 0)}
    )


def _widened(text: str, start: int, end: int, floor: int) -> tuple[int, int]:
    """With the key's other half, where two are tied by a sign: `id:secret`."""
    left = _LEFT.search(text, max(floor, start - _HALF), start)
    if left and (values.random_length(left[1]) >= 8 or values.is_id(left[1])):
        start = left.start(1)
    right = _RIGHT.match(text, end, end + _HALF)
    if right and (values.random_length(right[1]) >= 8 or values.is_id(right[1])):
        end = right.end(1)
    return start, end


def _pieces(run: str, at: int) -> Iterator[tuple[int, int]]:
    """The values in a run: what stands behind `name=`, a path's parts one by one."""
    body = run.rstrip("=")
    cut = body.rfind("=") + 1
    if cut and values.random_length(run[:cut]) >= 12:
        cut = 0  # the sign is one of the key's own characters
    value = run[cut:]
    parts = value.split("/") if values.is_path(value) else [value]
    offset = at + cut
    for part in parts:
        left = len(part) - len(part.lstrip("-._=%~+/"))
        kept = part.rstrip(".-_/~%")
        if len(kept) - left >= 12:
            yield offset + left, offset + len(kept)
        offset += len(part) + 1


def _continued(joined: blocks.Joined) -> Iterator[Span]:
    """The secrets that a backslash had cut, at their place in the text."""
    for first, last in joined.surroundings(_AWS_REACH):
        for start, end, kind in _on_lines(joined.text[first:last]):
            if (place := joined.place(first + start, first + end)) is not None:
                yield *place, kind


def _wrapped(joined: blocks.Joined, known: Iterable[Span]) -> Iterator[Span]:
    """The shapes that a line's width had cut, at their place in the text.

    A line's beginning is more of the key above only if it looks so and has no shape of its own.
    """
    begins = {start for start, _, kind in known if kind != "secret"}
    for start, end, kind in shapes.find(joined.text, joined.cuts):
        first, *rest = joined.pieces(start, end)
        stop = first[1]
        for at, until in rest:
            piece = joined.text[at:until]
            place = joined.place(start, until)
            is_own = place is not None and place[1] - len(piece) in begins
            if is_own or not _is_more(
                piece, joined.text[at - 12 : at], alone=joined.is_line(until)
            ):
                break
            stop = until
        place = joined.place(start, stop)
        if place is not None:
            yield *place, kind


def _is_more(piece: str, above: str, *, alone: bool) -> bool:
    """Whether a line's beginning is more of a key whose last characters are `above`."""
    begin = piece.partition("_")[0] + "_"
    if piece.startswith("0x") or context.names_id(begin) or context.is_digest(piece, 0):
        return False
    if values.is_hex(piece):
        return values.is_hex(above) or (alone and len(piece) < 40)
    if values.random_length(piece) >= 12:
        return piece.count(".") < 2
    if not alone or len(piece) < 4:
        return False
    is_mixed = any(map(str.isdigit, piece)) and any(map(str.isalpha, piece))
    is_tail = len(piece) < 12 and is_mixed and "=" not in piece.rstrip("=")
    return is_tail or values.random_length(piece) >= 6 or piece.replace("-", "").isdigit()
