"""Other Stop hooks and goals on the real client: whose turn goes on, when a brief is asked for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from handoff.demo.api import Reply, default_helper

from .clients import NEWEST, OLDEST
from .harness import until
from .model import NAMES_THE_COMMAND, Model, calls, says
from .session import NO_BREAKER, PROMPT, log, open_briefs

if TYPE_CHECKING:
    from handoff.demo.api import Request

    from .harness import World

GOES_ON = "Stop hook feedback"
# Blocks the first end of each turn, or while the file `left` holds a number above 0.
ONCE = """import json, sys
if not json.load(sys.stdin)["stop_hook_active"]:
    print(json.dumps({"decision": "block", "reason": "Run the linter"}))
"""
LOOP = """import json, pathlib, sys
left = pathlib.Path(__file__).with_name("left")
number = int(left.read_text())
if number:
    left.write_text(str(number - 1))
    print(json.dumps({"decision": "block", "reason": "Go on with the work"}))
"""


def blocks(world: World, program: str) -> None:
    """Give the user a Stop hook of their own."""
    path = world.root / "block.py"
    path.write_text(program)
    hook = {"type": "command", "command": f"python3 {path}"}
    (world.config / "settings.json").write_text(
        json.dumps({"hooks": {"Stop": [{"hooks": [hook]}]}})
    )


def test_a_hook_that_blocks_each_turn_once(world: World) -> None:
    """The order waits for the turn's real end, the model writes the brief, and auto mode, which
    waits too, goes on with it.
    """
    world.configure(f"mode: auto\nauto: {{countdown_s: 1}}\n{NO_BREAKER}")
    blocks(world, ONCE)
    read = calls("Read", 20_000, file_path=str(world.project / "till" / "receipt.py"))
    linted = [says("Linted.", 206_000), says("Linted again.", 207_000)]
    model = Model(read, says("Done.", 205_000), *linted, says("I go on.", 20_000))
    with world.serve(model), world.terminal() as terminal:
        terminal.ready()
        terminal.submit(PROMPT)
        terminal.wait_for(r"I go on\.", 60)
        assert until(lambda: len(model.sessions) == 2, 20)

    assert len(model.asked) == 1
    assert "can continue" in model.asked[0].new_text
    (brief,) = [*open_briefs(world), *(world.project / ".handoff" / "done").glob("*.md")]
    assert "author: model" in brief.read_text()
    assert log(world) == ""


@pytest.mark.parametrize("client_path", [NEWEST, OLDEST], indirect=True)
def test_a_turn_that_is_made_to_go_on_and_on(world: World) -> None:
    """From 62k to 362k in one turn: the brief is asked for over the threshold, not at its end.

    By a goal that is not met on the newest client, by a hook on the oldest.
    """
    has_mod = NEWEST in str(world.client)
    steps = [says(f"Step {number}.", 62_000 + 50_000 * number) for number in range(7)]
    model = Model(*steps, tokens=262_000)
    if not has_mod:
        blocks(world, LOOP)
        (world.root / "left").write_text("7")

    def judge(request: Request) -> Reply:
        if "stopping condition" not in request.new_text:
            return default_helper(request)
        is_met = not model.replies
        return Reply(json.dumps({"ok": is_met, "reason": "All listed." if is_met else "Not yet."}))

    with world.serve(model, judge) as api, world.terminal() as terminal:
        terminal.ready()
        terminal.submit("/goal every price is on the receipt" if has_mod else PROMPT)
        terminal.wait_for(r"Step 6\.", 60)
        screen = terminal.screen(history=True)

    assert "written, committed as" in " ".join(screen.split())
    assert len(model.asked) == 1
    texts = [request.new_text for request in api.main_requests]
    asked = next(at for at, text in enumerate(texts) if NAMES_THE_COMMAND in text)
    went_on = [at for at, text in enumerate(texts) if GOES_ON in text and at != asked]
    # A loop's hook blocks seven times: its fourth time is beside our words, its fifth behind them.
    assert sum(at < asked for at in went_on) == (4 if has_mod else 3)
    assert any(at > asked for at in went_on)
    (brief,) = open_briefs(world)
    assert "author: model" in brief.read_text()
    assert log(world) == ""
