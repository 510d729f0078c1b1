"""A usage cap in a queue: what keeps tasks from being begun, and what an earlier start left."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING

from handoff.loops import queue_journal
from handoff.loops.queue_caps import QueueCaps
from handoff.loops.session import Session
from handoff.loops.wait_for_caps import CapWaits, Waiting
from handoff.process.signals import StopSignal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from handoff.session.cap_resets import Cap

NOW, HOUR = 1_796_095_200.0, 3600.0


class Clock:
    """It moves on with each wait, at once to the end."""

    def __init__(self) -> None:
        self.now = NOW
        self.waits = 0

    @contextlib.contextmanager
    def screen(self, _: Cap) -> Iterator[Callable[[float], bool]]:
        def wait(left: float) -> bool:
            self.now += left
            return False

        self.waits += 1
        yield wait


def capped(name: str, resets_at: float, began: float = NOW) -> Session:
    session = Session(name, "t", "b", "/r", began, verdict="cap", cap="five_hour")
    return replace(session, resets_at=resets_at)


def queue(home: Path, clock: Clock, allowed: int) -> QueueCaps:
    journal = queue_journal.Journal(str(home), "repo")
    how = Waiting(clock.screen, StopSignal(), lambda _: None, lambda: clock.now, 0.0)
    caps = QueueCaps(journal, allowed, how)
    with journal:
        caps.load()
    return caps


def journal_waits(home: Path) -> CapWaits:
    return queue_journal.Journal(str(home), "repo").waits()


def test_several_sessions_one_window(tmp_path: Path) -> None:
    """Sessions side by side run into the same cap: one wait, until the last reset."""
    clock = Clock()
    caps = queue(tmp_path, clock, 1)
    for number in range(3):
        caps.note(capped(f"s{number}", NOW + HOUR + number))
    assert caps.cap is not None
    assert caps.cap.resets_at == NOW + HOUR + 2
    assert caps.wait()
    assert clock.waits == 1
    assert clock.now > NOW + HOUR + 2
    caps.note(capped("late", NOW + HOUR))  # it began before the reset
    assert caps.cap is None
    caps.note(capped("next", NOW + 6 * HOUR, clock.now + 1))
    assert not caps.wait()  # one window was allowed
    assert caps.cap is not None


def test_without_the_option(tmp_path: Path) -> None:
    clock = Clock()
    caps = queue(tmp_path, clock, 0)
    caps.note(replace(capped("s", NOW + HOUR), verdict="changed"))
    assert caps.wait()
    caps.note(capped("s", NOW + HOUR))
    assert not caps.wait()
    assert clock.waits == 0


def test_after_a_kill(tmp_path: Path) -> None:
    """The wait is taken up from the journal, and the count with it; a run that ends by itself
    leaves none to the next.
    """
    clock = Clock()
    journal = queue_journal.Journal(str(tmp_path), "repo")
    with journal:
        journal.put(capped("s", NOW + HOUR))
        journal.put_waits(CapWaits(1, 1, NOW + HOUR))
    caps = queue(tmp_path, clock, 1)
    assert caps.wait()
    assert (clock.waits, journal_waits(tmp_path).used) == (1, 1)
    assert [one.session for one in journal.sessions()] == ["s"]
    caps.close()
    assert journal_waits(tmp_path) == CapWaits()

    with journal:
        journal.put_waits(CapWaits(1, 1, NOW - 30 * HOUR))  # killed long ago
    later = queue(tmp_path, clock, 1)
    later.note(capped("n", clock.now + HOUR, clock.now))
    assert later.wait()
