"""`handoff relay` with the real client: sessions that hand over to each other until it is done."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from typing import TYPE_CHECKING, Any

import pytest

from handoff.demo.api import Reply

from .harness import until
from .model import ASKS_FOR_A_BRIEF, REPORTED, runs, says
from .session import client_costs
from .starter import DONE, Starter

if TYPE_CHECKING:
    from handoff.demo.api import Request

    from .harness import World

SESSIONS = 5
VERIFY = "python3 -m unittest -q tests.test_notes"
RED = f"""import unittest
class NotesTest(unittest.TestCase):
    def test_all_steps(self):
        self.assertEqual(len(open("notes.txt").readlines()), {SESSIONS})
"""
STEP = "echo 'step {0}' >> notes.txt && git add notes.txt && git commit --quiet -m 'Step {0}'"

CHEAT = """cat > tests/test_notes.py <<'TEST'
import unittest
class NotesTest(unittest.TestCase):
    def test_all_steps(self): assert True
TEST"""
WHOLE = f"for n in $(seq {SESSIONS}); do echo step $n >> notes.txt; done"


class Worker:
    """A model whose sessions each do one of `steps`, then cross the handoff threshold; the last
    does not and says that it is done. `held` holds the answer of the session of that number (from
    0).
    """

    def __init__(self, *steps: str, held: int = -1) -> None:
        self.steps = steps
        self.held = held
        self.hold = threading.Event()
        self.sessions: list[str] = []
        self.lock = threading.Lock()

    def __call__(self, request: Request, _: int) -> Reply:
        with self.lock:
            if request.session_id not in self.sessions:
                self.sessions.append(request.session_id)
                number = len(self.sessions) - 1
                first = runs(self.steps[number], 20_000 + number)
                hold = self.hold if number == self.held else None
                return Reply("", first.tools, first.usage, hold=hold)
        number = self.sessions.index(request.session_id)
        if REPORTED in request.new_text:
            return says("The brief is written.", 206_100)
        if ASKS_FOR_A_BRIEF in request.new_text:
            words = f"# After step {number + 1}\n## Task\nWrite the notes.\n## Next step\nThe next."
            return runs(f"handoff write <<'BRIEF'\n{words}\nBRIEF", 206_000)
        return says("So far.", 205_000 if number < len(self.steps) - 1 else 22_000)


@pytest.fixture
def start(world: World) -> Starter:
    starter = Starter(world)
    starter.configure("mode: auto\nroutes:\n- use_below\n")
    return starter


def begin(start: Starter, *arguments: str) -> subprocess.Popen[str]:
    """The command line, to be killed or stopped."""
    return subprocess.Popen(
        start.command(*arguments),
        cwd=start.world.project,
        env=start.env(start.world.client_env),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def journal(start: Starter, task: str) -> Any:
    return start("relay", task, "--show", "--json", env=start.world.basic_env).json[0]


def test_five_sessions_to_green(world: World, start: Starter) -> None:
    """Tests red at the start: four sessions hand over at their threshold, the fifth makes them
    green, and the relay sees it. In the third the loop is killed; started again it waits for that
    session and starts none twice. The journal's costs are the client's. Neither `mode: auto` nor
    the breaker, which so many handoffs in so short a time would open, comes in between.
    """
    (world.project / "tests" / "test_notes.py").write_text(RED)
    steps = [STEP.format(number) for number in range(1, SESSIONS + 1)]
    model = Worker(*steps, held=2)
    with world.serve(model) as api:
        task = start.write("--verify", VERIFY)
        loop = begin(start, "relay", task, "--yes", "--budget-usd", "50")
        assert until(lambda: len(model.sessions) == 3, 180), model.sessions
        loop.kill()
        loop.communicate()
        again = begin(start, "relay", task, "--yes")
        running = model.sessions[2]
        stdout = again.stdout
        assert stdout is not None
        lines = iter(stdout.readline, "")
        assert any(f"Session {running} is still running" in line for line in lines)
        model.hold.set()
        rest = again.communicate(timeout=240)[0]

        assert again.returncode == 0, rest
        assert {request.session_id for request in api.main_requests} == set(model.sessions)
        firsts = {r.session_id: r.text for r in reversed(api.main_requests)}
    relay = journal(start, task)
    assert [one["session"] for one in relay["sessions"]] == model.sessions
    assert [one["verdict"] for one in relay["sessions"]] == ["continued"] * 4 + ["verified"]
    for before, after in zip(relay["sessions"], relay["sessions"][1:], strict=False):
        assert before["left"] == after["brief"]
        assert f'<handoff-brief id="{after["brief"]}">' in firsts[after["session"]]
    costs = client_costs(world)
    said = {one["session"]: one["cost_usd"] for one in relay["sessions"]}
    assert said == pytest.approx(costs, abs=1e-6)  # it is rounded
    assert relay["cost_usd"] == pytest.approx(sum(costs.values()), abs=1e-5)
    log = world.git("log", "--reverse", "--format=%s", "--", "notes.txt")
    assert log.splitlines() == [f"Step {number}" for number in range(1, SESSIONS + 1)]
    subprocess.run(VERIFY.split(), cwd=world.project, env=world.basic_env, check=True)
    assert start("list", "--json", env=world.basic_env).json == []
    assert not any((world.state / "supervised").iterdir())
    assert start("relay", task, "--yes", env=world.basic_env).code == 0  # it is done: nothing runs


def test_ctrl_c_and_on(world: World, start: Starter) -> None:
    """Ctrl-C ends the session by a signal; what it did is in a brief, its cost in the journal, the
    claim given back. The same command goes on from there, until a session finishes the brief.
    """
    hold = threading.Event()
    calls: list[Request] = []

    def model(request: Request, _: int) -> Reply:
        calls.append(request)
        if len(calls) == 1:
            return runs("echo begun > greeting.txt", 9_000)
        if len(calls) == 2:
            return Reply("Late.", hold=hold)
        brief = request.text.partition('<handoff-brief id="')[2].partition('"')[0]
        return runs(DONE.format(brief), 9_500) if len(calls) == 3 else says("Done.", 9_600)

    with world.serve(model):
        task = start.write()
        loop = begin(start, "relay", task)
        assert until(lambda: len(calls) == 2, 120)
        loop.send_signal(signal.SIGINT)
        output = loop.communicate(timeout=120)[0]
        hold.set()
        assert loop.returncode == 130, output
        assert f"To continue: handoff relay {task}" in output

        (stopped,) = journal(start, task)["sessions"]
        assert stopped["verdict"] == "stopped", (stopped, output)
        cost = client_costs(world)[stopped["session"]]
        assert stopped["cost_usd"] == pytest.approx(cost, rel=0.01), (stopped, output)
        (row,) = start("list", "--json", env=world.basic_env).json
        assert (row["id"], row["state"], row["parent"]) == (stopped["left"], "open", task)
        assert "greeting.txt" in (world.project / row["path"]).read_text()

        done = start("relay", task, "--json")
        assert done.code == 0, done.err
        assert [one["verdict"] for one in done.json["sessions"]] == ["stopped", "done"]
        assert done.json["sessions"][1]["brief"] == stopped["left"]
    assert start("list", "--json", env=world.basic_env).json == []


def test_changed_words_do_not_run(world: World, start: Starter) -> None:
    """The verify commands are shown and want the user's word; a changed brief's never run."""
    task = start.write("--verify", "touch ran.txt")
    asked = start("relay", task, env=world.basic_env)
    assert (asked.code, "    touch ran.txt" in asked.err) == (1, True)
    assert "add --yes" in asked.err
    path = world.project / ".handoff" / "open" / f"{task}.md"
    path.write_text(path.read_text().replace("touch ran.txt", "touch ran2.txt"))
    changed = start("relay", task, "--yes", env=world.basic_env)
    assert (changed.code, "or was changed since" in changed.err) == (1, True)
    assert not {"ran.txt", "ran2.txt"} & set(os.listdir(world.project))


class Liar:
    """A model whose first session replaces the test and says that it is done, and whose second one
    does the work.
    """

    def __init__(self) -> None:
        self.sessions: list[str] = []

    def __call__(self, request: Request, _: int) -> Reply:
        if request.session_id not in self.sessions:
            self.sessions.append(request.session_id)
            return runs(CHEAT if len(self.sessions) == 1 else WHOLE, 20_000)
        return says("All tests pass.", 21_000)


def test_a_changed_test_is_not_run(world: World, start: Starter) -> None:
    """A session that replaces the test by `assert True` is not verified: the test is run as it was
    when the brief was written. The user is told; the next session, which does the work, is.
    """
    test = world.project / "tests" / "test_notes.py"
    test.write_text(RED)
    with world.serve(Liar()):
        task = start.write("--verify", VERIFY)
        lied = start("relay", task, "--yes", "--max-sessions", "1")
        assert lied.code == 1, lied.err
        assert "tests/test_notes.py was changed by a session" in lied.err
        assert "pass only with the tests that sessions changed" in lied.err
        assert "assert True" in test.read_text()
        done = start("relay", task, "--yes", "--max-sessions", "2")
        assert done.code == 0, done.err
    assert [one["verdict"] for one in journal(start, task)["sessions"]] == ["changed", "verified"]
    assert "assert True" in test.read_text()
