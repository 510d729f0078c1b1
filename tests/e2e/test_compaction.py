"""Where the client compacts by itself: what only it knows, and what was only seen."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from .clients import NEWEST, OLDEST
from .harness import until
from .model import Model, says
from .session import PROMPT, handoff, log, open_briefs

if TYPE_CHECKING:
    from .harness import World

WINDOW = 400_000  # by the user's file: the client would compact at 367,000
# What no hook sees comes before that file.
FLAGS = {
    NEWEST: ("--autocompact", "150k"),
    OLDEST: ("--settings", json.dumps({"autoCompactWindow": 150_000})),
}
HAND = ("--model", "claude-opus-4-8", "--allowedTools=Bash")


def status(world: World) -> dict[str, Any]:
    figures = json.loads(handoff(world, "status", "--json"))
    assert isinstance(figures, dict)
    return figures


@pytest.mark.smoke
@pytest.mark.parametrize("client_path", [NEWEST], indirect=True)
def test_the_clients_own_point(world: World) -> None:
    """The mod has it from the client, and the handoff threshold is 70 % of it: a brief is written
    there, though by the settings the client would compact at 367,000.
    """
    (world.config / "settings.json").write_text(json.dumps({"autoCompactWindow": WINDOW}))
    model = Model(says("Begun.", 30_000), says("Well on.", 83_000), tokens=84_000)
    with world.serve(model), world.terminal(*FLAGS[NEWEST], *HAND) as terminal:
        terminal.ready()
        terminal.submit(PROMPT)
        terminal.wait_for(r"Begun\.")
        assert until(lambda: status(world)["auto_compact_at"] == 117_000, 20), status(world)
        assert status(world)["auto_compact_source"] == "client"
        terminal.submit("go on")
        terminal.wait_for(
            r"over the 82k handoff threshold: brief “List every price on the receipt” written", 40
        )

    assert len(open_briefs(world)) == 1
    assert log(world) == ""


@pytest.mark.parametrize("client_path", [OLDEST], indirect=True)
def test_where_it_was_seen_to_compact(world: World) -> None:
    """A client without mods compacts at 118,000 where 367,000 was expected: from then on that is
    the point, and the handoff threshold 70 % of it.
    """
    (world.config / "settings.json").write_text(json.dumps({"autoCompactWindow": WINDOW}))
    replies = (says("Begun.", 30_000), says("Full.", 118_000), says("Compacted.", 20_000))
    model = Model(*replies, says("Well on.", 83_000), tokens=84_000)
    with world.serve(model), world.terminal(*FLAGS[OLDEST], *HAND) as terminal:
        terminal.ready()
        for words in ("Begun", "Full", "Compacted"):
            assert words == "Begun" or status(world)["auto_compact_at"] == 367_000
            terminal.submit(f"until it is {words}")
            terminal.wait_for(rf"● {words}\.", 40)
        assert until(lambda: status(world)["auto_compact_source"] == "observed", 20)
        assert 118_000 <= status(world)["auto_compact_at"] < 119_000
        terminal.submit("go on")
        terminal.wait_for(r"● Well on\.")
        assert until(lambda: bool(model.asked), 20)

    assert log(world) == ""
