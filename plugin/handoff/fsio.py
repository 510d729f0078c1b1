"""Small files that must be whole or absent: atomic writes, locks with a limit, tolerant reads.

Standard library only, and as little of it as possible: the hooks load this on every event.
"""

from __future__ import annotations

import fcntl
import os
import time

from handoff import quickjson
from handoff.errors import HandoffError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

LOCK_SECONDS = 2.0
_POLL_SECONDS = 0.005


def make_private(directory: str) -> None:
    """Create `directory` and its parents; new ones are readable by their owner alone."""
    missing = []
    while directory and not os.path.isdir(directory):
        missing.append(directory)
        directory = os.path.dirname(directory)
    for folder in reversed(missing):  # os.makedirs would give its mode to the last one only
        try:
            os.mkdir(folder, 0o700)
        except FileExistsError:
            if not os.path.isdir(folder):
                raise


def write_atomic(path: str, content: bytes, mode: int = 0o600) -> None:
    """Put `content` at `path` whole or not at all: temp file, fsync, rename, fsync of folder."""
    folder = os.path.dirname(path)
    temporary = os.path.join(folder, f".{os.path.basename(path)}.{os.getpid()}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode)
    try:
        with open(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        _remove(temporary)
        raise
    sync_folder(folder)


def append_line(path: str, line: bytes) -> None:
    """Append one line in one write, durably. Short lines of several processes do not mix."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        os.write(descriptor, line + b"\n")
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(folder: str) -> None:
    """Make a rename or a new name in `folder` durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    except OSError:
        pass  # some file systems cannot sync a directory; the rename itself stands
    finally:
        os.close(descriptor)


def read_json(path: str) -> dict[str, Any]:
    """The JSON object in `path`; `{}` if there is none.

    A file that is not a JSON object is moved aside as `<name>.broken` (named by `handoff doctor`),
    so that it can never stop a second session.
    """
    try:
        with open(path, "rb") as file:
            found = quickjson.loads(file.read())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError):
        found = None
    if isinstance(found, dict):
        return found
    try:
        os.replace(path, path + ".broken")
    except OSError:
        pass
    return {}


def write_json(path: str, value: dict[str, Any]) -> None:
    """Write a JSON object atomically, creating its folder."""
    make_private(os.path.dirname(path))
    write_atomic(path, quickjson.dumps(value).encode() + b"\n")


class locked:  # noqa: N801 - reads as a function in `with`
    """Hold an exclusive lock on `path` (created, never removed); waits at most `seconds`.

    The kernel frees it when its owner dies, so there is no stale lock to judge.
    Raises HandoffError when the time is up.
    """

    def __init__(self, path: str, seconds: float = LOCK_SECONDS) -> None:
        self._path = path
        self._seconds = seconds
        self._descriptor = -1

    def __enter__(self) -> None:
        make_private(os.path.dirname(self._path))
        self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        deadline = time.monotonic() + self._seconds
        while True:
            try:
                fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    os.close(self._descriptor)
                    raise HandoffError(
                        f"{self._path} is locked by another handoff process for over "
                        f"{self._seconds:g} s.",
                        "Try again; if it stays, look for a handoff process that hangs (`ps`).",
                    ) from None
                time.sleep(_POLL_SECONDS)

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        pass
