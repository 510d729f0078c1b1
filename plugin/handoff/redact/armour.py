"""Lines of a key's armour whose begin and end are both cut off: full lines of base64, one below the other.

What says nearby that it is public or a picture stays: a certificate, a public key, a signature, a
data URL, the first bytes of a known kind of file.
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_WIDTHS = frozenset((64, 70, 76))  # characters of a line, as OpenSSL, OpenSSH and MIME wrap them
_MIN_LINES = 3
_NEAR = 300  # characters around the block that can say what it is
_LINE = re.compile(r"[A-Za-z0-9+/]*(?:[+/][A-Za-z0-9+/]*)?")
_PUBLIC = re.compile(
    r"(?i)certificate|public|signature|ssh-(?:rsa|ed25519|dss)|ecdsa-|base64|data:|\bimage|font|\.(?:png|jpe?g|gif|ico|woff2?|pdf|svg)\b"
    r"|encoding|attachment|sha\d|digest|checksum|fixture"
)
_PUBLIC_END = re.compile(
    r"\s*[\s>|+#*/\d\t\"'-]{0,20}-----END (?:[A-Z ]{0,30}(?:CERTIFICATE|PUBLIC)|PGP SIG)"
)
# The first bytes of pictures, fonts, archives and documents, in base64.
_FILES = (
    "iVBOR",
    "/9j/",
    "R0lGOD",
    "UklGR",
    "AAABAA",
    "JVBER",
    "UEsDB",
    "H4sI",
    "d09G",
    "PHN2Zy",
    "PD94bW",
    "AAEAAA",
    "Qk0",
    "T2dnU",
    "SUQz",
    "AAAA",
)


def line_width(text: str, start: int, size: int) -> int:
    """How many characters of a run are a full line, without a diff's mark before it; else 0."""
    if size in _WIDTHS:
        return size
    is_marked = (
        size - 1 in _WIDTHS and text[start] in "+-" and text[start - 1 : start] in ("", "\n")
    )
    return size - 1 if is_marked else 0


def find(text: str, runs: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Start and end of each block; `runs` are the runs of a key's characters that have a full line's width."""
    block: list[tuple[int, int]] = []
    for start, end in runs:
        if not _is_random(text[start:end]):
            continue
        if block and not _is_below(text, block[-1], (start, end)):
            yield from _checked(text, block)
            block = []
        block.append((start, end))
    yield from _checked(text, block)


def _is_below(text: str, above: tuple[int, int], below: tuple[int, int]) -> bool:
    """Whether it has the same length, and nothing but a margin stands between."""
    if above[1] - above[0] != below[1] - below[0] or below[0] - above[1] > 40:
        return False
    between = text[above[1] : below[0]]
    return between.count("\n") == 1 and not any(map(str.isalpha, between.replace("\\n", "")))


def _is_random(line: str) -> bool:
    return (
        _LINE.fullmatch(line) is not None
        and any(map(str.isdigit, line))
        and any(map(str.islower, line))
        and any(map(str.isupper, line))
        and len(set(line)) >= 24
    )


def _checked(text: str, block: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    if len(block) < _MIN_LINES:
        return
    start, end = block[0][0], block[-1][1]
    if text.startswith(_FILES, start) or _PUBLIC.search(text, max(0, start - _NEAR), start):
        return
    line = text.find("\n", end)
    if line >= 0:
        # The last line is shorter, and the end stands below it.
        tail = text[line : line + 160].split("\n")[1:3]
        if any(_PUBLIC_END.match(row) for row in tail):
            return
    yield from block
