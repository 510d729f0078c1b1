"""The line that says how far a session is, and what is printed while it is shown."""

from __future__ import annotations

import io

import pytest

from handoff.cli.views.progress import StatusLine
from handoff.launch.progress import Progress

GOING = Progress(65.0, 84_000, 0.3123, 12, "Bash")


class Screen(io.StringIO):
    """A terminal; `lines` is what a person sees on it."""

    def isatty(self) -> bool:
        return True

    @property
    def lines(self) -> list[str]:
        shown, column = [""], 0
        text = self.getvalue()
        while text:
            if text.startswith("\x1b[2K"):
                shown[-1], text = "", text[4:]
            elif text[0] == "\r":
                column, text = 0, text[1:]
            elif text[0] == "\n":
                column, text = 0, text[1:]
                shown.append("")
            else:
                shown[-1] = shown[-1][:column] + text[0] + shown[-1][column + 1 :]
                column, text = column + 1, text[1:]
        return shown


@pytest.fixture(autouse=True)
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "60")


def test_one_line_is_written_over() -> None:
    """It shows the last state only, and is gone at the end."""
    screen = Screen()
    with StatusLine(stream=screen) as line:
        line.show("4dbe", Progress(3.0))
        line.show("4dbe", GOING)
        assert screen.lines == ["4dbe  1:05  $0.31  context 84k  12 turns  Bash"]
    assert screen.lines == [""]


def test_what_is_printed_stays_above() -> None:
    """No text runs into the line, neither before nor after it."""
    screen = Screen()
    with StatusLine(stream=screen) as line:
        tell = line.above(lambda text: screen.write(f"{text}\n"))
        line.show("4dbe", GOING)
        tell("a note")
        assert screen.lines == ["a note", ""]
        line.show("4dbe", GOING)
        tell("another")
    assert screen.lines == ["a note", "another", ""]


def test_it_goes_when_it_is_broken_off() -> None:
    """Ctrl-C leaves nothing of it."""
    screen = Screen()
    with pytest.raises(KeyboardInterrupt), StatusLine(stream=screen) as line:
        line.show("4dbe", GOING)
        raise KeyboardInterrupt
    assert screen.lines == [""]


@pytest.mark.parametrize("width", ["12", "20", "30", "44"])
def test_a_narrow_terminal(width: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It never fills the last column, where it would wrap; the time stays."""
    monkeypatch.setenv("COLUMNS", width)
    screen = Screen()
    with StatusLine(stream=screen) as line:
        line.show("session 2", GOING)
        (shown,) = screen.lines
    assert len(shown) < int(width)
    assert "1:05" in shown


def test_nobody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipe, a quiet command and a terminal that cannot move its cursor get nothing."""
    pipe, screen = io.StringIO(), Screen()
    monkeypatch.setenv("TERM", "dumb")
    for line in (StatusLine(stream=pipe), StatusLine(stream=screen, quiet=True),
                 StatusLine(stream=screen)):  # fmt: skip
        with line:
            assert line.is_off
            line.show("4dbe", GOING)
    assert (pipe.getvalue(), screen.getvalue()) == ("", "")


def test_a_terminal_that_was_closed() -> None:
    """It stops nothing: the session would go on with nobody to look after it."""

    class Gone(Screen):
        def write(self, text: str) -> int:
            raise OSError(5, "Input/output error", text)

    with StatusLine(stream=Gone()) as line:
        line.show("4dbe", GOING)
        assert line.is_off
