"""The mod on the real client: the meter above the prompt, and the commands without a prefix."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from .harness import until
from .model import Model, says
from .session import log, open_briefs

if TYPE_CHECKING:
    from .harness import Terminal, World

GREY_ENDS = "\x1b[39m"  # the client draws dim text in grey


def meter(terminal: Terminal) -> str:
    """The line above the prompt, with its colours, up to the client's `[-]`."""
    lines = terminal.coloured_screen().splitlines()
    return next((line.partition("[-]")[0] for line in lines if "[-]" in line), "")


@pytest.mark.smoke
def test_the_meter_and_the_bare_commands(world: World) -> None:
    """One session on its way up: the client's own figures, dim while there is time; what a person
    types changes it at once; the bare /handoff writes for its goal, and a toast tells of it.
    """
    answers = [says(f"Answer {n}.", size) for n, size in enumerate((30_000, 150_000, 205_000), 1)]
    model = Model(*answers, tokens=206_000)
    with world.serve(model), world.terminal() as terminal:
        terminal.ready()
        terminal.submit("first things first")
        terminal.wait_for(r"^30k of 1M \(3 %\) · \$0\.01 +\[-\]$")
        assert GREY_ENDS in meter(terminal)[1:]

        terminal.submit("and then")
        terminal.wait_for(r"^██│░░░░░░░ 150k of 1M \(15 %\) · \$0\.04 · brief at 200k +\[-\]$")
        assert GREY_ENDS not in meter(terminal)[1:]

        terminal.submit("/handoff later")
        terminal.wait_for(r"the handoff threshold is a tenth higher, once: at 220k tokens\.")
        terminal.wait_for(r" · brief at 220k +\[-\]$")
        terminal.submit("/handoff notify")
        terminal.wait_for(r"mode notify in this session")
        terminal.wait_for(r" · told at 220k +\[-\]$")
        terminal.submit("and more")
        terminal.wait_for(r"205k of 1M \(21 %\) .* told at 220k")
        assert not model.asked
        assert not open_briefs(world)

        terminal.submit("/handoff make the receipt faster")
        terminal.wait_for(r"brief “List every price on the receipt”")
        assert "can go on. make the receipt faster" in model.asked[0].new_text
        terminal.wait_for(r"The brief is written")
        (brief,) = open_briefs(world)

        world.configure("meter: false\n")
        terminal.submit("/handoffs")
        terminal.wait_for(re.escape(brief.stem))
        terminal.submit(f"/pickup {brief.stem}")
        terminal.wait_for(r"/handoff:pickup 2")
        assert until(lambda: not meter(terminal), 20)
    assert log(world) == ""
