"""Locks between processes: a lock held, and a turn that others wait for."""

from __future__ import annotations

import fcntl
import os

from handoff.base import file_io, state_file
from handoff.base.errors import HandoffError

TYPE_CHECKING = False

LOCK_SECONDS = 2.0
_LOCK_QUEUE = 4  # times as long, while others get the lock one after the other
_TURN_QUEUE = 8


class Lock:
    """Hold an exclusive lock on `path` (created, never removed).

    Waits at most `seconds` for the one who has it; four times as long in all, while others who
    asked before get it and are done with it. The kernel frees it when its owner dies, so there is
    no stale lock to judge. Raises HandoffError when the time is up. Where nothing can be locked
    (`try_lock`) the work goes on without.
    """

    def __init__(self, path: str, seconds: float = LOCK_SECONDS) -> None:
        self._path = path
        self._seconds = seconds
        self._descriptor = -1

    def __enter__(self) -> None:
        file_io.make_private(os.path.dirname(self._path))
        self._descriptor = state_file.open_to_write(self._path, os.O_RDWR)
        if not _lock(self._descriptor, self._seconds, _LOCK_QUEUE):
            raise HandoffError(
                f"{self._path} has been locked by another handoff process for over "
                f"{self._seconds:g} s.",
                "Try again. If that does not help, look for a handoff process that hangs (`ps`).",
            )

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)


class Turn:
    """Have a folder to oneself among handoff's own processes.

    Waits at most `seconds` for the one who has it; eight times as long in all, while others who
    came before get on. The lock is on the folder itself, so nothing is left behind. It is a
    courtesy: where it cannot be had in time, the work goes on without.
    """

    def __init__(self, folder: str, seconds: float) -> None:
        self._folder = folder
        self._seconds = seconds
        self._descriptor = -1

    def __enter__(self) -> None:
        descriptor = os.open(self._folder, os.O_RDONLY | os.O_CLOEXEC)
        try:
            if _lock(descriptor, self._seconds, _TURN_QUEUE):
                self._descriptor = descriptor
        except OSError:
            pass

    def __exit__(self, *_: object) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)


def try_lock(descriptor: int) -> bool | None:
    """Lock what `descriptor` is open on, until it is closed: whether that could be had at once.

    Where the file system cannot lock, a file of this machine stands in (`local_lock`), on which
    `descriptor` is open afterwards; None where that cannot be locked either.
    """
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        from handoff.base import local_lock

        return local_lock.take_lock(descriptor)
    return True


def _lock(descriptor: int, seconds: float, queue: int) -> bool:
    """Whether the lock could be had (see `base.lock_queue.wait`); if not, `descriptor` is gone."""
    try:
        is_free = try_lock(descriptor) is not False
    except BaseException:
        os.close(descriptor)
        raise
    if not is_free:
        if seconds <= 0:  # a try: nobody is left in the queue to be given the lock later
            os.close(descriptor)
            return False
        from handoff.base import lock_queue

        if not lock_queue.wait(descriptor, seconds, queue * seconds):
            return False
    try:
        os.utime(descriptor)  # tells those who wait that somebody gets on
    except OSError:
        pass  # a folder of somebody else's: they wait as for one who hangs
    return True
