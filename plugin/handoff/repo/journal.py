"""Changes of briefs that are under way (`<state>/pending/*.json`): a kill leaves none half done.

An entry is written before the first file is touched and taken away after the commit. Its owner
holds a lock on it, which the kernel frees when the owner dies: an entry without a lock is one that
somebody has to finish.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from handoff import fsio, log, statefile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

FOLDER = "pending"


@dataclass(frozen=True)
class Change:
    """What happens to the briefs of a work tree in one commit.

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
    fsio.make_private(folder)
    path = os.path.join(folder, f"{change.id}.{secrets.token_hex(4)}.json")
    temporary = fsio.temporary(path)
    descriptor = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        _lock(descriptor)  # before it has its name: nobody ever sees it without
        fsio.write_all(descriptor, _dump(change), path)
        os.replace(temporary, path)
        fsio.sync_folder(folder)
    except BaseException:
        os.close(descriptor)
        Path(temporary).unlink(missing_ok=True)
        raise
    return Entry(path, descriptor, change)


def left(home: str, wanted: Callable[[Change], bool] = lambda _: True) -> Iterator[Entry]:
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
        if error.errno in statefile.NO_FILE:
            _set_aside(home, path)
        return None
    try:
        if not _lock(descriptor) or not os.fstat(descriptor).st_nlink:
            raise BlockingIOError
        with open(os.dup(descriptor), "rb") as file:
            change = _load(file.read())
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        os.close(descriptor)
        if not isinstance(error, OSError):
            _set_aside(home, path)
        return None
    return Entry(path, descriptor, change)


def _set_aside(home: str, path: str) -> None:
    statefile.set_aside(path)
    log.note(home, "recovery", f"{path} cannot be read; it is kept as {path}{statefile.SUFFIX}.")


def _lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _dump(change: Change) -> bytes:
    texts = {
        name: {path: raw.decode("utf-8", "surrogateescape") for path, raw in files.items()}
        for name, files in (("put", change.put), ("take", change.take))
    }
    head = {"root": change.root, "id": change.id, "message": change.message}
    return json.dumps(head | texts).encode() + b"\n"


def _load(raw: bytes) -> Change:
    found = json.loads(raw)
    put, take = (
        {str(path): text.encode("utf-8", "surrogateescape") for path, text in found[name].items()}
        for name in ("put", "take")
    )
    return Change(str(found["root"]), str(found["id"]), str(found["message"]), put, take)
