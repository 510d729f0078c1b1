"""Which repository a git directory is, wherever it is moved: a random id in a file of its own.

`<shared git directory>/handoff-id`. No clone, push or archive of the worktree takes it along, and
nobody else knows it.
"""

from __future__ import annotations

import os
import re
import secrets

from handoff.base import locks
from handoff.base.errors import HandoffError

_FILE = "handoff-id"
_ID = re.compile(rb"[0-9a-f]{32}\n")


def read(repo: str) -> str:
    """The id of the repository whose shared git directory is `repo`, "" if it has none."""
    try:
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        descriptor = os.open(os.path.join(repo, _FILE), flags)
    except OSError:
        return ""
    try:
        repo_id = os.read(descriptor, 64)
    except OSError:
        return ""
    finally:
        os.close(descriptor)
    return repo_id.decode().strip() if _ID.fullmatch(repo_id) else ""


def is_moved(known: str, was_at: str, now: str) -> bool:
    """Whether the repository `known`, once in the shared git directory `was_at`, is the one whose
    id is `now`: it is not where it was any more. As long as it is there, another one with its id
    is a copy.
    """
    return bool(known) and known == now and read(was_at) != known


def ensure(home: str, repo: str) -> str:
    """The same, made if need be; "" for what is no git directory, or where nothing can be written.

    `home` is the state directory, which has the lock.
    """
    repo_id = read(repo)
    if repo_id or not os.path.isfile(os.path.join(repo, "HEAD")):
        return repo_id
    try:
        with locks.Lock(os.path.join(home, "locks", "repositories")):
            if not read(repo):
                _write(os.path.join(repo, _FILE))
    except (HandoffError, OSError):
        return ""
    return read(repo)


def _write(path: str) -> None:
    """In place: a cut one reads as none and is written again, and no other name is left behind."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    descriptor = os.open(path, flags, 0o600)
    try:
        os.write(descriptor, f"{secrets.token_hex(16)}\n".encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
