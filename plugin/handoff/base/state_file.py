"""State files that are not what they should be: one rule for all of them.

What is in a file's place and is no file, or does not parse, is moved aside as `<name>.broken` and
named by `handoff doctor`: it could stop every session to come. What is a file and cannot be read at
the moment (no rights, too many open files, a failing disk) is left alone: it may be whole.

Standard library only, and as little of it as possible: the hooks load this on every event.
"""

from __future__ import annotations

import errno
import os
import stat

SUFFIX = ".broken"
_MAX_KEPT = 9  # of one name
NO_FILE = (errno.EISDIR, errno.ELOOP, errno.ENXIO)  # a folder; a link to itself; a socket, a pipe
_NOTHING = (errno.ENOENT, errno.ENOTDIR)


def read(path: str) -> bytes | None:
    """What is in a state file, None if there is none.

    Raises OSError for one that cannot be read at the moment.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno in NO_FILE:
            set_aside(path)
        elif error.errno not in _NOTHING:
            raise
        return None
    if _is_file(descriptor):
        with open(descriptor, "rb") as file:
            return file.read()
    os.close(descriptor)
    set_aside(path)
    return None


def open_to_write(path: str, flags: int) -> int:
    """A descriptor of a state file or lock, which is created for its owner alone if need be."""
    flags |= os.O_CREAT | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        descriptor = os.open(path, flags, 0o600)
        if _is_file(descriptor):
            return descriptor
        os.close(descriptor)
    except OSError as error:
        if error.errno not in NO_FILE:
            raise
    set_aside(path)
    return os.open(path, flags, 0o600)


def set_aside(path: str) -> None:
    """Move away what is in a state file's place, under a name that the doctor knows. Never raises:
    what cannot be moved stays, and counts as nothing.
    """
    try:
        for number in range(1, _MAX_KEPT + 1):
            aside = f"{path}.{number}{SUFFIX}" if number > 1 else path + SUFFIX
            if not os.path.lexists(aside) or number == _MAX_KEPT:
                os.replace(path, aside)
                return
    except OSError:
        pass


def _is_file(descriptor: int) -> bool:
    return stat.S_ISREG(os.fstat(descriptor).st_mode)
