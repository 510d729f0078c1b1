"""Waiting for a lock in a queue: for as long as the queue moves, and not much longer.

The kernel gives a lock to those who block on it in the order in which they asked; who asks again
and again may never get it where many do. The one who gets it touches the file (`locks`), so those
behind know that somebody gets on. Standard library only, and loaded only when there is a queue.
"""

from __future__ import annotations

import _thread
import errno
import fcntl
import os
import time

_LOOK_SECONDS = 0.1


def wait(descriptor: int, seconds: float, most: float) -> bool:
    """Whether the lock on `descriptor` could be had; not when it had no new owner for `seconds`,
    nor after `most` in all.

    If it could not, or anything is raised, the descriptor is not the caller's any more: it is
    closed when the kernel lets go of it. Raises OSError where the file system cannot lock.
    """
    guard, ended = _thread.allocate_lock(), _thread.allocate_lock()
    ended.acquire()
    outcome: list[OSError | None] = []
    given_up = False

    def block() -> None:
        failed: OSError | None = None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        except OSError as error:
            failed = error
        with guard:
            if given_up or failed:
                os.close(descriptor)
            outcome.append(failed)
        ended.release()

    try:
        _thread.start_new_thread(block, ())
    except RuntimeError as error:
        os.close(descriptor)
        raise OSError(errno.EAGAIN, str(error)) from None
    try:
        _look_on(descriptor, ended, seconds, most)
    finally:
        with guard:
            given_up = not outcome
    if outcome and outcome[0]:
        raise outcome[0]
    return not given_up


def _look_on(descriptor: int, ended: _thread.LockType, seconds: float, most: float) -> None:
    """Return when the thread has `ended`, or the time is up."""
    now = moved = time.monotonic()
    end = now + most
    owner = os.fstat(descriptor).st_mtime_ns
    while (left := min(moved + seconds, end) - now) > 0:
        if ended.acquire(timeout=min(left, _LOOK_SECONDS)):
            return
        now = time.monotonic()
        if (seen := os.fstat(descriptor).st_mtime_ns) != owner:
            owner, moved = seen, now
