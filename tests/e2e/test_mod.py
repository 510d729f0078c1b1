"""The mod on the real client: the meter above the prompt, and the commands without a prefix."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from handoff.runtime import Runtime
from handoff.status import status_line_install

from .harness import until
from .model import REPORTED, Model, says
from .session import log, open_briefs

if TYPE_CHECKING:
    from handoff.demo.api import Reply, Request

    from .harness import Terminal, World

GREY, YELLOW, RED = "\x1b[38;5;246m", "\x1b[38;5;220m", "\x1b[38;5;211m"  # of its dark theme


def meter(terminal: Terminal) -> str:
    """The line above the prompt, with its colours, up to the client's `[-]`."""
    lines = terminal.coloured_screen().splitlines()
    return next((line.partition("[-]")[0] for line in lines if "[-]" in line), "")


def colour(terminal: Terminal) -> str:
    """The colour of that line. tmux names one only where it changes: it may stand rows above."""
    before = terminal.coloured_screen().partition("[-]")[0].rpartition("context")[0]
    return next(iter(reversed(re.findall(r"\x1b\[[0-9;]*m", before))), "")


@pytest.mark.smoke
def test_the_meter_and_the_bare_commands(world: World) -> None:
    """One session on its way up: the client's own figures, in colours; what a person
    types changes it at once; the bare /handoff writes for its goal, and a toast tells of it.
    """
    answers = [says(f"Answer {n}.", size) for n, size in enumerate((30_000, 150_000, 205_000), 1)]
    model = Model(*answers, tokens=206_000)
    with world.serve(model), world.terminal() as terminal:
        terminal.ready()
        terminal.submit("first things first")
        terminal.wait_for(r"^█░░░░░│░░░ context 30k · \$0\.01 +\[-\]$")
        assert colour(terminal) == GREY

        terminal.submit("and then")
        terminal.wait_for(r"^███████░░░ context 150k · brief at 200k · \$0\.04 +\[-\]$")
        assert colour(terminal) == YELLOW

        terminal.submit("/handoff later")
        terminal.wait_for(r"Raised the handoff threshold by a tenth: now 220k tokens\.")
        terminal.wait_for(r" · brief at 220k · \$\S+ +\[-\]$")
        terminal.submit("/handoff notify")
        terminal.wait_for(r"Mode notify in this session")
        terminal.wait_for(r" · reminder at 220k · \$\S+ +\[-\]$")
        terminal.submit("and more")
        terminal.wait_for(r"context 205k · reminder at 220k")
        assert not model.asked
        assert not open_briefs(world)

        terminal.submit("/handoff make the receipt faster")
        terminal.wait_for(r"brief “List every price on the receipt”")
        assert "can continue. make the receipt faster" in model.asked[0].new_text
        terminal.wait_for(r"The brief is written")
        (brief,) = open_briefs(world)

        world.configure("meter: false\n")
        terminal.submit("/handoffs")
        terminal.wait_for(rf"{brief.stem[-4:]}\s+(open|claimed)")
        terminal.submit(f"/pickup {brief.stem}")
        terminal.wait_for(r"/handoff:pickup 2")
        assert until(lambda: not meter(terminal), 20)
    assert log(world) == ""


class Brief(Model):
    """Writes one brief, whatever is in later requests: a compaction brings the order back."""

    def __call__(self, request: Request, index: int) -> Reply:
        if self.asked and REPORTED not in request.new_text:
            return self.replies.pop(0)
        return super().__call__(request, index)


def test_two_lines_say_the_same(world: World) -> None:
    """The line above the prompt and the status line, from the first answer over a brief, a
    compaction and a /clear: the same words each time, and never an old figure.
    """
    status_line_install.install(Runtime(world.basic_env, full=True), str(world.project))
    sizes = (30_000, 98_000, 150_000, 205_000, 215_000, 9_000, 12_000)
    model = Brief(*(says(f"Answer {n}.", size) for n, size in enumerate(sizes, 1)))

    def both(text: str) -> None:
        pattern = re.compile(rf"^\s*{text}(?= · \$|\s|$)", re.MULTILINE)
        found = until(lambda: len(pattern.findall(terminal.screen())) == 2, 20)
        assert found, f"not twice {text!r}:\n{terminal.screen()}"

    with world.serve(model), world.terminal() as terminal:
        terminal.ready()
        for prompt, line in [
            ("one", "█░░░░░│░░░ context 30k"),
            ("two", "████░░│░░░ context 98k · warning at 120k"),
            ("three", "███████░░░ context 150k · brief at 200k"),
            ("four", "██████████ context 206k, over 200k · brief written, run /clear"),
            ("five", "██████████ context 215k, over 200k · brief written, run /clear"),
        ]:
            terminal.submit(prompt)
            both(line)
        assert colour(terminal) == RED
        terminal.submit("/compact")
        both("context not counted yet")
        assert "215k" not in terminal.screen().rpartition("Compacted")[2]
        terminal.submit("six")
        both("░░░░░░│░░░ context 9k")
        terminal.submit("/clear")
        terminal.wait_for("picked up")
        assert until(lambda: "context" not in terminal.screen(), 10), terminal.screen()
        terminal.submit("seven")
        both("░░░░░░│░░░ context 12k")
    assert log(world) == ""
