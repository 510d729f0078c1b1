"""What is uncommitted in a worktree: git's words for it parsed, and one digest of it all."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from handoff.git import run
from handoff.git.head import Head

OWN_FOLDER = b".handoff"
READ_FILES = 500
READ_BYTES = 32 * 1024 * 1024


class DirtyFile(NamedTuple):
    """One uncommitted path, with git's two status letters (`??` untracked)."""

    status: str
    path: str


@dataclass(frozen=True)
class Entry:
    """One record of `git status --porcelain=v2 -z`; the path in bytes, as it is on disk."""

    status: str
    path: bytes
    record: bytes


_NO_BRANCH = ("(detached)", "(unknown)")
# Fields before the path, by the first letter of a record (git-status(1), "Porcelain Format
# Version 2"). Renames ("2") are never asked for.
_FIELDS = {b"1": 8, b"u": 10, b"?": 1}


def parse_status(out: bytes, *, with_own: bool = False) -> list[Entry]:
    """The entries of `git status --porcelain=v2 -z --no-renames`; those below `.handoff/` only
    `with_own`.
    """
    entries = []
    for record in out.split(b"\0"):
        count = _FIELDS.get(record[:1])
        if count is None:
            continue
        fields = record.split(b" ", count)
        path = fields[count]
        if not with_own and (path == OWN_FOLDER or path.startswith(OWN_FOLDER + b"/")):
            continue
        status = "??" if count == 1 else fields[1].decode("ascii").replace(".", " ")
        entries.append(Entry(status, path, record))
    return entries


def parse_head(out: bytes, stamp: str) -> Head | None:
    """Where HEAD is, by `git status --porcelain=v2 --branch -z`; None where that does not tell it
    for sure: a branch may have the name that stands for a detached HEAD, or for one that git cannot
    read. `stamp` is `head.head_stamp` before that.
    """
    prefix = b"# branch."
    lines = (line for line in out.split(b"\0") if line.startswith(prefix))
    told = dict(run.decode_path(line[len(prefix) :]).partition(" ")[::2] for line in lines)
    sha, name = told.get("oid"), told.get("head")
    if not sha or not name or name in _NO_BRANCH or name.startswith("refs/"):
        return None
    return Head(f"refs/heads/{name}", None if sha == "(initial)" else sha, stamp)


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
        status = path.lstat()
        if stat.S_ISLNK(status.st_mode):
            return b"link" + os.fsencode(path.readlink()), 0
        if not stat.S_ISREG(status.st_mode):
            return b"other", 0
        if status.st_size > readable:
            return f"size {status.st_size} {status.st_mtime_ns}".encode(), 0
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            content = file.read(readable)
        return b"file" + sha256(content).digest(), len(content)
    except OSError:
        return b"gone", 0
