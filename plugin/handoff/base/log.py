"""The log: what went wrong in a hook, where nobody may be disturbed, and the report of a bug.

`<state>/log/handoff.log`, at most two files of 512 kB. Writing it can never raise.
"""

from __future__ import annotations

import os
import sys
import time

from handoff import __version__
from handoff.base import visible_text
from handoff.base.errors import describe_shortage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

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
    entry = f"{stamp} [{where}] {visible_text.escape(message.rstrip())}\n"
    try:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        _rotate(path)
        with open(path, "a", encoding="utf-8", errors="replace") as file:
            file.write(entry)
    except OSError:
        return ""  # a log that cannot be written must not be the thing that breaks a session
    return path


def note_bug(home: str, where: str, clean: Callable[[str], str] | None = None) -> str:
    """Append the exception in flight with its traceback and the versions; returns the path.

    `clean` takes secrets out of what the exception says. Without it, or where it fails, only the
    kind of the exception, the system's words and the places in the code are kept. Where the machine
    ran short of something, that is said instead: it is no bug.
    """
    error = sys.exc_info()[1]
    short = describe_shortage(error) if error else ""
    if short:
        return note(home, where, f"{short} ({type(error).__name__})")
    import traceback

    versions = f"handoff {__version__}, python {sys.version.split()[0]}, {sys.platform}"
    trace = error.__traceback__ if error else None
    reason = f": {error.strerror}" if isinstance(error, OSError) else ""
    text = "".join([*traceback.format_tb(trace), type(error).__name__, reason])
    if clean is not None:
        try:
            text = clean(traceback.format_exc())
        except Exception:  # noqa: BLE001, S110 - the text without the message is there already
            pass
    return note(home, where, f"{versions}\n{text}")


def _rotate(path: str) -> None:
    try:
        if os.path.getsize(path) > _LIMIT_BYTES:
            os.replace(path, path + ".1")
    except FileNotFoundError:
        pass
