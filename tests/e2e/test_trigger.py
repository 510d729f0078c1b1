"""When the handoff line waits on the real client: one session, over the line all the time."""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING, Any

from handoff.demo.api import Reply, ToolUse, Usage, default_helper

from .harness import until
from .model import Model, calls, runs, says
from .test_guard import session_state
from .test_main_job import PROMPT, asks, log, open_briefs
from .test_relay import handoff, hold, mod_says

if TYPE_CHECKING:
    from handoff.demo.api import Request

    from .harness import Terminal, World

BUSY = "something of this session still runs"
PLANS = "the session only plans"


def test_what_comes_first(world: World) -> None:
    """Nothing is handed over while a background task runs, while the session plans or a plan waits
    for approval, after a turn that was aborted, while somebody types, while a subagent works or
    when its turn ends; it is once all that is over, and `handoff why` has the reasons.
    """
    aborted, typed, agent, last = (threading.Event() for _ in range(4))
    task = f"until [ -e {world.root}/end ]; do sleep 0.1; done"
    look = {"description": "Look", "prompt": "Look around", "subagent_type": "general-purpose"}
    model = Model(
        does("Bash", 20_000, command=task, description="Wait", run_in_background=True),
        says("It runs beside.", 205_000),
        says("It has ended.", 205_100),
        calls("ExitPlanMode", 205_200, plan="# A plan"),
        runs("echo so far", 205_300),
        hold(says("Never seen.", 205_300), aborted),
        hold(says("Answered meanwhile.", 205_400), typed),
        calls("Agent", 205_500, **look),
        says("It looks.", 205_500),
        hold(says("It has looked.", 205_600), last),
    )

    def helper(request: Request) -> Reply:
        reply = default_helper(request)
        return hold(reply, agent) if request.is_subagent else reply

    def is_asked() -> bool:
        return bool(model.asked) or '"asked_at"' in session_state(world)

    with world.serve(model, helper) as api, world.terminal("--allowedTools=Bash") as terminal:
        terminal.ready()
        terminal.submit(PROMPT)
        wait_for_reason(world, BUSY)

        press_until(terminal, "BTab", "plan mode on")
        (world.root / "end").touch()
        wait_for_reason(world, PLANS)
        terminal.ready()
        terminal.submit("make a plan")
        terminal.wait_for(r"Exit plan mode\?")
        assert not is_asked()
        press_until(terminal, "Escape", "plan mode on")
        press_until(terminal, "BTab", "manual mode on")

        terminal.submit("and this")
        api.wait_for(asks("so far"))
        terminal.press("Escape")
        terminal.wait_for("Interrupted")
        assert not is_asked()

        terminal.submit("go on then")
        api.wait_for(asks("go on then"))
        terminal.type("half a thought")
        terminal.wait_for("half a thought")
        typed.set()
        assert until(lambda: '"held":"typing"' in mod_says(world), 20)
        terminal.wait_for("a brief waits until you are done typing")

        terminal.press("C-u")
        terminal.submit("have a look")
        wait_for_reason(world, BUSY, times=2)
        agent.set()
        api.wait_for(asks("<task-notification>"))
        assert '"took":""' in mod_says(world)
        assert not model.asked
        last.set()
        terminal.wait_for(r"brief “List every price on the receipt” written, committed as", 30)
        aborted.set()

    assert len(model.asked) == len(open_briefs(world)) == 1
    shown = handoff(world, "why")
    for reason in (BUSY, PLANS, "the handoff line is passed: context 205k of 200k tokens"):
        assert reason in shown
    assert log(world) == ""


def does(name: str, tokens: int, **arguments: Any) -> Reply:
    """A tool call with arguments of any kind."""
    return Reply("", [ToolUse(name, arguments)], usage=Usage(input=2, cache_read=tokens - 2))


def wait_for_reason(world: World, words: str, *, times: int = 1) -> None:
    """Wait until turns' ends were decided for this reason."""

    def count() -> int:
        return sum(path.read_text().count(words) for path in (world.state / "why").glob("*"))

    assert until(lambda: count() >= times, 20), words


def press_until(terminal: Terminal, key: str, wanted: str) -> None:
    """Press a key, again where a dialog was not ready for it or there is more to cycle through."""
    for _ in range(8):
        terminal.press(key)
        if until(lambda: re.search(wanted, terminal.screen()) is not None, 3):
            return
    terminal.wait_for(wanted, 1)
