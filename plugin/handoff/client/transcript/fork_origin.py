"""What a session was forked from: a fork of a compacted session begins with the compaction.

The client copies its boundary, its summary and the messages that it kept into a new file, and
names no parent (docs/client.md, "Transcript"). What the user asked for before stands in the
parent's transcript alone, which is found by the boundary: it has the same one, further behind. It
is in the same folder, or, where one of them has moved since, in that of the boundary's directory.
"""

from __future__ import annotations

import itertools
import os
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from handoff.base import fields
from handoff.client.transcript import folders, tail
from handoff.client.transcript.lines import objects

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

_HEAD = 256 * 1024  # bytes in which a transcript's first record is looked for
_BLOCK = 1024 * 1024
_MAX_BYTES = 128 * 1024 * 1024  # of all transcripts that are looked through
_MAX_FILES = 300
_MAX_PARENTS = 4
_RECORD = b'{"parentUuid":'
_BOUNDARY = b'"subtype":"compact_boundary"'


class Origin(NamedTuple):
    """A parent's transcript, the byte at which it was forked, and what the fork copied (uuids)."""

    path: str
    end: int
    copies: frozenset[str]


def records(path: str, recent: int | None = None) -> Iterator[dict[str, Any]]:
    """The records of a transcript, see `lines.objects`, behind those of what it was forked from.

    With `recent`, of the parents only what stays true for long. Raises HandoffError, when called,
    for a path that is no readable file.
    """
    own = objects(path, recent)
    older = None if recent is None else 0
    parents = [_without(objects(one.path, older, one.end), one.copies) for one in _line(path)]
    return itertools.chain(*reversed(parents), own)


def _line(path: str) -> list[Origin]:
    """The parent of a transcript, its parent, and so on."""
    line: list[Origin] = []
    while len(line) < _MAX_PARENTS:
        parent = find(line[-1].path if line else path)
        if parent is None or parent.path in [path, *(one.path for one in line)]:
            break
        line.append(parent)
    return line


def _without(records: Iterator[dict[str, Any]], copies: frozenset[str]) -> Iterator[dict[str, Any]]:
    """A parent's records but for those that the fork has as well."""
    return (record for record in records if record.get("uuid") not in copies)


def find(path: str) -> Origin | None:
    """Where the transcript at `path` was forked from; None for one that begins by itself, and where
    no other transcript has what was before.
    """
    boundary = _boundary(path)
    uuid = boundary.get("uuid")
    if not isinstance(uuid, str) or not uuid:
        return None
    wanted, left = b'"uuid":"' + uuid.encode() + b'"', _MAX_BYTES
    for other, size in _others(path, str(boundary.get("cwd") or "")):
        if left <= 0:
            return None
        end = _place(other, wanted, left)
        left -= size
        if end and _boundary(other).get("uuid") != uuid:
            return Origin(other, end, _copies(boundary))
    return None


def _boundary(path: str) -> dict[str, Any]:
    """The compaction with which a transcript begins, {} for one that begins otherwise."""
    try:
        with open(path, "rb", opener=tail.open_regular) as file:
            head = file.read(_HEAD)
    except (OSError, ValueError):
        return {}
    first = next((line for line in head.split(b"\n") if line.startswith(_RECORD)), b"")
    if _BOUNDARY not in first:
        return {}
    try:
        record = orjson.loads(first)
    except ValueError:
        return {}
    return fields.mapping(record)


def _copies(boundary: dict[str, Any]) -> frozenset[str]:
    """What a compaction kept as it was: the fork has it again, behind the summary."""
    about = fields.mapping(boundary.get("compactMetadata"))
    kept = fields.mapping(about.get("preservedMessages"))
    names = kept.get("allUuids") or kept.get("uuids")
    return frozenset(str(name) for name in names) if isinstance(names, list) else frozenset()


def _others(path: str, directory: str) -> Iterator[tuple[str, int]]:
    """The other transcripts with their sizes, of each folder the last written first: of this one's
    own folder, then of those that are named after the `directory` or one above it.
    """
    own_folder = os.path.dirname(path) or "."
    above = [directory, *map(str, PurePath(directory).parents)] if directory else []
    elsewhere = [one for one in _folders(os.path.dirname(own_folder), above) if one != own_folder]
    for folder in (own_folder, *elsewhere):
        transcripts = []
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if entry.name.endswith(".jsonl") and entry.name != os.path.basename(path):
                        try:
                            stat = entry.stat()
                        except OSError:
                            continue  # it was taken away just now, or leads nowhere
                        transcripts.append((stat.st_mtime, entry.path, stat.st_size))
        except OSError:
            continue
        yield from (
            (name, size) for _, name, size in sorted(transcripts, reverse=True)[:_MAX_FILES]
        )


def _folders(projects: str, directories: list[str]) -> list[str]:
    """The folders of transcripts of these directories."""
    try:
        names = sorted(os.listdir(projects)) if directories else []
    except OSError:
        return []
    named = folders.is_named
    return [os.path.join(projects, n) for n in names if any(named(n, one) for one in directories)]


def _place(path: str, wanted: bytes, most: int) -> int:
    """Where the line begins that has these bytes, 0 if none has (or the first) of the first `most`
    bytes of the file.
    """
    try:
        with open(path, "rb", opener=tail.open_regular) as file:
            return _search(file, wanted, most)
    except (OSError, ValueError):
        return 0


def _search(file: BinaryIO, wanted: bytes, most: int) -> int:
    offset, line, behind = 0, 0, b""
    while offset < most and (block := file.read(_BLOCK)):
        block = behind + block
        at = block.find(wanted)
        start = block.rfind(b"\n", 0, at if at >= 0 else len(block) - len(wanted)) + 1
        line = offset + start if start else line
        if at >= 0:
            return line
        behind = block[-len(wanted) :]
        offset += len(block) - len(behind)
    return 0
