"""Whether a process that was written down still runs: its number is used again, its start is not.

Standard library only, and as little of it as possible: the hooks load this.
"""

from __future__ import annotations

import os

_BOOT = "/proc/sys/kernel/random/boot_id"
_START_FIELD = 19  # of /proc/<pid>/stat, counted from the state, which is behind the program's name
_OVER = (b"Z", b"X")
HAS_PROC = os.path.isdir("/proc/self")


def exists(pid: int) -> bool:
    """Whether a process has this number now, whoever's it is."""
    if pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        pass  # it is there, and somebody else's
    return True


def read_start(pid: int) -> str:
    """What tells the process of this number from a later one: its boot and its start in ticks.

    "" without /proc, without the process, or for one that is over: in a container nobody may reap a
    zombie. It is the same before and after an exec.
    """
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
        with open(_BOOT, "rb") as file:
            boot = file.read().strip()
    except OSError:
        return ""
    if len(fields) <= _START_FIELD or fields[0] in _OVER:
        return ""
    return f"{boot.decode()} {fields[_START_FIELD].decode()}"


def is_running(pid: int, start: str) -> bool:
    """Whether the process of this number runs that `read_start` told the start of; where it told
    none, whether any of this number does.
    """
    return read_start(pid) == start if start and HAS_PROC else exists(pid)
