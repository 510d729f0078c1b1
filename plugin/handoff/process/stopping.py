"""Ctrl-C, SIGTERM and a closed terminal, heard where they can be acted on."""

from __future__ import annotations

import contextlib
import signal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


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
