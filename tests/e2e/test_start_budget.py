"""Budgets and the way back, with the real client: limits, cost, outcomes, `handoff wait`."""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING, Any

import pytest

from handoff.demo.api import Reply, Usage

from .clients import NEWEST, OLDEST
from .harness import HANDS_FREE, Terminal
from .model import calls, runs, says
from .starter import Ran, Starter, works

if TYPE_CHECKING:
    from .harness import World

TASK = """handoff write --kind task <<'BRIEF'
# Say hello
## Task
Put `hello` into greeting.txt.
## Next step
Write the file.
BRIEF"""


@pytest.fixture
def start(world: World) -> Starter:
    return Starter(world)


def row(start: Starter, brief_id: str) -> dict[str, Any]:
    """The brief in `handoff list --all --json`."""
    rows = start("list", "--all", "--json", env=start.world.basic_env).json
    return next(one for one in rows if one["id"] == brief_id)


@pytest.mark.parametrize(
    ("client_path", "limit", "problem"),
    [
        (NEWEST, ("--budget-usd", "0.1"), "error_max_budget_usd: Reached maximum budget"),
        (OLDEST, ("--max-turns", "2"), "error_max_turns: Reached maximum number of turns"),
    ],
    indirect=["client_path"],
)
def test_over_a_limit(world: World, start: Starter, limit: tuple[str, str], problem: str) -> None:
    """The client stops a run at the brief's own budget or turns. What it did is in a snapshot that
    carries the task on, the cost is the client's own, and the next run goes on from there.
    """
    replies: list[Reply] = []
    half = str(world.project / "half.txt")
    endless = calls("Write", 100_000, file_path=half, content="half\n")
    with world.serve(lambda _, index: replies[index] if index < len(replies) else endless) as api:
        first = start.write(*limit, "--label", "docs")
        stopped = start("start", first, "--print", "--model", "opus", "--json")

        assert stopped.code == 1
        assert problem in stopped.json["problem"]
        assert stopped.json["state"] == "continued"
        assert stopped.json["stopped"] == limit[0].removeprefix("--").partition("-")[0].replace(
            "max", "turns"
        )
        assert 1 < len(api.main_requests) < 40
        second = stopped.json["successor"]
        was, now = row(start, first), row(start, second)
        assert (was["state"], was["cost_usd"]) == ("done", stopped.json["cost_usd"])
        assert (now["state"], now["kind"], now["parent"]) == ("open", "task", first)
        assert (now["author"], now["labels"]) == ("snapshot", ["docs"])
        count = len(api.main_requests)
        replies += [endless] * count + works(start, second)
        done = start("start", second, "--print", "--budget-usd", "5", "--max-turns", "9", "--json")

        given = api.main_requests[count].text
        assert done.code == 0, done.err
        assert done.json["state"] == "finished"
        assert "Put `hello` into greeting.txt." in given
        assert "half.txt" in given
    assert (world.project / "greeting.txt").read_text() == "hello\n"


def test_the_way_back(world: World, start: Starter) -> None:
    """A session delegates a task. The one that is started for it works and says nothing of an
    outcome: code writes it, with the client's cost. Who waits sees it live, in another terminal;
    the delegating session is told at its next prompt.
    """
    hold = threading.Event()
    steps = [
        runs(TASK, 8_000),
        says("Delegated.", 8_500),
        runs("echo hello > greeting.txt && git add . && git commit -qm 'Say hello'", 9_000),
        Reply("All said.", usage=Usage(input=2, cache_read=9_500), hold=hold),
        says("I heard of it.", 9_000),
    ]
    with world.serve(steps) as api:
        asked = world.print("Delegate it.", *HANDS_FREE).json["session_id"]
        (brief,) = (world.project / ".handoff" / "open").glob("*.md")
        stay = '"$@"; echo "ended with code $?"; exec cat'  # what ends at once, tmux may not show
        command = ["sh", "-c", stay, "sh", *start.command("wait", brief.stem)]
        with Terminal(command, world.project, start.env(world.client_env)) as waiting:
            waiting.wait_for("open.*unclaimed")
            done: list[Ran] = []
            running = threading.Thread(
                target=lambda: done.append(start("start", brief.stem, "--print", "--json"))
            )
            running.start()
            try:
                waiting.wait_for(r"working +\$0\.0\d+ +Say hello +session [0-9a-f]{8}, \d calls?")
            finally:
                hold.set()
                running.join(60)
            waiting.wait_for(rf"{brief.stem}: finished, \$0\.0\d+: By code, unverified")
            waiting.wait_for("ended with code 0")
        (ran,) = done
        told = world.print("What came of it?", "--resume", asked)
        heard = api.main_requests[-1].new_text

    assert (ran.code, ran.json["state"], ran.json["by"]) == (0, "finished", "code"), ran.err
    assert row(start, brief.stem)["cost_usd"] == pytest.approx(ran.json["cost_usd"], abs=1e-9)
    outcome = (world.project / ".handoff" / "done" / brief.name).read_text()
    assert "> All said." in outcome
    assert ": Say hello\n- changed in commits: greeting.txt" in outcome
    assert told.json["result"] == "I heard of it."
    assert f"({brief.stem}), which this session handed to another one, is finished" in heard
    assert "By code, unverified" in heard
    cost = re.search(r"Cost: \$(\d+\.\d+), ", heard)
    assert cost
    assert float(cost[1]) == pytest.approx(ran.json["cost_usd"], abs=1e-6)


def test_in_a_terminal(world: World, start: Starter) -> None:
    """A session that a person watches finishes its brief by itself: what it cost until then stands
    in the outcome, by the meter; who waits for it is told.
    """
    replies: list[Reply] = []
    with world.serve(lambda _, index: replies[index]) as api:
        brief_id = start.write()
        replies += works(start, brief_id)
        env = start.env(world.client_env)
        with Terminal(start.command("start", brief_id), world.project, env) as terminal:
            terminal.wait_for("The file says hello.", timeout=40)
            waited = start("wait", brief_id, "--json", env=world.basic_env)
        assert len(api.main_requests) == 3

    (status,) = waited.json
    assert (waited.code, status["state"]) == (0, "finished")
    assert status["note"] == "Done; greeting.txt says hello."
    assert 0 < status["cost_usd"] == row(start, brief_id)["cost_usd"]
    outcome = (world.project / ".handoff" / "done" / f"{brief_id}.md").read_text()
    assert re.search(
        r"^Cost: \$0\.\d+ until then, [12] calls?\. Session [0-9a-f-]{36}, ", outcome, re.M
    )
