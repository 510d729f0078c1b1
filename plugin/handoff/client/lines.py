"""A transcript's lines as JSON objects: one pass, bounded memory, whatever is in the file.

Damage seen in real files: two objects on a line, a torn last line (also with the next object
right behind it), invalid lines, NUL bytes, lines of many MB.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from handoff.errors import HandoffError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

# No request of the client is larger than 32 MB, so no line that matters is.
LONGEST_LINE = 48 * 1024 * 1024
_HEAD = 2048  # the type of a record stands in front of its content, or right at the start
_DECODER = json.JSONDecoder(strict=False)
_RESTART = re.compile(r'\{"(?:parentUuid|logicalParentUuid)"')
_TIMESTAMP = re.compile(rb'"timestamp":"([^"\\]{1,40})"')
_SKIPPED_FIRST = re.compile(
    rb'\{"type":"(?:progress|last-prompt|custom-title|mode|permission-mode|file-history-snapshot|'
    rb'api-request[\w-]*|cost-state|tools-used|pr-link|frame-link|atis-latch|summary)"'
)
_SKIPPED_INSIDE = (b'"type":"progress",', b'"isSidechain":true,', b'"attachment":{')
_RESULT_COPY = b',"toolUseResult":'


def objects(path: str) -> Iterator[dict[str, Any]]:
    """The records of a transcript that can matter to a reader, in file order.

    Records that cannot are skipped by a look at their bytes, and the client's second copy of a tool
    result (`toolUseResult`) is cut off before parsing, except where it holds a person's answers.
    Raises HandoffError, when called, for a path that is no readable file.
    """
    file = _open(path)
    return _objects(file)


def _open(path: str) -> BinaryIO:
    mend = (
        "Name a session's .jsonl file; the client writes it with the first answer of the session."
    )
    try:
        if not Path(path).is_file():
            raise HandoffError(f"There is no transcript at {path}.", mend)
        return Path(path).open("rb")
    except (OSError, ValueError) as error:
        raise HandoffError(f"The transcript {path} cannot be read: {error}", mend) from None


def _objects(file: BinaryIO) -> Iterator[dict[str, Any]]:
    with file:
        for raw in _lines(file):
            if not _matters(raw):
                continue
            at = raw.find(_RESULT_COPY)
            if at > 0 and raw.find(b'"answers":', at) < 0 and raw.find(b'}{"', at) < 0:
                when = _TIMESTAMP.search(raw, max(0, at - 200), at) or _TIMESTAMP.search(raw, at)
                yield from _parse(raw[:at] + b"}", when[1].decode() if when else "")
            else:
                yield from _parse(raw)


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """Lines without their ends; one longer than LONGEST_LINE is dropped without being held."""
    skipping = False
    while raw := file.readline(LONGEST_LINE):
        ended = raw.endswith(b"\n")
        if not skipping and (ended or len(raw) < LONGEST_LINE):
            yield raw
        skipping = not ended


def _matters(raw: bytes) -> bool:
    """False only for a line that is one record of a kind that nobody here reads."""
    if len(raw) < 20:
        return False
    if raw.startswith(b'{"type":'):
        skip = _SKIPPED_FIRST.match(raw) is not None
    else:
        head = raw[:_HEAD]
        before = head[: head.find(b'"message":')]
        if any(mark in before for mark in _SKIPPED_INSIDE):
            skip = b'"queued_command"' not in head
        else:
            skip = (
                b'"role":"assistant"' in head
                and b'"type":"thinking"' in raw
                and b'"type":"text"' not in raw
                and b'"type":"tool_use"' not in raw
            )
    return not skip or b'}{"' in raw or b'} {"' in raw


def _parse(raw: bytes, when: str = "") -> Iterator[dict[str, Any]]:
    """The objects on one line; after a broken one, the next that looks like a record."""
    text = raw.decode("utf-8", "replace").strip("\x00\ufeff \t\r\n")
    at = 0
    while at < len(text):
        try:
            found, at = _DECODER.raw_decode(text, at)
        except (ValueError, RecursionError):
            again = _RESTART.search(text, at + 1)
            if again is None:
                return
            at = again.start()
            continue
        if isinstance(found, dict):
            if when:
                found.setdefault("timestamp", when)
            yield found
        while at < len(text) and text[at] in "\x00 \t\r,":
            at += 1
