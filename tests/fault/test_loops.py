"""`handoff relay` and `handoff run` are killed, and their sessions: nothing is lost, nothing twice.

The sessions are `fault.session`: what they did is in its log.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from typing import IO, TYPE_CHECKING, Any

import pytest

from handoff.process import identity

from .killed import POINTS
from .lab import PYTHONPATH, Place
from .session import COST

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .lab import Writer

STEPS, TASKS, WORKERS, KILLS = 5, 12, 3, 5
PROGRAM = "from handoff.cli import main; main()"
SECONDS = 120.0  # for what takes ten


class Loops:
    """A repository, and the command line with sessions that can be watched."""

    def __init__(self, place: Place, steps: int, seconds: float) -> None:
        self.place = place
        self.log = place.base / "log"
        programs = place.base / "bin"
        programs.mkdir()
        claude = programs / "claude"
        claude.write_text(f'#!/bin/sh\nexec "{sys.executable}" -B -m fault.session "$@"\n')
        claude.chmod(0o755)
        self.env = {
            **place.env,
            "PATH": f"{programs}{os.pathsep}{place.env['PATH']}",
            "PYTHONPATH": PYTHONPATH,
            "FAKE_LOG": str(self.log),
            "FAKE_STEPS": str(steps),
            "FAKE_SECONDS": str(seconds),
        }
        for name in ("GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"):
            del self.env[name]

    def begin(
        self, *arguments: str, point: str = "", out: IO[bytes] | None = None
    ) -> subprocess.Popen[bytes]:
        """Start the command line; it is killed at `point` of `fault.killed`."""
        program = ["-m", "fault.killed", point] if point else ["-c", PROGRAM]
        with (self.place.base / "said").open("ab") as output:
            return subprocess.Popen(
                [sys.executable, "-B", *program, *arguments],
                cwd=self.place.root,
                env=self.env,
                stdout=out or output,
                stderr=output,
            )

    def run(self, *arguments: str) -> int:
        """Run it to its end; its exit code."""
        return self.begin(*arguments).wait(SECONDS)

    def read_output(self) -> str:
        return (self.place.base / "said").read_text()

    def write(self, title: str, *options: str) -> str:
        """A task brief; its id."""
        return str(json.loads(self.place.brief(title, "--kind", "task", *options).out)["id"])

    def did(self) -> list[dict[str, Any]]:
        """What the sessions did, in order."""
        text = self.log.read_text() if self.log.exists() else ""
        return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]

    def journal(self) -> Any:
        """The only relay's journal."""
        (path,) = (self.place.state / "relays").glob("*.json")
        return json.loads(path.read_text())

    def left_over(self) -> list[str]:
        """What lies about of supervised runs."""
        folder = self.place.state / "supervised"
        return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


@pytest.fixture
def loops(base: Path, writer: Writer) -> Callable[[int, float], Loops]:
    def make(steps: int, seconds: float) -> Loops:
        return Loops(Place.new(base, writer), steps, seconds)

    return make


def test_a_relay_killed_at_random(loops: Callable[[int, float], Loops]) -> None:
    """kill -9 of the loop, again and again: five sessions, each started once, each step done once,
    the journal has them all and what they cost.
    """
    lab = loops(STEPS, 0.4)
    green = f"test $(grep -c step steps.txt) -ge {STEPS}"
    task = lab.write("Do the steps", "--verify", green)
    moments = random.Random(2)
    for _ in range(KILLS):
        loop = lab.begin("relay", task, "--yes")
        with contextlib.suppress(subprocess.TimeoutExpired):
            assert loop.wait(moments.uniform(0.3, 1.5)) == 0, lab.read_output()
        loop.kill()
        loop.wait()
    assert lab.run("relay", task, "--yes") == 0, lab.read_output()

    _check_relay(lab, task)


@pytest.mark.parametrize("verb", ["relay", "run"])
def test_killed_at_every_point(loops: Callable[[int, float], Loops], verb: str) -> None:
    """Killed before and after a session's start, and before and after it is settled: one session
    for each step, or each task, all the same.
    """
    lab = loops(STEPS if verb == "relay" else 1, 0.2)
    green = f"test $(grep -c step steps.txt) -ge {STEPS}"
    tasks = [lab.write(f"Task {n}", "--verify", green) for n in range(STEPS)]
    arguments = ["relay", tasks[0], "--yes"] if verb == "relay" else ["run"]
    for point in POINTS:
        assert lab.begin(*arguments, point=point).wait(SECONDS) == -signal.SIGKILL, (
            lab.read_output()
        )
    assert lab.run(*arguments) == 0, lab.read_output()
    if verb == "relay":
        _check_relay(lab, tasks[0], *tasks[1:])
    else:
        _check_each_once(lab, tasks)
        assert Counter(one["did"] for one in lab.did())["began"] == STEPS


def test_three_workers_twelve_tasks(loops: Callable[[int, float], Loops]) -> None:
    """Three `handoff run` share twelve tasks. Three times one of them is killed, at random, and
    started again: no session is started twice, each task is done once, on its own branch.
    """
    lab = loops(1, 0.4)
    tasks = [lab.write(f"Task {number}") for number in range(TASKS)]
    moments = random.Random(3)
    workers = [lab.begin("run") for _ in range(WORKERS)]
    for kill in range(3):
        assert _until(lambda: len(lab.did()) > 6 * (kill + 1)), lab.read_output()  # noqa: B023
        time.sleep(moments.uniform(0.0, 0.5))
        victim = workers.pop(moments.randrange(WORKERS))
        victim.kill()
        victim.wait()
        workers.append(lab.begin("run"))
    codes = [worker.wait(SECONDS) for worker in workers]

    assert codes == [0] * WORKERS, lab.read_output()
    _check_each_once(lab, tasks)
    assert Counter(one["did"] for one in lab.did())["began"] == TASKS
    assert lab.run("run") == 0  # all of them are finished on their branches
    assert Counter(one["did"] for one in lab.did())["began"] == TASKS


def test_killed_sessions(loops: Callable[[int, float], Loops]) -> None:
    """Three sessions are killed, before their work or right after their commit: their tasks are
    taken up again in the same work trees, the others go on meanwhile. Each task hands over once,
    and is carried on by a second session from its brief.
    """
    lab = loops(2, 0.3)
    tasks = [lab.write(f"Task {number}") for number in range(4)]
    for name in ("hang-now-1", "hang-later-2", "hang-now-3"):
        (lab.place.base / name).touch()
    queue = lab.begin("run", "--jobs", "3")

    def hanging() -> list[dict[str, Any]]:
        return [one for one in lab.did() if one["did"] == "hangs"]

    assert _until(lambda: len(hanging()) == 3), lab.read_output()
    for one in hanging():
        os.kill(one["pid"], signal.SIGKILL)
    assert queue.wait(SECONDS) == 0, lab.read_output()
    assert Counter(one["did"] for one in lab.did())["began"] == 4 * 2 + 3 - 1  # one had committed
    _check_each_once(lab, tasks, 2)


@pytest.mark.parametrize("verb", ["relay", "run"])
def test_stopped_twice(loops: Callable[[int, float], Loops], verb: str) -> None:
    """The second signal ends all sessions at once, also when it comes right after the first; what
    is printed for programs is whole. The next start settles them, and goes on.
    """
    lab = loops(1, 0.1)
    tasks = [lab.write(f"Task {number}") for number in range(1 if verb == "relay" else 2)]
    for number in range(len(tasks)):
        (lab.place.base / f"hang-now-{number}").touch()
    order = ["relay", tasks[0]] if verb == "relay" else ["run", "--jobs=2"]
    told = lab.place.base / "told"
    with told.open("wb") as out:
        loop = lab.begin(*order, "--json", out=out)

    def hanging() -> list[int]:
        return [one["pid"] for one in lab.did() if one["did"] == "hangs"]

    assert _until(lambda: len(hanging()) == len(tasks)), lab.read_output()
    loop.send_signal(signal.SIGTERM)
    loop.send_signal(signal.SIGHUP)
    assert loop.wait(SECONDS) == 130, lab.read_output()
    assert not [pid for pid in hanging() if identity.read_mark(pid)]
    if verb == "relay":
        assert "one more has no result yet" in lab.read_output()
    printed = json.loads(told.read_text())
    ends = [printed["end"]] if verb == "relay" else [row["state"] for row in printed]
    assert ends == ["stopped"] * len(tasks)

    assert lab.run(*order) == 0, lab.read_output()
    assert Counter(one["did"] for one in lab.did())["did step 1"] == len(tasks)
    assert lab.left_over() == []


def _check_relay(lab: Loops, task: str, *others: str) -> None:
    began = Counter(one["session"] for one in lab.did() if one["did"] == "began")
    journal = lab.journal()
    assert Counter(one["session"] for one in journal["sessions"]) == began
    assert set(began.values()) == {1}
    steps = [one["did"] for one in lab.did() if one["did"].startswith("did")]
    assert steps == [f"did step {number}" for number in range(1, STEPS + 1)]
    assert journal["end"] == "verified"
    assert journal["cost_usd"] == pytest.approx(STEPS * COST)
    assert [one["verdict"] for one in journal["sessions"]] == ["continued"] * 4 + ["verified"]
    assert lab.place.names("open") == set(others)
    assert task in lab.place.names("done")
    assert lab.left_over() == []


def _check_each_once(lab: Loops, tasks: list[str], steps: int = 1) -> None:
    done = Counter(one["brief"] for one in lab.did() if one["did"] == "did step 1")
    assert done == Counter(tasks)
    for task in tasks:
        branch, path = f"handoff/{task}", f".handoff/done/{task}.md"
        lines = lab.place.git("show", f"{branch}:steps.txt").splitlines()
        assert [line[:6] for line in lines] == [f"step {n}" for n in range(1, steps + 1)]
        assert lab.place.git("show", f"{branch}:{path}").count("## Outcome") == 1
        subjects = lab.place.git("log", "--format=%s", f"main..{branch}").splitlines()
        assert sorted(s for s in subjects if s[:4] == "Step") == [
            f"Step {n}" for n in range(1, steps + 1)
        ]
        listed = lab.place.git("ls-tree", "--name-only", branch, ".handoff/open/").split()
        assert not [name for name in listed if task in name or "after-step" in name]
    assert lab.place.names("open") == set(tasks)  # nothing was merged
    assert lab.left_over() == []


def _until(check: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + SECONDS
    while not check():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
