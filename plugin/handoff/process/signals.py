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

_SECONDS = 10.0  # for a program that was asked to end, before it is killed


class Told(BaseException):
    """We are told to end, by the signal `number`."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class Hearing:
    """Whether we were told to end; once it `listens`, that raises Told."""

    def __init__(self) -> None:
        self._told = 0
        self._listens = False

    def listen(self) -> None:
        """Raise Told from now on, and at once where we were told before: not while a program is
        being started, which nobody would know then.
        """
        self._listens = True
        if self._told:
            raise Told(self._told)

    def hear(self, number: int, _: object) -> None:
        """The signals' handler."""
        self._told = number
        if self._listens:
            raise Told(number)


@contextlib.contextmanager
def told() -> Iterator[Hearing]:
    """Inside, SIGINT, SIGTERM and SIGHUP are heard; a Told that comes out is SystemExit. A signal
    that is ignored (nohup) stays so. Signals are the main thread's: in another nothing changes.
    """
    hearing = Hearing()
    if threading.current_thread() is not threading.main_thread():
        yield hearing
        return
    usual = (signal.SIG_DFL, signal.default_int_handler)
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {n: signal.getsignal(n) for n in numbers if signal.getsignal(n) in usual}
    try:
        for number in before:
            signal.signal(number, hearing.hear)
        yield hearing
    except Told as stop:
        raise SystemExit(128 + stop.number) from None
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def end(process: subprocess.Popen[str], *, is_asked: bool) -> str:
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
    except (subprocess.TimeoutExpired, Told):
        process.kill()
        process.wait()
        return ""


class Stopping:
    """In its `with`, `asked` becomes true at the first signal; the second raises KeyboardInterrupt.

    A signal that is ignored (`nohup`) stays ignored. For the main thread.
    """

    def __init__(self) -> None:
        self.asked = False
        self._at_once = False
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Stopping:
        for number in _SIGNALS:
            if signal.getsignal(number) != signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._hear)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    @contextlib.contextmanager
    def at_once(self) -> Iterator[None]:
        """The first signal raises too: for what may be broken off anywhere."""
        self._at_once = True
        try:
            if self.asked:
                raise KeyboardInterrupt
            yield
        finally:
            self._at_once = False

    def _hear(self, *_: object) -> None:
        was_asked, self.asked = self.asked, True
        if was_asked or self._at_once:
            raise KeyboardInterrupt
