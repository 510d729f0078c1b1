"""Being told to end while a program runs for us: it is ended first."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_USUAL = (signal.SIG_DFL, signal.default_int_handler)
_SECONDS = 10.0  # for a program that was asked to end, before it is killed


class StopSignal:
    """In its `with`, the first SIGINT, SIGTERM or SIGHUP is noted; the second raises
    KeyboardInterrupt. `number` is that of the last one, 0 before.

    A signal that is ignored (`nohup`), or that somebody else here listens to already, stays as it
    is. Signals are the main thread's: in another nothing changes.
    """

    def __init__(self) -> None:
        self.number = 0
        self._at_once = False
        self._before: dict[signal.Signals, Any] = {}

    @property
    def asked(self) -> bool:
        """Whether we were told to end."""
        return self.number != 0

    def ask(self) -> None:
        """As the first SIGINT does: for a key that means the same."""
        self.number = self.number or signal.SIGINT

    def __enter__(self) -> StopSignal:
        if threading.current_thread() is threading.main_thread():
            for number in _SIGNALS:
                if signal.getsignal(number) in _USUAL:
                    self._before[number] = signal.signal(number, self._hear)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before.clear()

    @contextlib.contextmanager
    def at_once(self) -> Iterator[None]:
        """The first signal raises too, also one of before: for what may be broken off anywhere."""
        self._at_once = True
        try:
            if self.asked:
                raise KeyboardInterrupt
            yield
        finally:
            self._at_once = False

    def _hear(self, number: int, _: object) -> None:
        was_asked, self.number = self.asked, number
        if was_asked or self._at_once:
            raise KeyboardInterrupt


def end_program(process: subprocess.Popen[str], *, is_asked: bool) -> str:
    """Have the program end as Ctrl-C does (unless it `is_asked` already): the client then says what
    it cost, which it does not at SIGTERM. That follows if it takes too long; and SIGKILL at last,
    or when we are told a second time. Returns what it printed, "" if killed.
    """
    try:
        if not is_asked:
            process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            return process.communicate(timeout=_SECONDS / 2)[0]
        process.terminate()
        return process.communicate(timeout=_SECONDS)[0]
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        process.kill()
        process.wait()
        return ""
