"""Changes of briefs that are under way (`<state>/pending/*.json`): a kill leaves none half done.

An entry is written before the first file is touched and taken away after the commit. Its owner
holds a lock on it, which the kernel frees when the owner dies: an entry without a lock is one that
somebody has to finish. Where nothing can be locked (`base.locks.try_lock`) its age tells.
"""

from __future__ import annotations

import json
import os
import secrets
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from handoff.base import file_io, locks, log, state_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

FOLDER = "pending"
_LEFT_SECONDS = 600.0  # an entry that is older and cannot be locked has lost its owner


@dataclass(frozen=True)
class Change:
    """What happens to the briefs of a worktree in one commit.

    `put` are the bytes that a path gets, `take` those that a path must have to be taken away; paths
    are POSIX and relative to `root`. A name that is in both is moved. `id` names the ref that keeps
    the commit where it cannot be on the branch.
    """

    root: str
    id: str
    message: str
    put: Mapping[str, bytes]
    take: Mapping[str, bytes]


class Entry:
    """An entry whose lock this process holds, until the end of `with`."""

    def __init__(self, path: str, descriptor: int, change: Change) -> None:
        self.path = path
        self.change = change
        self._descriptor = descriptor

    def end(self) -> None:
        """The change is done with: take the entry away."""
        Path(self.path).unlink(missing_ok=True)

    def __enter__(self) -> Entry:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)


def begin(home: str, change: Change) -> Entry:
    """Enter a change, durably. Raises OSError if that fails: nothing is changed then."""
    folder = os.path.join(home, FOLDER)
    file_io.make_private(folder)
    path = os.path.join(folder, f"{change.id}.{secrets.token_hex(4)}.json")
    temporary = file_io.temporary_name(path)
    descriptor = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    lock = -1
    try:
        lock = os.dup(descriptor)
        locks.try_lock(lock)  # before it has its name: nobody ever sees it without
        file_io.write_all(descriptor, _dump(change), path)
        os.replace(temporary, path)
        file_io.sync_folder(folder)
    except BaseException:
        if lock >= 0:
            os.close(lock)
        Path(temporary).unlink(missing_ok=True)
        raise
    finally:
        os.close(descriptor)
    return Entry(path, lock, change)


def read_left(home: str, wanted: Callable[[Change], bool] = lambda _: True) -> Iterator[Entry]:
    """The wanted entries that killed processes left, oldest first, each locked while looked at."""
    folder = os.path.join(home, FOLDER)
    try:
        names = sorted(name for name in os.listdir(folder) if name.endswith(".json"))
    except OSError:
        return
    for name in names:
        entry = _take_over(home, os.path.join(folder, name))
        if entry is not None:
            with entry:
                if wanted(entry.change):
                    yield entry


def _take_over(home: str, path: str) -> Entry | None:
    """The entry, if its owner is gone; what is none is moved aside and noted, what cannot be read
    at the moment is left for the next start.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno in state_file.NO_FILE:
            _set_aside(home, path)
        return None
    lock = -1
    try:
        with open(descriptor, "rb") as file:
            lock = os.dup(descriptor)
            if not _is_left(descriptor, lock):
                raise BlockingIOError
            change = _load(file.read())
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        if lock >= 0:
            os.close(lock)
        if not isinstance(error, OSError):
            _set_aside(home, path)
        return None
    return Entry(path, lock, change)


def _is_left(file: int, lock: int) -> bool:
    """Whether an entry is nobody's, and not ended meanwhile; `lock` holds its lock then."""
    is_ours = locks.try_lock(lock)
    entry = os.fstat(file)
    if is_ours is None:
        is_ours = time.time() - entry.st_mtime > _LEFT_SECONDS
    return is_ours and entry.st_nlink > 0


def _set_aside(home: str, path: str) -> None:
    state_file.set_aside(path)
    log.note(home, "recovery", f"{path} cannot be read; it is kept as {path}{state_file.SUFFIX}.")


def _dump(change: Change) -> bytes:
    texts = {
        name: {path: raw.decode("utf-8", "surrogateescape") for path, raw in files.items()}
        for name, files in (("put", change.put), ("take", change.take))
    }
    head = {"root": change.root, "id": change.id, "message": change.message}
    return json.dumps(head | texts).encode() + b"\n"


def _load(raw: bytes) -> Change:
    fields = json.loads(raw)
    put, take = (
        {str(path): text.encode("utf-8", "surrogateescape") for path, text in fields[name].items()}
        for name in ("put", "take")
    )
    return Change(str(fields["root"]), str(fields["id"]), str(fields["message"]), put, take)
