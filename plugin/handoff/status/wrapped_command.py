"""The user's own status line command, run as the client would run it, and never waited for long.

Hot path, so without `subprocess`: importing it takes as long as all the rest of a status line.
"""

from __future__ import annotations

import os
import select
import signal
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

SECONDS = 2.0
_SHELL = "/bin/sh"  # both clients: `/bin/sh -c COMMAND`, in the session's directory
_MAX_BYTES = 64 * 1024
_POLL_SECONDS = 0.005


class Wrapped:
    """A command that has been started with `given` on its stdin.

    It gets a process group of its own: when it takes too long, or the client ends us (it does when
    newer figures come in), all of it is killed.
    """

    def __init__(self, command: str, given: bytes, env: Mapping[str, str]) -> None:
        self.is_slow = False
        self._deadline = time.monotonic() + SECONDS
        self._rest = given
        self._pid = 0
        signal.signal(signal.SIGTERM, self._on_signal)
        # Not between the child's start and our knowing its number: nobody would end it then.
        signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGTERM,))
        reading, self._stdin = os.pipe()
        self._stdout, writing = os.pipe()
        try:
            actions: list[tuple[Any, ...]] = [
                (os.POSIX_SPAWN_DUP2, reading, 0),
                (os.POSIX_SPAWN_DUP2, writing, 1),
                (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
            ]
            self._pid = os.posix_spawn(
                _SHELL,
                [_SHELL, "-c", command],
                env,
                file_actions=actions,
                setpgroup=0,
                setsigmask=(),
                setsigdef=[signal.SIGPIPE],  # Python ignores it, and a child would too
            )
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGTERM,))
            os.close(reading)
            os.close(writing)
        os.set_blocking(self._stdin, False)
        self._feed()

    def output(self) -> bytes:
        """All that it printed; nothing if it failed, as in the client, or took too long."""
        printed = self._read()
        if printed is not None and self._has_succeeded():
            return printed
        return b""

    def _read(self) -> bytes | None:
        """Everything up to the end of its output; None when the time was up before."""
        printed = bytearray()
        while True:
            left = self._deadline - time.monotonic()
            writers = [self._stdin] if self._rest else []
            ready = select.select([self._stdout], writers, [], max(0.0, left))
            if ready[1]:
                self._feed()
            if ready[0]:
                chunk = os.read(self._stdout, _MAX_BYTES)
                if not chunk:
                    return bytes(printed)
                printed += chunk[: _MAX_BYTES - len(printed)]
            if left <= 0:
                self._give_up()
                return None

    def _has_succeeded(self) -> bool:
        """Wait for its end, within the time."""
        while True:
            pid, status = os.waitpid(self._pid, os.WNOHANG)
            if pid:
                return status == 0
            if time.monotonic() > self._deadline:
                self._give_up()
                return False
            time.sleep(_POLL_SECONDS)

    def _feed(self) -> None:
        """Write what fits of its stdin, and close it after the last byte."""
        try:
            self._rest = self._rest[os.write(self._stdin, self._rest) :] if self._rest else b""
        except BlockingIOError:
            return
        except OSError:
            self._rest = b""  # it does not want its stdin
        if not self._rest:
            os.close(self._stdin)

    def _give_up(self) -> None:
        self.is_slow = True
        self._kill()
        os.waitpid(self._pid, 0)

    def _kill(self) -> None:
        try:
            os.killpg(self._pid, signal.SIGKILL)
        except OSError:
            pass  # it has ended by itself

    def _on_signal(self, *_: object) -> None:
        if self._pid:
            self._kill()
        os._exit(0)
