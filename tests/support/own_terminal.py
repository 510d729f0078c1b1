"""A program with a terminal of its own, which it is the foreground of."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import termios

from support.paths import ROOT


class OwnTerminal:
    """Use it with `with`. `theirs` is the program's side of the terminal."""

    def __init__(self) -> None:
        self._ours, self.theirs = os.openpty()

    def __enter__(self) -> OwnTerminal:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._ours)
        os.close(self.theirs)

    def begin(self, code: str, *arguments: str) -> subprocess.Popen[bytes]:
        """Start Python code on it."""
        more = {"PYTHONPATH": str(ROOT / "plugin"), "TERM": "xterm", "COLUMNS": "100"}
        return subprocess.Popen(
            [sys.executable, "-c", code, *arguments],
            env={**os.environ, **more},
            stdin=self.theirs,
            stdout=self.theirs,
            stderr=self.theirs,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(self.theirs, termios.TIOCSCTTY, 0),  # noqa: PLW1509
        )

    def press(self, keys: bytes) -> None:
        os.write(self._ours, keys)

    def read_until(self, words: bytes) -> bytes:
        """What was printed until then."""
        text = b""
        while words not in text:
            text += os.read(self._ours, 4096)
        return text
