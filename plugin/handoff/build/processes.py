"""The processes that a session started, found by a mark in their environment, and ended.

A program in the background keeps its environment when its shell is gone, whatever its parent and
its group are by then (`nohup`, `setsid`, a double fork). One that was started with an emptied
environment, or as another user, is not found.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from handoff.base import paths, plain_text, processes
from handoff.process import identity
from handoff.redact import redact

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MARK = "HANDOFF_SESSION_MARK"
GRACE_SECONDS = 5.0  # from SIGTERM to SIGKILL
_KILL_SECONDS = 2.0  # for the system to take them away
_POLL_SECONDS = 0.02
_LOOKS = 3  # one that has just been started by another is not in the list that is looked at
_PS_SECONDS = 10.0
_NAME_CHARS = 120


@dataclass(frozen=True)
class _Process:
    """A process: `start` tells it from a later one of its number."""

    pid: int
    start: str
    name: str


def end_processes(session: str, grace: float | None = None) -> list[str]:
    """End all processes whose environment has the session's mark, but for this one and those that
    it runs in; their names, as people can read them, without secrets.

    They have `grace` seconds after SIGTERM (None: GRACE_SECONDS). Where neither /proc nor macOS's
    `ps -E` tells the environment of processes, none is found.
    """
    grace = GRACE_SECONDS if grace is None else grace
    seen: dict[tuple[int, str], str] = {}
    told: set[tuple[int, str]] = set()
    began = time.monotonic()
    empty = 0  # looks in a row that found none
    while empty < _LOOKS and (waited := time.monotonic() - began) < grace + _KILL_SECONDS:
        found = list(_find(session))
        empty = 0 if found else empty + 1
        for one in found:
            key = (one.pid, one.start)
            seen.setdefault(key, one.name)
            if waited >= grace:
                _send(one, signal.SIGKILL)
            elif key not in told:
                told.add(key)
                _send(one, signal.SIGTERM)
        if empty < _LOOKS:
            time.sleep(_POLL_SECONDS)
    return list(seen.values())


def has_processes(session: str) -> bool:
    """Whether a process with the session's mark runs."""
    return next(_find(session), None) is not None


def end_group(leader: int, reap: Callable[[], object] = lambda: None) -> None:
    """End a process group, by the number of its leader. `reap` is called until it is gone."""
    for number, seconds in ((signal.SIGTERM, GRACE_SECONDS), (signal.SIGKILL, _KILL_SECONDS)):
        try:
            os.killpg(leader, number)
        except OSError:
            reap()
            return
        deadline = time.monotonic() + seconds
        while is_group_alive(leader) and time.monotonic() < deadline:
            reap()
            time.sleep(_POLL_SECONDS)
    reap()


def is_group_alive(leader: int) -> bool:
    """Whether a process of the group runs; a zombie does not: in a container nobody may reap it."""
    if not processes.HAS_PROC:
        try:
            os.killpg(leader, 0)
        except OSError:
            return False
        return True
    wanted = str(leader).encode()
    return any(
        fields[2] == wanted and fields[0] not in (b"Z", b"X")
        for fields in map(_stat, filter(str.isdigit, os.listdir("/proc")))
        if len(fields) > 2
    )


def _find(session: str) -> Iterator[_Process]:
    """The processes of a session that run now."""
    if processes.HAS_PROC:
        yield from _by_proc(session)
    elif sys.platform == "darwin":
        yield from _by_ps(session)


def _by_proc(session: str) -> Iterator[_Process]:
    wanted = f"{MARK}={session}".encode()
    spared = _with_parents(os.getpid())
    own = os.getuid()
    for name in filter(str.isdigit, os.listdir("/proc")):
        pid = int(name)
        try:
            if pid in spared or os.stat(f"/proc/{name}").st_uid != own:
                continue
            with open(f"/proc/{name}/environ", "rb") as file:
                if wanted not in file.read().split(b"\0"):
                    continue
            with open(f"/proc/{name}/cmdline", "rb") as file:
                words = os.fsdecode(file.read()).rstrip("\0").split("\0")
        except OSError:
            continue  # it has ended, or may not be looked at
        if start := identity.read_mark(pid):
            yield _Process(pid, start, _name(" ".join(words)))


def _with_parents(pid: int) -> set[int]:
    """A process and all those above it."""
    found: set[int] = set()
    while pid > 0 and pid not in found:
        found.add(pid)
        fields = _stat(str(pid))
        pid = int(fields[1]) if len(fields) > 1 else 0
    return found


def _stat(pid: str) -> list[bytes]:
    """The fields of /proc/<pid>/stat behind the program's name: state, parent, group, …"""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()
    except OSError:
        return []


def _by_ps(session: str) -> Iterator[_Process]:
    """The same on macOS, whose `ps -E` prints the environment behind the arguments."""
    listed: dict[int, tuple[int, str]] = {}
    for line in _printed("ps", "-x", "-E", "-ww", "-o", "pid=", "-o", "ppid=", "-o", "command="):
        fields = line.split(None, 2)
        if len(fields) == 3 and fields[0].isdigit() and fields[1].isdigit():
            listed[int(fields[0])] = (int(fields[1]), fields[2])
    spared, pid = set(), os.getpid()
    while pid in listed and pid not in spared:
        spared.add(pid)
        pid = listed[pid][0]
    for pid, (_, text) in listed.items():
        if pid in spared or f"{MARK}={session}" not in text.split():
            continue
        if start := identity.read_mark(pid):
            words = _printed("ps", "-ww", "-o", "command=", "-p", str(pid))
            yield _Process(pid, start, _name(words[0] if words else str(pid)))


def _printed(*command: str) -> list[str]:
    try:
        done = subprocess.run(
            command,
            env={"PATH": paths.program_path(os.environ), "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_PS_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return []
    return os.fsdecode(done.stdout).splitlines()


def _name(arguments: str) -> str:
    text = arguments.encode("utf-8", "replace").decode("utf-8", "replace")
    return plain_text.one_line(redact.redact(text), _NAME_CHARS)


def _send(one: _Process, number: int) -> None:
    if identity.is_there(one.pid, one.start):
        try:
            os.kill(one.pid, number)
        except OSError:
            pass  # it has just ended, or became another user's
