"""The user's editor on a terminal."""

from __future__ import annotations

import os
import shlex
import subprocess
from typing import IO, TYPE_CHECKING

from handoff.base.errors import HandoffError

if TYPE_CHECKING:
    from collections.abc import Mapping


def is_terminal() -> bool:
    """Whether a person can edit here: output goes to a terminal, and there is one to read from."""
    try:
        return os.isatty(1) and os.isatty(2) and os.path.exists(os.ctermid())
    except OSError:
        return False


def edit(path: str, env: Mapping[str, str], again: str = "handoff commit --edit") -> None:
    """Open a file in the user's editor and wait for its end. Raises HandoffError if it fails, which
    names the command that opens it `again`.
    """
    editor = env.get("VISUAL") or env.get("EDITOR") or ("vi" if is_terminal() else "")
    if not editor:
        raise HandoffError(
            "There is no terminal to edit in, and neither $VISUAL nor $EDITOR is set.",
            f"The draft is at {path}; `{again}` in a terminal opens it.",
        )
    try:
        command = [*shlex.split(editor), path]
        with _terminal() as source:
            code = subprocess.run(command, stdin=source, check=False).returncode
    except (OSError, ValueError) as error:
        raise HandoffError(f"The editor {editor!r} cannot be started: {error}.") from None
    if code:
        raise HandoffError(
            f"The editor {editor!r} exited with code {code}; nothing was committed.",
            f"The draft stays at {path}.",
        )


def _terminal() -> IO[bytes]:
    try:
        return open("/dev/tty", "rb") if is_terminal() else open(os.devnull, "rb")
    except OSError:
        return open(os.devnull, "rb")
