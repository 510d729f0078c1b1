"""A process is told by its number and its start: the number alone is used again."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from handoff.base import processes
from support.waiting import until


def test_the_start_tells_a_process_from_a_later_one_of_its_number() -> None:
    """Also from one that is over and was not waited for."""
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    start = processes.read_start(child.pid)
    assert start not in ("", processes.read_start(os.getpid()))
    assert processes.is_running(child.pid, start)
    assert not processes.is_running(os.getpid(), start)

    child.kill()
    assert until(lambda: not processes.is_running(child.pid, start))  # a zombie
    assert processes.is_running(child.pid, "")
    child.communicate()
    assert not processes.is_running(child.pid, "")


@pytest.mark.parametrize("pid", [0, -1, 2**70])
def test_what_is_no_number_of_a_process(pid: int) -> None:
    """Nothing runs under it, and no group of processes is asked."""
    assert not processes.exists(pid)
    assert not processes.is_running(pid, "")
    assert not processes.is_running(pid, "any")


def test_without_proc_the_number_alone_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    """A start that was written down elsewhere does not make a running process one that is over."""
    monkeypatch.setattr(processes, "HAS_PROC", False)
    assert processes.is_running(os.getpid(), "another boot 12")


def test_a_number_alone_is_no_group_and_no_absurd_one() -> None:
    """What `kill` takes for a group, or for everybody, is no process."""
    assert processes.exists(1)
    assert not any(processes.exists(pid) for pid in (0, -1, 2**70))
