"""The log: what went wrong in a hook, where nobody may be disturbed, and the report of a bug.

`<state>/log/handoff.log`, at most two files of 512 kB. Writing it can never raise.
"""

from __future__ import annotations

import os
import sys
import time

from handoff import __version__, visible

_LIMIT_BYTES = 512 * 1024


def log_file(home: str) -> str:
    """Where the log of this state directory is."""
    return os.path.join(home, "log", "handoff.log")


def note(home: str, where: str, message: str) -> str:
    """Append one entry; returns the log's path, "" if it could not be written.

    `where` names the command or hook. What a terminal would obey is escaped.
    """
    path = log_file(home)
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    entry = f"{stamp} [{where}] {visible.escape(message.rstrip())}\n"
    try:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        _rotate(path)
        with open(path, "a", encoding="utf-8", errors="replace") as file:
            file.write(entry)
    except OSError:
        return ""  # a log that cannot be written must not be the thing that breaks a session
    return path


def note_bug(home: str, where: str) -> str:
    """Append the exception in flight with its traceback and the versions; returns the path."""
    import traceback

    versions = f"handoff {__version__}, python {sys.version.split()[0]}, {sys.platform}"
    return note(home, where, f"{versions}\n{traceback.format_exc()}")


def _rotate(path: str) -> None:
    try:
        if os.path.getsize(path) > _LIMIT_BYTES:
            os.replace(path, path + ".1")
    except FileNotFoundError:
        pass
