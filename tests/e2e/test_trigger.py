"""When the handoff threshold waits on the real client: one session, always over it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from handoff.demo.api import Reply, ToolUse, Usage, default_helper

from .harness import until
from .model import Model, calls, runs, says
from .session import PROMPT, asks, handoff, hold, log, mod_says, open_briefs, session_state

if TYPE_CHECKING:
    from handoff.demo.api import Request

    from .harness import World

BUSY = "1 agent of this session still running"
PLANS = "the session is in plan mode"


def test_what_comes_first(world: World) -> None:
    """Nothing is handed over while a subagent works, while the session plans or a plan waits for
    approval, after a turn that was aborted, while somebody types, while another subagent works or
    when its turn ends; it is once all that is over, and `handoff why` has the reasons. A dev server
    that runs all the time holds nothing up; the brief names it.
    """
    aborted, typed, agent, last = (threading.Event() for _ in range(4))
    agents = [threading.Event(), agent]
    task = f"echo http://localhost:5173/; until [ -e {world.root}/end ]; do sleep 0.1; done"
    look = {"description": "Look", "prompt": "Look around", "subagent_type": "general-purpose"}
    model = Model(
        does("Bash", 20_000, command=task, description="Serve", run_in_background=True),
        calls("Agent", 21_000, **look),
        says("They run beside.", 205_000),
        says("It has ended.", 205_100),
        calls("ExitPlanMode", 205_200, plan="# A plan"),
        runs("echo so far", 205_300),
        hold(says("Never seen.", 205_300), aborted),
        hold(says("Answered meanwhile.", 205_400), typed),
        calls("Agent", 205_500, **look),
        says("It looks.", 205_500),
        hold(says("It has looked.", 205_600), last),
    )
    started: list[str] = []

    def helper(request: Request) -> Reply:
        reply = default_helper(request)
        if not request.is_subagent:
            return reply
        started.append(request.text)
        return hold(reply, agents[len(started) - 1])

    def is_asked() -> bool:
        return bool(model.asked) or '"asked_at"' in session_state(world)

    with world.serve(model, helper) as api, world.terminal("--allowedTools=Bash") as terminal:
        terminal.ready()
        terminal.submit(PROMPT)
        wait_for_reason(world, BUSY)
        terminal.wait_for(f"brief waits: {BUSY}")

        terminal.press_until("BTab", "plan mode on")
        agents[0].set()
        wait_for_reason(world, PLANS)
        terminal.ready()
        terminal.submit("make a plan")
        terminal.wait_for(r"Exit plan mode\?")
        assert not is_asked()
        terminal.press_until("Escape", "plan mode on")
        terminal.press_until("BTab", "manual mode on")

        terminal.submit("and this")
        api.wait_for(asks("so far"))
        terminal.press_until("Escape", "Interrupted")
        assert not is_asked()

        terminal.submit("go on then")
        api.wait_for(asks("go on then"))
        terminal.type("half a thought")
        terminal.wait_for("half a thought")
        typed.set()
        held = until(lambda: '"held":"typing"' in mod_says(world), 20)
        assert held, f"{mod_says(world)}\n{session_state(world)}\n{terminal.screen()}"
        terminal.wait_for("brief waits until you are done typing")

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
        (world.root / "end").touch()

    (brief,) = open_briefs(world)
    assert len(model.asked) == 1
    left = brief.read_text().partition("**Left running**")[2]
    assert "echo http://localhost:5173/" in left
    assert "on port 5173 (task " in left
    shown = handoff(world, "why")
    for reason in (BUSY, PLANS, "context 205k, over the 200k handoff threshold"):
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
