"""Locks for files whose file system cannot lock: some network homes have no lock service.

The lock is taken on a file that stands in for the one it is of, in a folder of this machine. It
keeps out the processes of this machine, and not those of another one, or of a container with a
/tmp of its own, that share the directory. Standard library only, and loaded only where it is
needed.
"""

from __future__ import annotations

import fcntl
import os
import stat

_PARENT = "/tmp"  # noqa: S108 - the same for all processes, as TMPDIR and XDG_RUNTIME_DIR are not
SHARED, MACHINE, NONE = "shared", "machine", "none"


def folder() -> str:
    """Where the stand-ins are: the user's own, as others may write beside it."""
    return os.path.join(_PARENT, f"handoff-locks-{os.getuid()}")


def take_lock(descriptor: int) -> bool | None:
    """Take the lock on what `descriptor` is open on: whether it could be had at once, None where
    this machine cannot lock either: nobody is kept out then.

    Afterwards `descriptor` is open on the stand-in: who closes it lets go of the lock.
    """
    try:
        stand_in = _open(os.fstat(descriptor))
    except OSError:
        return None
    os.dup2(stand_in, descriptor, inheritable=False)
    os.close(stand_in)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def kind_of(directory: str) -> str:
    """Against whom files in `directory` can be locked: all who share it (SHARED), processes of this
    MACHINE, or NONE.

    Raises OSError where no file can be made there.
    """
    import tempfile  # not for hooks: it costs milliseconds

    with tempfile.TemporaryFile(prefix=".handoff-lock-", dir=directory) as probe:
        try:
            fcntl.flock(probe.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return MACHINE if take_lock(probe.fileno()) else NONE
    return SHARED


def _open(locked: os.stat_result) -> int:
    """The stand-in of a file, which is known by its device and number as the kernel knows it."""
    mine = folder()
    try:
        os.mkdir(mine, 0o700)
    except FileExistsError:
        entry = os.lstat(mine)
        if not stat.S_ISDIR(entry.st_mode) or entry.st_uid != os.getuid() or entry.st_mode & 0o022:
            raise
    path = os.path.join(mine, f"{locked.st_dev:x}-{locked.st_ino:x}")
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
