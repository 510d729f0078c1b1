"""`handoff run` with the real client: several tasks at once, each in its own worktree."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING

import pytest

from handoff.demo.api import Reply

from .model import runs, says
from .session import client_costs
from .starter import DONE, Starter

if TYPE_CHECKING:
    from handoff.demo.api import Request

    from .harness import World


def test_two_at_once_and_one_that_fails(world: World) -> None:
    """Two of three sessions run at once. The task that goes wrong stops nobody; each task that is
    done is on a branch of its own with its commit, nothing is merged, and no second start runs it
    again. The costs are the client's own.
    """
    start = Starter(world)
    both = threading.Barrier(2)
    seen: set[str] = set()

    def model(request: Request, _: int) -> Reply:
        task = request.text.partition('<handoff-brief id="')[2].partition('"')[0]
        if task not in seen:
            seen.add(task)
            if len(seen) < 3:
                both.wait(60)
            return runs("echo hello > greeting.txt", 9_000)
        if task == wrong:
            return Reply(status=400, error_message="no more for this one")
        return (
            says("Done.", 9_200)
            if "Done: .handoff" in request.new_text
            else runs(DONE.format(task), 9_100)
        )

    with world.serve(model):
        wrong = start.write("--label", "docs")
        good = [start.write("--label", "docs") for _ in range(2)]
        other = start.write()
        run = start("run", "--label", "docs", "--jobs", "2", "--json")
        rows = {row["id"]: row for row in run.json}

        assert run.code == 1
        assert {name: row["state"] for name, row in rows.items()} == {
            wrong: "failed", **dict.fromkeys(good, "done")
        }  # fmt: skip
        assert "no more for this one" in rows[wrong]["why"]
        assert other not in seen
        again = start("run", *good, "--json", env=world.basic_env).json
        assert {row["state"] for row in again} == {"skipped"}
    costs = client_costs(world)
    (queue,) = (world.state / "queues").glob("*.json")
    sessions = json.loads(queue.read_text())["sessions"]
    said = {one["session"]: one["cost_usd"] for one in sessions}
    assert said == pytest.approx(costs, abs=1e-6)  # it is rounded
    for task in good:
        files = world.git("ls-tree", "-r", "--name-only", f"handoff/{task}").splitlines()
        assert f".handoff/done/{task}.md" in files
        assert rows[task]["directory"] == str(world.root / "project.handoff" / task)
    assert world.git("log", "--format=%s", "main..").strip() == ""
    assert world.git("status", "--porcelain") == ""
