"""The gate on the real client: past the hard limit a brief comes first, and the run goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .clients import both_clients
from .harness import HANDS_FREE, World
from .model import REPORTED, Model, runs, says
from .session import PROMPT, log, open_briefs

if TYPE_CHECKING:
    from handoff.demo.api import Reply, Request

# The client compacts at 67,000 tokens then; nothing happens at lower lines.
SMALL = {"CLAUDE_CODE_AUTO_COMPACT_WINDOW": "100000"}
LATE = "thresholds: {warn: {context: null}, handoff: {context: null}}\n"


class GoesOn(Model):
    """A model that goes on with its work once the brief is written."""

    def __call__(self, request: Request, index: int) -> Reply:
        """As the model does, but for the answer to what `handoff write` reports."""
        if REPORTED in request.new_text and self.replies:
            return self.replies.pop(0)
        return super().__call__(request, index)


def fills() -> list[Reply]:
    """Calls that cycle past the hard limit (67,000 less the largest growth) and end the turn.

    They take their time: the gate is armed beside the turn, and a real model is slower still.
    """
    steps = [20_000, 30_000, 40_000, 50_000, 59_000, 60_000]
    return [*(runs(f"sleep 1; echo {step}", step) for step in steps), says("All done.", 61_000)]


@pytest.mark.smoke
@both_clients
def test_a_call_without_room(world: World) -> None:
    """Inside one long turn of `-p`, past the hard limit, the next call is refused with the way to
    write the brief; the brief is written and committed, and calls run again. The `python3` of the
    PATH is a version manager's that refuses in this project: no hook asks it.
    """
    world.configure(LATE)
    refusing = world.root / "shims" / "python3"
    refusing.parent.mkdir()
    refusing.write_text("#!/bin/sh\necho 'version 3.99 is not installed' >&2\nexit 127\n")
    refusing.chmod(0o755)
    search = f"{refusing.parent}:{world.basic_env['PATH']}"
    model = GoesOn(*fills(), tokens=59_500)
    with world.serve(model) as api:
        done = world.print(PROMPT, *HANDS_FREE, extra_env={**SMALL, "PATH": search})

    assert done.json["result"] == "All done."
    (asked,) = model.asked
    assert "this call was not run" in asked.new_text
    assert "go on with the work" in asked.new_text
    assert not any(request.is_summary for request in api.requests)
    # A run that went on with its work leaves a successor at its end.
    assert len(open_briefs(world)) == 1
    written = [path.read_text() for path in world.project.glob(".handoff/*/*.md")]
    assert sum("trigger: context" in text for text in written) == 1
    assert world.git("status", "--porcelain") == ""
    assert not list((world.state / "gate").glob("*")), "nothing is left behind"
    assert log(world) == ""


@pytest.mark.parametrize("mode", ["notify", "off"])
def test_modes_that_write_nothing_have_no_gate(world: World, mode: str) -> None:
    """Without leave to write no call is refused."""
    world.configure(f"mode: {mode}\n{LATE}")
    model = GoesOn(*fills(), tokens=59_500)
    with world.serve(model):
        done = world.print(PROMPT, *HANDS_FREE, extra_env=SMALL)

    assert done.json["result"] == "All done."
    assert not model.asked


def test_a_client_that_does_not_compact(world: World) -> None:
    """With auto-compaction off the client would refuse the next request at 177,000 tokens, and no
    hook would run: in permission mode `default` the brief is there before, and the user is told.
    """
    world.configure(LATE)
    env = {"DISABLE_AUTO_COMPACT": "1", "CLAUDE_CODE_DISABLE_1M_CONTEXT": "1"}
    # More calls than one past the threshold: which one finds the gate armed is a race.
    steps = [130_000, 140_000, 150_000, 160_000, 169_000, 169_500, 170_000, 170_500]
    model = Model(*(runs(f"sleep 1; echo {step}", step) for step in steps), tokens=171_000)
    with world.serve(model), world.terminal("--allowedTools=Bash", extra_env=env) as terminal:
        terminal.ready()
        terminal.submit(PROMPT)
        terminal.wait_for(r"brief “List every price on the receipt” written, committed as", 40)

    (asked,) = model.asked
    assert "the next request is refused then" in asked.new_text
    assert len(open_briefs(world)) == 1
    assert log(world) == ""
