"""The wait for a usage cap: a line that counts down on a terminal, where `q` ends it; else one line
when it begins.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import termios
import time
import tty
from typing import TYPE_CHECKING

from handoff.base.wording import format_time_left
from handoff.loops import wait_for_caps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from handoff.cli.views.progress import StatusLine
    from handoff.loops.wait_for_caps import Screen
    from handoff.session.cap_resets import Cap

_STOP = b"qQ"


def make_screen(
    line: StatusLine,
    tell: Callable[[str], object],
    paused: Callable[[], AbstractContextManager[object]] = contextlib.nullcontext,
) -> Screen:
    """Where a wait is shown: on the status line, or `tell` is given a line where that is off. In
    the `with` of `paused` nothing else is drawn.
    """

    @contextlib.contextmanager
    def show(cap: Cap) -> Iterator[Callable[[float], bool]]:
        what = f"Waiting for the {cap.name} to reset at "
        what += wait_for_caps.describe_reset(cap, time.time())
        if line.is_off:
            tell(f"{what}.")
            yield wait_for_caps.pause
            return
        with paused(), read_keys() as has_stopped:
            stop = "Press Ctrl-C to stop." if has_stopped is None else "Press q to stop."
            wait_a_moment = has_stopped or wait_for_caps.pause
            shown = ""

            def count_down(left: float) -> bool:
                nonlocal shown
                text = f"{what}: {format_time_left(left)} left. {stop}"
                if text != shown:
                    line.write(text)
                    shown = text
                return wait_a_moment(left)

            try:
                yield count_down
            finally:
                line.clear()

    return show


@contextlib.contextmanager
def read_keys() -> Iterator[Callable[[float], bool] | None]:
    """Read single keys from the terminal on stdin: what is given waits a moment, at most so many
    seconds, and says whether `q` was pressed. None where stdin is no terminal, or not ours: then
    nothing is read. The terminal's modes are put back at the end, whatever ends it.
    """
    descriptor = _terminal()
    if descriptor is None:
        yield None
        return
    before = termios.tcgetattr(descriptor)
    is_open = True

    def has_stopped(left: float) -> bool:
        nonlocal is_open
        if not (is_open and _is_foreground(descriptor)):
            return wait_for_caps.pause(left)
        if termios.tcgetattr(descriptor)[tty.LFLAG] & termios.ICANON:  # at first, and after Ctrl-Z
            tty.setcbreak(descriptor, termios.TCSANOW)
        ready, _, _ = select.select([descriptor], [], [], min(left, wait_for_caps.TURN_SECONDS))
        if not ready:
            return False
        try:
            pressed = os.read(descriptor, 64)
        except OSError:  # the terminal was closed
            pressed = b""
        is_open = bool(pressed)
        return any(key in _STOP for key in pressed)

    try:
        yield has_stopped
    finally:
        _restore(descriptor, before)


def _terminal() -> int | None:
    with contextlib.suppress(OSError, ValueError, AttributeError):
        descriptor = sys.stdin.fileno()
        if os.isatty(descriptor) and _is_foreground(descriptor):
            return descriptor
    return None


def _is_foreground(descriptor: int) -> bool:
    """Whether the terminal is ours: reading it in the background would stop the process."""
    try:
        return os.tcgetpgrp(descriptor) == os.getpgrp()
    except OSError:
        return False


def _restore(descriptor: int, modes: list[object]) -> None:
    """Put the modes back, also from the background, where that would stop the process."""
    heard = signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    try:
        with contextlib.suppress(termios.error, OSError):
            termios.tcsetattr(descriptor, termios.TCSANOW, modes)  # type: ignore[arg-type]
    finally:
        signal.signal(signal.SIGTTOU, heard)
