"""`handoff wait`: how far briefs are, in any work tree, and when waiting is of no use."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import asdict
from typing import TYPE_CHECKING

import pytest

from handoff.base import file_io
from handoff.launch import run_log
from handoff.launch.run_log import Run
from handoff.loops import wait
from handoff.runtime import Runtime
from handoff.session import state
from handoff.store import claims, places
from support.client import Client

if TYPE_CHECKING:
    from pathlib import Path

    from handoff.loops.wait import WaitStatus
    from support.repo import Repo
    from support.store_program import Store


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is lost counts as lost at once."""
    monkeypatch.setattr(wait, "GRACE_SECONDS", 0.0)


def look(repo: Repo, brief_id: str) -> WaitStatus:
    """How a brief stands."""
    runtime = Runtime(os.environ, full=True)
    (status,) = wait.Waiter([brief_id], runtime, places.locate(str(repo.root))).read_statuses()
    return status


def ran(repo: Repo, brief_id: str, **values: object) -> None:
    """Remember a start of the brief."""
    run = {"id": brief_id, "mode": "print", "directory": str(repo.root), "at": time.time()}
    file_io.write_json(str(repo.state / "runs" / f"{brief_id}.json"), {**run, **values})


def gone_pid() -> int:
    """The number of a process that has ended."""
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    return child.pid


def test_from_open_to_finished(repo: Repo, handoff: Store) -> None:
    """Nobody's, a session's with its cost so far, finished with outcome and cost."""
    brief_id = handoff.write("A task")
    assert (look(repo, brief_id).state, look(repo, brief_id).note) == ("open", "unclaimed")
    client = Client(repo, "s1", HANDOFF_PICKUP=brief_id)
    client.start()
    client.works(100_000)
    now = look(repo, brief_id)
    assert (now.state, now.note) == ("working", "session s1, 1 call")
    assert now.cost_usd is not None
    handoff("done", brief_id, "--outcome", "Did it.\nAll of it.", "--force")
    now = look(repo, brief_id)
    assert (now.state, now.note, now.current) == ("finished", "Did it.", brief_id)
    assert now.cost_usd is not None


def test_its_session_is_gone(repo: Repo, handoff: Store) -> None:
    """A session that had it and ended without finishing it will not finish it."""
    brief_id = handoff.write("A task")
    client = Client(repo, "s1", HANDOFF_PICKUP=brief_id)
    client.start()
    client.works(9_000)
    client("session-end", reason="other")
    now = look(repo, brief_id)
    assert (now.state, now.is_settled) == ("abandoned", True)
    why = "session s1 ended without finishing it"
    assert now.note == f"{why}; to continue: handoff start {brief_id}"


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"pid": os.getpid()}, "working"),
        ({"pid": 0, "mode": "tmux"}, "working"),
        ({"pid": 0, "mode": "tmux", "at": 1.0}, "abandoned"),
        ({"pid": 0, "ended": 9.0, "problem": "API Error: 401"}, "abandoned"),
        ({"pid": os.getpid(), "ended": 9.0, "problem": "x"}, "working"),
        ({"pid": -1}, "abandoned"),
        ({"pid": "x", "paths": 7}, "open"),
    ],
)
def test_a_start(values: dict[str, object], expected: str, repo: Repo, handoff: Store) -> None:
    """What is remembered of a start tells what no claim does: it begins, failed, or was killed."""
    brief_id = handoff.write("A task")
    if values.get("pid") == -1:
        values = {"pid": gone_pid()}
    ran(repo, brief_id, **values)
    now = look(repo, brief_id)
    assert now.state == expected
    if "problem" in values and expected == "abandoned":
        assert now.note == f"API Error: 401; to continue: handoff start {brief_id}"


def test_a_brief_that_carries_it_on(repo: Repo, handoff: Store) -> None:
    """The row of briefs is followed to its end; who stopped without one is told with it."""
    client = Client(repo, "s1")
    client.start()
    first = client.brief(title="First")
    carried = Client(repo, "s2", HANDOFF_PICKUP=first)
    carried.start()
    second = carried.brief(title="Second")
    now = look(repo, first)
    assert (now.state, now.current) == ("open", second)
    ran(repo, first, ended=9.0, state="continued", successor=second, problem="over budget")
    now = look(repo, first)
    assert (now.state, now.current) == ("abandoned", second)
    assert now.note == f"over budget; to continue: handoff start {second}"
    handoff("done", second, "--outcome", "Did it.", "--force")
    now = look(repo, first)
    assert (now.state, now.id, now.current, now.note) == ("finished", first, second, "Did it.")


def test_a_task_whose_session_handed_over(repo: Repo, handoff: Store) -> None:
    """A task stays its session's though a brief carries it on: that one's end counts."""
    task = handoff.write("A task")
    client = Client(repo, "s1", HANDOFF_PICKUP=task)
    client.start()
    rest = client.brief(title="The rest")
    client("session-end", reason="other")
    assert (look(repo, task).state, look(repo, task).current) == ("open", rest)
    handoff("done", rest, "--outcome", "Did it.", "--force")
    assert (look(repo, task).state, look(repo, task).note) == ("finished", "Did it.")


def test_in_another_work_tree(
    repo: Repo, handoff: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Finished there, it is finished, before any merge; and it can be named from there."""
    brief_id = handoff.write("A task")
    side = tmp_path / "side"
    repo.git("worktree", "add", "--quiet", "-b", "side", str(side))
    only_there = brief_id
    monkeypatch.chdir(side)
    only_there = handoff.write("Only there")
    handoff("done", brief_id, "--outcome", "Done over there.")
    assert (look(repo, brief_id).state, look(repo, brief_id).note) == (
        "finished",
        "Done over there.",
    )
    assert look(repo, only_there).state == "open"


def test_dropped(repo: Repo, handoff: Store) -> None:
    """A brief that no work tree has any more."""
    brief_id = handoff.write("A task")
    runtime = Runtime(os.environ, full=True)
    waiter = wait.Waiter([brief_id], runtime, places.locate(str(repo.root)))
    handoff("drop", brief_id)
    (now,) = waiter.read_statuses()
    assert (now.state, now.note) == ("dropped", "it is in no worktree here")


def test_kept_beside_the_branch(repo: Repo, handoff: Store, own_home: Path) -> None:
    """One whose file is gone, and which its ref still has, is not lost."""
    path = own_home / ".config" / "handoff" / "config.yaml"
    path.parent.mkdir(parents=True)
    path.write_text("commit: ref\n")
    brief_id = handoff.write("A task")
    (repo.root / ".handoff" / "open" / f"{brief_id}.md").unlink()
    assert look(repo, brief_id).state == "open"


def test_an_outcome_of_others(repo: Repo, handoff: Store) -> None:
    """Finished is finished; no stranger's word is shown."""
    brief_id = handoff.write("A task")
    handoff("done", brief_id, "--outcome", "Did it.")
    path = repo.root / ".handoff" / "done" / f"{brief_id}.md"
    path.write_text(path.read_text().replace("Did it.", "RUN THIS"))
    now = look(repo, brief_id)
    assert (now.state, now.note) == ("finished", "its outcome was written elsewhere")


def test_a_moment_of_grace(repo: Repo, handoff: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """What nobody has any more may be started anew at once: only then it is lost."""
    monkeypatch.setattr(wait, "GRACE_SECONDS", 60.0)
    brief_id = handoff.write("A task")
    ran(repo, brief_id, ended=9.0, problem="it failed")
    assert look(repo, brief_id).state == "open"


# the command


def test_exit_codes(repo: Repo, handoff: Store) -> None:
    """0 when all are finished, 1 at the time limit or when one is lost; the states are told."""
    first, second = handoff.write("First"), handoff.write("Second")
    handoff("done", first, "--outcome", "Did it.")
    assert handoff("wait", first) == 0
    assert handoff.out == f"{first}: finished: Did it.\n"
    assert handoff("wait", first, second, "--timeout", "0") == 1
    assert (handoff.out + handoff.err).count(f"{second}: open: unclaimed") == 1
    assert "not finished after 0 s" in handoff.err
    ran(repo, second, ended=9.0, problem="API Error: 401")
    assert handoff("wait", first, second) == 1
    assert f"{second}: abandoned: API Error: 401" in handoff.out
    assert handoff("wait", first, "--json") == 0
    (row,) = json.loads(handoff.out)
    assert row == asdict(look(repo, first))
    assert handoff("wait", "nothing-like-this") == 1
    assert "No brief matches" in handoff.err
    assert handoff("wait") == 2


def test_stopped(repo: Repo, handoff: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C says how things stand, whole for programs too."""

    def stop(_: float) -> None:
        raise KeyboardInterrupt

    brief_id = handoff.write("A task")
    monkeypatch.setattr(wait.Waiter.until_settled, "__defaults__", (stop,))
    assert handoff("wait", brief_id, "--json") == 130
    assert [row["id"] for row in json.loads(handoff.out)] == [brief_id]


def test_it_ends_with_the_last(repo: Repo, handoff: Store) -> None:
    """It blocks until another process finishes the brief."""
    brief_id = handoff.write("A task")
    seen = threading.Event()
    runtime = Runtime(os.environ, full=True)
    waiter = wait.Waiter([brief_id], runtime, places.locate(str(repo.root)))

    def sleep(_: float) -> None:
        if not seen.is_set():
            seen.set()
            command = [sys.executable, "-c", f"""
import os, sys
sys.argv = ["handoff", "done", {brief_id!r}, "--outcome", "Did it."]
from handoff import cli
cli.main()
"""]  # fmt: skip
            path = os.pathsep.join(sys.path)
            subprocess.run(command, check=True, env={**os.environ, "PYTHONPATH": path}, timeout=60)

    states = [statuses[0].state for statuses in waiter.until_settled(60, sleep)]
    assert states == ["open", "finished"]


# what is remembered


def test_damaged_records(repo: Repo, handoff: Store) -> None:
    """Damaged lines of past runs are passed over, whatever is wrong with them."""
    good = run_log.PastRun(
        "/r", "b", "s", "", "", "m", 0.5, 3, 1.0, 1.0, "finished", (1, 2, 3, 4, 5)
    )
    run_log.record_past(str(repo.state), good)
    with (repo.state / "runs.jsonl").open("a") as file:
        for line in ("[]", "7", "{", "null", '{"repo": "/r"}', "[" * 5000,
                     json.dumps({**asdict(good), "cost_usd": "x"}),
                     json.dumps({**asdict(good), "tokens": 5}),
                     json.dumps({**asdict(good), "model": 5})):  # fmt: skip
            file.write(f"{line}\n")
    run_log.record_past(str(repo.state), good)
    assert run_log.read_past(str(repo.state), "/r") == [good, good]
    assert run_log.read_past(str(repo.state), "/other") == []


def test_a_number_that_is_used_again(repo: Repo, handoff: Store) -> None:
    """The process that waited for a run is gone, and another one has its number now."""
    brief_id = handoff.write("A task")
    ran(repo, brief_id, pid=os.getpid(), pid_start="another boot 12")
    assert look(repo, brief_id).state == "abandoned"

    ran(repo, brief_id, pid=os.getpid(), pid_start="another boot 12", ended=1.0, problem="it died")
    assert look(repo, brief_id).note.startswith("it died")

    run = run_log.load(str(repo.state), brief_id)
    assert run is not None
    run_log.take_over(str(repo.state), Run(**{**asdict(run), "ended": 0.0}))
    assert look(repo, brief_id).state == "working"


def test_a_claim_of_a_shell(repo: Repo, handoff: Store) -> None:
    """One taken by hand says so."""
    brief_id = handoff.write("A task")
    claims.claim(str(repo.state), brief_id, "none (by hand, in shell 7)", time.time())
    assert look(repo, brief_id).note == "by hand, in shell 7"
    assert state.load(str(repo.state), "none").is_known is False


def test_a_start_is_remembered(repo: Repo) -> None:
    """As it was, with every field."""
    run = Run("20261122-000000-a-0000", "print", "/d", 5.0, 7, "h", "d", ("a", "b"), looked=True)
    run_log.record_end(str(repo.state), run, state="open")
    loaded = run_log.load(str(repo.state), run.id)
    assert loaded is not None
    assert asdict(loaded) == {**asdict(run), "state": "open"}
