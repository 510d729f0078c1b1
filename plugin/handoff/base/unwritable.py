"""Where this process may not write, and what a person does about it.

In a session's shell that is mostly the client's sandbox (`sandbox.enabled`): it leaves commands the
project alone, and the state directory lies outside of it.
"""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

from handoff.base import paths
from handoff.base.errors import HandoffError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

REASON = "cannot be written from here"
# What the sandbox of the client sets for its commands (2.1.197, 2.1.330).
_SANDBOXED = "SANDBOX_RUNTIME"
_READ_ONLY = (errno.EROFS, errno.EACCES, errno.EPERM)


def find_first(folders: Iterable[str]) -> str:
    """The first of these folders in which nothing can be made or changed, "" if there is none."""
    return next((path for path in folders if not os.access(_nearest(path), os.W_OK)), "")


def find_problem(path: str, env: Mapping[str, str], kept: str = "") -> HandoffError:
    """That `path` cannot be written. `kept` says what becomes of what was sent, if it is kept."""
    if not env.get(_SANDBOXED) and not kept:
        fix = f"Fix its permissions (ls -ld {path})"
        is_state = path == paths.state_home(env)
        elsewhere = ", or set HANDOFF_HOME to another directory" if is_state else ""
        return HandoffError(f"{path} {REASON}.", f"{fix}{elsewhere}.")
    what = f"{path} {REASON}: the client's sandbox keeps it read-only. "
    return HandoffError(
        what + (kept or "Nothing was changed."), f"To allow it, the user can {find_setting(path)}."
    )


def explain(error: OSError, home: str, env: Mapping[str, str]) -> HandoffError | None:
    """What to say of an error that comes of a state directory, or with the client's sandbox of any
    path, that cannot be written; None for another error.
    """
    path = str(error.filename or "")
    if error.errno not in _READ_ONLY or not path:
        return None
    if path == home or path.startswith(home + os.sep):
        return find_problem(home, env)
    return find_problem(path, env) if env.get(_SANDBOXED) else None


def find_setting(path: str) -> str:
    """What a user does, in words, to open a path to commands in the client's sandbox."""
    return f"add {path} to sandbox.filesystem.allowWrite in the client's settings.json"


def _nearest(path: str) -> str:
    """The path, or the nearest folder above it that is there."""
    while not os.path.lexists(path) and os.path.dirname(path) != path:
        path = os.path.dirname(path)
    return path
