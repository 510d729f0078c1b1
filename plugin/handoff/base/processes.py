"""Whether a process runs, by its number alone. Hot: the hooks ask it of a session's client.

A number is used again: who must know that it is the same process keeps its mark
(`process.identity`).
"""

from __future__ import annotations

import os


def is_running(pid: int) -> bool:
    """Whether a process of that number runs, whoever it belongs to."""
    if pid <= 0:
        return False  # a group, or everybody
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        pass  # it is there, and somebody else's
    return True
