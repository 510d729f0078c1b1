"""A lock that many want: who waits goes on waiting while the others get on, and not for ever."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from handoff.base import lock_queue, locks
from handoff.base.errors import HandoffError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LIMIT = 30.0  # seconds of a clock that goes on by one whenever it is read


class Clock:
    """A clock for `lock_queue`; at each reading something happens."""

    def __init__(self, happens: Callable[[int], object]) -> None:
        self.count = 0
        self._happens = happens

    def monotonic(self) -> float:
        self.count += 1
        self._happens(self.count)
        return float(self.count)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    lock_file = tmp_path / "lock"
    lock_file.touch()
    return lock_file


def lock(path: Path) -> int:
    descriptor = os.open(path, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    return descriptor


def set_clock(monkeypatch: pytest.MonkeyPatch, happens: Callable[[int], object]) -> Clock:
    clock = Clock(happens)
    monkeypatch.setattr(lock_queue, "time", clock)
    monkeypatch.setattr(lock_queue, "_LOOK_SECONDS", 0.002)
    return clock


def get_on(path: Path, count: int) -> None:
    """What a new owner does, at a time of its own."""
    os.utime(path, (count, count))


def test_who_waits_is_not_passed_over_while_the_queue_moves(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Others get the lock one after the other, longer than one may keep it: it is waited for."""
    holder = lock(path)

    def happens(count: int) -> None:
        get_on(path, count)
        if count == 3 * LIMIT:
            monkeypatch.setattr(
                lock_queue, "_LOOK_SECONDS", LIMIT
            )  # it must come before the next one
            os.close(holder)

    clock = set_clock(monkeypatch, happens)

    with locks.Lock(str(path), LIMIT), path.open() as other:
        with pytest.raises(BlockingIOError):
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)

    assert clock.count >= 3 * LIMIT


def test_a_queue_that_stands_still_is_left(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that hangs with the lock costs its limit and not more; it is named."""
    holder = lock(path)
    clock = set_clock(monkeypatch, lambda _: None)

    with pytest.raises(HandoffError, match=r"lock has been locked .* for over 30 s"):
        with locks.Lock(str(path), LIMIT):
            raise AssertionError("the lock was given twice")

    assert clock.count <= LIMIT + 2
    os.close(holder)


def test_a_queue_that_never_ends_is_left(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However much the others get on: the time to wait has an end. A turn goes on without."""
    holder = lock(path.parent)
    clock = set_clock(monkeypatch, lambda count: get_on(path.parent, count))

    with locks.Turn(str(path.parent), LIMIT):
        pass

    assert LIMIT * 8 <= clock.count <= LIMIT * 8 + 2
    os.close(holder)


def test_who_gave_up_takes_nothing_afterwards(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lock that it asked for comes later, when nobody waits: it is let go at once."""
    holder = lock(path)
    with monkeypatch.context() as patch:
        set_clock(patch, lambda _: None)
        with pytest.raises(HandoffError), locks.Lock(str(path), LIMIT):
            raise AssertionError("the lock was given twice")

    os.close(holder)

    with locks.Lock(str(path), 60):
        pass


def test_an_owner_gets_on_in_the_eyes_of_others(path: Path) -> None:
    """Who gets a lock, or a turn, touches what it is on; that is all the others see of it."""
    for what in (path, path.parent):
        os.utime(what, (1, 1))
    with locks.Lock(str(path)), locks.Turn(str(path.parent), 1):
        assert path.stat().st_mtime > 1
        assert path.parent.stat().st_mtime > 1


def test_they_come_one_after_the_other(tmp_path: Path) -> None:
    """Twenty processes that each have the turn ten times: never two at once."""
    script = (
        "import os, sys\n"
        "from handoff.base import locks\n"
        "for _ in range(10):\n"
        "    with locks.Turn(sys.argv[1], 60):\n"
        "        os.close(os.open(sys.argv[1] + '/alone', os.O_CREAT | os.O_EXCL))\n"
        "        os.unlink(sys.argv[1] + '/alone')\n"
    )
    env = {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", script, str(tmp_path)]
    running = [subprocess.Popen(command, env=env) for _ in range(20)]

    assert [process.wait(120) for process in running] == [0] * 20
