"""Budgets and the way back, with the real client: limits, cost, outcomes, `handoff wait`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from handoff.demo.api import Reply

from .conftest import NEWEST, OLDEST
from .model import runs, says
from .test_start import Starter, start, works  # noqa: F401 - a fixture

if TYPE_CHECKING:
    from handoff.demo.api import Request

    from .harness import World

TASK = """handoff write --kind task <<'BRIEF'
# Say hello
## Task
Put `hello` into greeting.txt.
## Next step
Write the file.
BRIEF"""


def row(start: Starter, brief_id: str) -> dict[str, Any]:
    """The brief in `handoff list --all --json`."""
    found = start("list", "--all", "--json", env=start.world.basic_env).json
    return next(one for one in found if one["id"] == brief_id)


@pytest.mark.parametrize(
    ("client_path", "limit", "said"),
    [
        (NEWEST, ("--budget-usd", "0.1"), "error_max_budget_usd: Reached maximum budget"),
        (OLDEST, ("--max-turns", "2"), "error_max_turns: Reached maximum number of turns"),
    ],
    indirect=["client_path"],
)
def test_over_a_limit(world: World, start: Starter, limit: tuple[str, str], said: str) -> None:
    """The client stops a run at the brief's own budget or turns. What it did is in a snapshot that
    carries the task on, the cost is the client's own, and the next run goes on from there.
    """
    replies: list[Reply] = []
    endless = runs("echo half >> half.txt", 100_000)
    with world.serve(lambda _, index: replies[index] if index < len(replies) else endless) as api:
        first = start.write(*limit, "--label", "docs")
        stopped = start("start", first, "--print", "--model", "opus", "--json")

        assert stopped.code == 1
        assert said in stopped.json["problem"]
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
        assert "echo half >> half.txt" in given
    assert (world.project / "greeting.txt").read_text() == "hello\n"
