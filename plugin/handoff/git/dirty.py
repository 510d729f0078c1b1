"""What is uncommitted in a work tree: git's words for it parsed, and one digest of it all."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

OWN_FOLDER = b".handoff"
READ_FILES = 500
READ_BYTES = 32 * 1024 * 1024


class DirtyFile(NamedTuple):
    """One uncommitted path: git's two status letters (`??` untracked), lines added and deleted.

    The lines are None where git counts none: binary, untracked, or not counted in time.
    """

    status: str
    path: str
    added: int | None
    deleted: int | None


@dataclass(frozen=True)
class Entry:
    """One record of `git status --porcelain=v2 -z`; the path in bytes, as it is on disk."""

    status: str
    path: bytes
    record: bytes


# Fields before the path, by the first letter of a record (git-status(1), "Porcelain Format
# Version 2"). Renames ("2") are never asked for.
_FIELDS = {b"1": 8, b"u": 10, b"?": 1}


def parse_status(out: bytes) -> list[Entry]:
    """The entries of `git status --porcelain=v2 -z --no-renames`, without `.handoff/`."""
    entries = []
    for record in out.split(b"\0"):
        count = _FIELDS.get(record[:1])
        if count is None:
            continue
        fields = record.split(b" ", count)
        path = fields[count]
        if path == OWN_FOLDER or path.startswith(OWN_FOLDER + b"/"):
            continue
        status = "??" if count == 1 else fields[1].decode("ascii").replace(".", " ")
        entries.append(Entry(status, path, record))
    return entries


def parse_numstat(out: bytes) -> dict[bytes, tuple[int | None, int | None]]:
    """Lines added and deleted by path, from `git diff --numstat -z --no-renames`."""
    counts: dict[bytes, tuple[int | None, int | None]] = {}
    for record in out.split(b"\0"):
        fields = record.split(b"\t", 2)
        if len(fields) == 3:
            counts[fields[2]] = (_number(fields[0]), _number(fields[1]))
    return counts


def digest(root: str, entries: list[Entry]) -> str | None:
    """A sha256 that changes when an uncommitted change does; None when there is none.

    Bounded: at most READ_FILES files and READ_BYTES of content are read; of the rest size and time
    of change stand in. What is staged counts by git's own hash. An untracked folder that git
    reports as one entry counts by its name alone.
    """
    if not entries:
        return None
    whole = sha256()
    budget = READ_BYTES
    for number, entry in enumerate(entries):
        whole.update(entry.record + b"\0")
        if entry.status[1] in "DMTAU?":
            readable = budget if number < READ_FILES else 0
            mark, size = _mark(Path(root, os.fsdecode(entry.path)), readable)
            whole.update(mark)
            budget -= size
    return whole.hexdigest()


def _mark(path: Path, readable: int) -> tuple[bytes, int]:
    """What stands for the file in the digest, and how many bytes of it were read."""
    try:
        found = path.lstat()
        if stat.S_ISLNK(found.st_mode):
            return b"link" + os.fsencode(path.readlink()), 0
        if not stat.S_ISREG(found.st_mode):
            return b"other", 0
        if found.st_size > readable:
            return f"size {found.st_size} {found.st_mtime_ns}".encode(), 0
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            content = file.read(readable)
        return b"file" + sha256(content).digest(), len(content)
    except OSError:
        return b"gone", 0


def _number(field: bytes) -> int | None:
    return int(field) if field.isdigit() else None
