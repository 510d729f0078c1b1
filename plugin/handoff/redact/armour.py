"""Lines of a key's armour whose begin and end are both cut off: full lines of base64, one below the other.

Such lines alone could as well be a certificate's or a picture's. They are a key's where their first
bytes are one's, where they are as long as OpenSSH alone makes them, or where what stands above
names a private key last. Between the begin and the end of something public, nothing is one.
"""

from __future__ import annotations

import binascii
import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_OPENSSH = 70
_WIDTHS = frozenset((64, _OPENSSH, 76))  # characters of a line; OpenSSL, PGP and MIME: 64 or 76
SIZES = frozenset(size + mark for size in _WIDTHS for mark in (0, 1))  # also behind a diff's mark
_MIN_LINES = 3
_NEAR = 300  # characters above the block that can say what it is
_MAX_CHARS = 20_000  # of an armour whose begin or end is looked for
_LINE = re.compile(r"[A-Za-z0-9+/]*(?:[+/][A-Za-z0-9+/]*)?")
# What says that it is public or a picture, and what says that it is a key; the last one counts.
_SAYS = re.compile(
    r"(?i)(?P<public>certificate|\bcerts?\b|[\w-]*(?:cert|chain|ca)\.pem|\.crt\b|\.csr\b|\bx509|public[ _-]?key|public|\.pub\b"
    r"|signature|ssh-(?:rsa|ed25519|dss)|ecdsa-|base64|data:|\bimage|picture|font|bundle"
    r"|\.(?:png|jpe?g|gif|ico|woff2?|ttf|pdf|svg|map|zip|gz|tgz|mo)\b|encoding|attachment|sha\d|digest|checksum|fixture)"
    r"|(?P<mark>\[redacted: [^\]\n]*\])"
    r"|(?P<private>private|\bid_(?:rsa|dsa|ecdsa|ed25519)\b|[\w-]*key\.pem|\.key\b|\bkeys?\b|_key\b|secret|PGP MESSAGE|armou?r)"
)
_EDGE = re.compile(r"-----(?P<edge>BEGIN|END) (?P<label>[A-Z0-9 ]{3,40})-----")
_PRIVATE = ("PRIVATE KEY", "PRIVATE KEY BLOCK", "PGP MESSAGE")
# The first bytes of pictures, fonts, archives, documents, certificates and public keys.
_FILE = re.compile(
    rb"\x89PNG|\xff\xd8\xff|GIF8|RIFF|\x00\x00\x01\x00|%PDF|PK\x03\x04|\x1f\x8b|wOF|OTTO|\x00\x01\x00\x00|<svg|<\?xml|<!DOC|BM|OggS|ID3"
    rb"|BZh|\xfd7zXZ|\x28\xb5\x2f\xfd|# v\d git|#!/|\x7fELF|\{[\s\"]|\x00asm|\x00\x00\x00"
    rb"|\x30(?:\x82..|\x81.|[\x00-\x7f])\x30(?:\x82..(?:\xa0\x03\x02|\x02\x01)|[\x00-\x7f]\x06[\x00-\x7f]\x2a\x86\x48(?!\x86\xf7\x0d\x01\x05))",
    re.DOTALL,
)
# The first bytes of private keys and messages: OpenSSH, DER (PKCS#1 and #8, EC, encrypted), OpenPGP.
_KEY = re.compile(
    rb"openssh-key-v1\x00"
    rb"|\x30(?:\x82..|\x81.|[\x00-\x7f])(?:\x02\x01[\x00-\x03](?:\x02|\x30[^\x80-\xff]|\x04)"
    rb"|\x30[\x00-\x7f]\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0d)"
    rb"|\x94.\x04|\x95..\x04|\xc5..?\x04|\x84.\x03|\x85..\x03|\xc1..?\x03",
    re.DOTALL,
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
    """Start and end of each block's lines; `runs` are the runs of a key's characters that have a full line's width."""
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
    first = _first_line(text, start, end - block[-1][0])
    if _FILE.match(_decoded(text, first)) or _is_in_public(text, start, end):
        return
    if _KEY.match(_decoded(text, start)) or _says_private(text, first, end - block[-1][0]):
        yield from block


def _first_line(text: str, start: int, width: int) -> int:
    """Where the first of the lines stands that are like the one at `start` and right above it."""
    margin = start - text.rfind("\n", 0, start) - 1
    step = margin + width + 1
    floor = max(margin, start - _MAX_CHARS)
    while start - step >= floor and text[start - margin - 1] == "\n":
        if not _LINE.fullmatch(text, start - step, start - step + width):
            break
        start -= step
    return start


def _decoded(text: str, at: int) -> bytes:
    """The first bytes of what base64 at `at` says."""
    try:
        return binascii.a2b_base64(text[at : at + 32])
    except ValueError:
        return b""


def _says_private(text: str, start: int, width: int) -> bool:
    """Whether what stands above, or else the lines' width, says that it is a private key."""
    said = None
    for match in _SAYS.finditer(text, max(0, start - _NEAR), start):
        said = said if match["mark"] else match
    return said["private"] is not None if said else width == _OPENSSH


def _is_in_public(text: str, start: int, end: int) -> bool:
    """Whether the armour that is open here, by its begin or by its end, is no private key's."""
    above = text.rfind("-----", max(0, start - _MAX_CHARS), start)
    edge = _EDGE.match(text, text.rfind("-----", max(0, above - 60), above)) if above > 0 else None
    if edge and edge["edge"] == "BEGIN":
        return not edge["label"].endswith(_PRIVATE)
    edge = _EDGE.search(text, end, end + _MAX_CHARS)
    return edge is not None and edge["edge"] == "END" and not edge["label"].endswith(_PRIVATE)
