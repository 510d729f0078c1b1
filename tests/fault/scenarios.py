"""What the product is doing when it is killed: one command or client event each."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .lab import LATER, SESSION, Place, Run, age_debris

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .lab import Writer


NEXT = "33333333-cccc-4ccc-8ccc-333333333333"


@dataclass(frozen=True)
class Scenario:
    """`prepare` makes the state before, `run` is what is broken (as `Place.run` takes faults).

    A kill leaves more than so many different `states`.
    """

    name: str
    prepare: Callable[[Place], object]
    run: Callable[..., Run]
    states: int
    commit: bool = True
    can_repeat: bool = True

    def place(self, base: Path, writer: Writer) -> Place:
        """A repository in the state before."""
        new_place = Place.new(base, writer, commit=self.commit)
        self.prepare(new_place)
        return new_place


def _nothing(_: Place) -> None:
    pass


def _old(place: Place) -> None:
    assert place.brief("Old", "--session", SESSION, chance=1).code == 0


def _task(place: Place) -> None:
    assert place.brief("Old", "--kind", "task", "--session", SESSION, chance=1).code == 0


def _write(place: Place, **more: Any) -> Run:
    return place.brief("New", "--session", SESSION, **more)


def _done(place: Place, **more: Any) -> Run:
    return place.run("done", "old", "--outcome", "All of it is done.", **more)


def _session(place: Place) -> None:
    """A session that has passed the threshold, with a brief of before."""
    _old(place)
    worked(place)


def worked(place: Place) -> None:
    """A session that has done something."""
    place.hook("session-start", SESSION, fields={"source": "startup"})
    lines: list[dict[str, Any]] = [
        {"type": "user", "message": {"role": "user", "content": "List the prices"}}
    ]
    for number in range(4):
        call = {"type": "tool_use", "id": f"t{number}", "name": "Bash", "input": {"command": "ls"}}
        used = {"input_tokens": 1, "cache_read_input_tokens": 999 + number, "output_tokens": 5}
        message = {"role": "assistant", "id": f"m{number}", "model": "claude-opus-5-5"}
        lines.append(
            {"type": "assistant", "message": {**message, "content": [call], "usage": used}}
        )
    (place.base / f"{SESSION}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))


def _snapshot(place: Place, **more: Any) -> Run:
    return place.hook("stop-failure", SESSION, fields={"error": "rate_limit"}, **more)


def _pick_up(place: Place, **more: Any) -> Run:
    return place.hook("session-start", LATER, fields={"source": "startup"}, **more)


SCENARIOS = (
    Scenario("a brief that replaces another", _old, _write, 20),
    Scenario("the first brief of all", _nothing, _write, 15, commit=False),
    Scenario("a task is done", _task, _done, 20, can_repeat=False),
    Scenario("a snapshot by a hook", _session, _snapshot, 20),
    Scenario("a pick-up", _old, _pick_up, 10),
)


def is_said_plainly(run: Run) -> None:
    """A run ends well, or with a message of ours."""
    assert run.code in (0, 1), run.err
    if run.code:
        assert run.err.startswith("handoff: "), run.err
        assert "Traceback" not in run.err


def goes_on(place: Place, scenario: Scenario, known: set[str]) -> None:
    """When the disk is in order again, what was begun is finished, and the command works."""
    age_debris(place)
    shutil.rmtree(place.state / "log", ignore_errors=True)
    assert place.hook("session-start", NEXT, fields={"source": "startup"}).code == 0
    again = scenario.run(place, chance=200)
    assert again.code == 0 or (not scenario.can_repeat and place.names("done") >= known), again.err
    assert place.names("open") | place.names("done") >= known
    if place.names("open") & place.names("done"):  # the commit is kept beside the branch
        assert place.run("commit").code == 0
    assert not place.names("open") & place.names("done")
