"""Whether a process of before is still there: its number is used again, its start is not.

Standard library only: `keeper` loads this before the session's program takes its place.
"""

from __future__ import annotations

import os
import subprocess

from handoff.base import paths, processes

_PS_SECONDS = 10.0
_GONE = ("Z", "X")
LOOK_SECONDS = 0.0 if processes.HAS_PROC else 1.0  # `ps` is too dear to run all the time


def read_mark(pid: int) -> str:
    """What tells the process of this number from a later one; "" when there is none, or it is over.

    It is the same before and after an exec. A zombie is over: in a container nobody may reap it.
    """
    return processes.read_start(pid) if processes.HAS_PROC else _by_ps(pid)


def is_there(pid: int, marked: str) -> bool:
    """Whether the process that `mark` was taken of still runs."""
    return bool(marked) and read_mark(pid) == marked


def _by_ps(pid: int) -> str:
    """On systems without /proc: the second in which it started."""
    try:
        done = subprocess.run(
            ["ps", "-o", "stat=", "-o", "lstart=", "-p", str(pid)],
            env={"PATH": paths.program_path(os.environ), "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_PS_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    state, _, started = done.stdout.strip().partition(" ")
    return started.strip() if state[:1] not in ("", *_GONE) else ""
