"""The countdown on a terminal of its own: `q` ends it, and the terminal is left as it was."""

from __future__ import annotations

import io
import signal
import sys
import termios
import tty

import pytest

from handoff.cli.views import countdown
from handoff.cli.views.progress import StatusLine
from handoff.session.cap_resets import Cap
from support.own_terminal import OwnTerminal

CHILD = """
import time
from handoff.cli.views import countdown
from handoff.cli.views.progress import StatusLine
from handoff.loops import wait_for_caps
from handoff.loops.session import Session
from handoff.process.signals import StopSignal

session = Session("s", "t", "b", "/r", 1.0, verdict="cap", cap="five_hour",
                  resets_at=time.time() + 4320)
with StopSignal() as stopping, StatusLine() as line:
    how = wait_for_caps.Waiting(countdown.make_screen(line, print), stopping, print)
    waits = wait_for_caps.CapWaits(1)
    end = wait_for_caps.wait_out(waits, session, lambda _: None, how)
print("the end:", end)
"""


@pytest.mark.parametrize("how", ["q", "SIGINT", "SIGTERM"])
def test_it_ends_and_leaves_the_terminal_as_it_was(how: str) -> None:
    with OwnTerminal() as terminal:
        before = termios.tcgetattr(terminal.theirs)
        child = terminal.begin(CHILD)
        shown = terminal.read_until(b"to stop.")
        assert b"Waiting for the 5-hour cap to reset at " in shown
        assert b": 1 h 12 min left. Press q to stop." in shown
        if how == "q":
            terminal.press(b"xq")
        else:
            child.send_signal(signal.Signals[how])
        terminal.read_until(b"the end: stopped")
        assert child.wait(30) == 0
        assert termios.tcgetattr(terminal.theirs)[tty.LFLAG] & termios.ICANON
        assert termios.tcgetattr(terminal.theirs) == before


def test_without_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """One line, and nothing is read."""
    told: list[str] = []
    monkeypatch.setattr(sys, "stdin", io.StringIO("q"))
    with StatusLine(quiet=True) as line:
        screen = countdown.make_screen(line, told.append)
        with screen(Cap("seven_day", 1.0)) as wait:
            assert not wait(0.0)
            assert not wait(0.0)
    assert len(told) == 1
    assert told[0].startswith("Waiting for the 7-day cap to reset at ")
    with countdown.read_keys() as has_stopped:
        assert has_stopped is None
