"""Being told to end while a program runs for us: it is ended first."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_SECONDS = 10.0  # for a program that was asked to end, before it is killed


class Told(BaseException):
    """We are told to end, by the signal `number`."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


@contextlib.contextmanager
def told() -> Iterator[None]:
    """Inside, SIGTERM and SIGHUP raise Told; outside that is SystemExit. A signal that is ignored
    (nohup) stays so. Signals are the main thread's: in another one nothing changes.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def tell(number: int, _: object) -> None:
        raise Told(number)

    numbers = [n for n in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(n) is signal.SIG_DFL]
    try:
        for number in numbers:
            signal.signal(number, tell)
        yield
    except Told as stop:
        raise SystemExit(128 + stop.number) from None
    finally:
        for number in numbers:
            signal.signal(number, signal.SIG_DFL)


def end(process: subprocess.Popen[str], *, is_asked: bool) -> None:
    """Ask the program to end (unless it `is_asked` already) and wait for it; kill it when that
    takes too long, or when we are told a second time.
    """
    try:
        if is_asked:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_SECONDS / 2)
        process.terminate()
        process.wait(_SECONDS)
    except (subprocess.TimeoutExpired, KeyboardInterrupt, Told):
        process.kill()
        process.wait()
