"""`handoff relay` and `handoff run` on the command line; programs stand in for sessions."""

from __future__ import annotations

import fcntl
import json
import os
import re
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from handoff.loops import queue as loops_queue
from handoff.loops import queue_journal, relay_journal
from handoff.loops import tasks as loops_tasks
from handoff.loops.session import Session
from handoff.process import supervisor
from handoff.store import claims, places
from support.configuration import configure
from support.runs import TOLD, install

if TYPE_CHECKING:
    import pytest

    from support.repo import Repo
    from support.store_program import Store


def starts(log: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []


def state_of(handoff: Store, brief_id: str) -> str:
    return str(next(row["state"] for row in handoff.json("list") if row["id"] == brief_id))


# relay


def test_a_session_that_was_not_given_the_brief(
    repo: Repo,
    handoff: Store,
    programs: Path,
) -> None:
    """It is the last one: another would cost as much. Its id was ours, its cost is the client's,
    the brief waits as before, and nothing is left of the run but the journal.
    """
    log = install(programs, "claude", TOLD)
    task = handoff.write("A task")
    assert handoff("relay", task[-4:], "--json") == 1
    relay = json.loads(handoff.out)
    (one,) = relay["sessions"]
    (run,) = starts(log)
    assert (relay["end"], relay["cost_usd"], one["verdict"]) == ("unreached", 0.25, "unreached")
    assert (run["relay"], run["cwd"]) == (task, str(repo.root))
    assert run["argv"][0] == "-p"
    assert run["argv"][2] == f"--session-id={one['session']}"
    assert "handoff doctor" in handoff.err
    assert state_of(handoff, task) == "open"
    assert list((repo.state / "supervised").iterdir()) == []
    assert handoff.json("relay", "--show") == [relay]
    handoff("relay", task, "--show")
    assert f"1  {one['session']}  unreached  " in handoff.out


def test_sessions_that_fail(repo: Repo, handoff: Store, programs: Path) -> None:
    """One that ends without a result is lost, not counted as more than its budget; after two that
    did nothing the relay ends. The same command tries two more.
    """
    log = install(programs, "claude", "sys.exit('no key')")
    task = handoff.write("A task")
    assert handoff("relay", task, "--budget-usd", "5") == 1
    assert "two sessions in a row changed nothing" in handoff.err
    assert re.search(r"lost, \d+ s, \$0\.0000, exit code 1: no key", handoff.err)
    assert f"To continue: handoff relay {task}\n" in handoff.err
    assert "--max-budget-usd=5" in starts(log)[0]["argv"]
    handoff("relay", task)
    assert len(starts(log)) == 4
    assert [one["verdict"] for one in handoff.json("relay", task, "--show")[0]["sessions"]] == [
        "lost"
    ] * 4
    assert state_of(handoff, task) == "open"


def test_outside_git(
    tmp_path: Path, handoff: Store, programs: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a session changed is not to be seen there; one that did nothing is told all the same.
    What a route adds to the command line is in no journal.
    """
    log = install(programs, "claude", "sys.exit('no key')")
    configure(own_home, "routes:\n- {args: [--settings, '{secret-7}']}\n")
    (tmp_path / "plain").mkdir()
    monkeypatch.chdir(tmp_path / "plain")
    task = handoff.write("A task")
    assert handoff("relay", task) == 1
    assert "two sessions in a row changed nothing" in handoff.err
    assert [run["argv"][-1] for run in starts(log)] == ["{secret-7}"] * 2
    journal = own_home / "state" / "relays" / f"{task}.json"
    assert "secret-7" not in journal.read_text()


def test_options_are_kept(repo: Repo, handoff: Store, programs: Path) -> None:
    """A second start goes on as the first was ordered; what it says anew counts from then on."""
    log = install(programs, "claude", TOLD)
    task = handoff.write("A task", "--budget-usd", "3")
    handoff("relay", task, "--model", "opus", "--max-sessions", "1", "--budget-usd", "0.4")
    assert "[1/1]" in handoff.err
    assert handoff("relay", task) == 1
    assert "the limit of sessions is reached" in handoff.err
    assert f"handoff relay {task} --max-sessions 2" in handoff.err
    assert len(starts(log)) == 1
    handoff("relay", task, "--max-sessions", "5", "--effort", "low")
    first, second = (run["argv"] for run in starts(log))
    assert "--max-budget-usd=0.4" in first
    assert {"--model=opus", "--effort=low", "--max-budget-usd=0.15"} <= set(second)
    handoff("relay", task)
    assert handoff("relay", task) == 1
    assert "its budget is spent" in handoff.err
    assert f"--budget-usd 0.8{os.linesep}" in handoff.err


def test_verify_needs_a_word(repo: Repo, handoff: Store, programs: Path) -> None:
    """Nobody is there to be asked: nothing runs, neither a session nor the commands. Commands that
    pass already are said to be no proof, and stop nothing.
    """
    log = install(programs, "claude", TOLD)
    task = handoff.write("A task", "--verify", "touch ran.txt")
    assert handoff("relay", task, stdin="") == 1
    assert "    touch ran.txt" in handoff.err
    assert "add --yes" in handoff.err
    assert not starts(log)
    assert not (repo.root / "ran.txt").exists()
    assert handoff("relay", task, "--yes") == 1
    assert "already pass, so they cannot show when the task is done" in handoff.err
    assert (repo.root / "ran.txt").exists()
    assert len(starts(log)) == 1


def test_a_work_tree_is_chosen_once(repo: Repo, handoff: Store, programs: Path) -> None:
    """What sessions did is in the one they worked in; before that, nothing is lost."""
    log = install(programs, "claude", TOLD)
    task = handoff.write("A task")
    handoff("relay", task, "--max-sessions", "1")
    assert handoff("relay", task, "--max-sessions", "2", "--worktree") == 1
    assert f"already works in {repo.root}" in handoff.err
    assert len(starts(log)) == 1


def test_a_relay_runs_once(repo: Repo, handoff: Store, programs: Path) -> None:
    """While another process runs it, a second start is refused."""
    log = install(programs, "claude", TOLD)
    task = handoff.write("A task")
    folder = repo.state / "relays"
    folder.mkdir()
    with (folder / f"{task}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert handoff("relay", task) == 1
    assert f"The relay of {task} is already running." in handoff.err
    assert not starts(log)


def test_who_cannot_relay(
    repo: Repo,
    handoff: Store,
    programs: Path,
    own_home: Path,
) -> None:
    """Another agent hands nothing over; a brief that is none of ours is not started."""
    log = install(programs, "mine", "")
    configure(own_home, "runners: {mine: {print: [mine, '{prompt}']}}\n")
    task = handoff.write("A task")
    assert handoff("relay", task, "--runner", "mine") == 1
    assert "mine cannot be relayed" in handoff.err
    assert handoff("relay", "none-such") == 1
    assert handoff("relay") == 2
    assert handoff("relay", "none-such", "--show") == 1
    (repo.root / ".handoff" / "open" / f"{task}.md").write_text("changed")
    assert handoff("relay", task) == 1
    assert not starts(log)


MOVES = """
import subprocess
sys.path.insert(0, {plugin!r})
from handoff.authoring import model, submit
from handoff.runtime import Runtime
from handoff.session import state
from handoff.store import brief_files, claim_rules, finish, places
session = next(word[13:] for word in sys.argv if word.startswith("--session-id="))
runtime, place = Runtime(os.environ, full=True), places.locate(".")
stored = brief_files.find(place.root, os.environ["HANDOFF_PICKUP"])
claim_rules.pick_up(stored.brief, session, runtime)
now = {tree!r} if os.getcwd() != {tree!r} else os.getcwd()
state.update(runtime.home, session, lambda state: state.values.update(
    project=now, cwd=now, picked=stored.brief.id, started=True))
if os.path.exists(now):
    finish.finish(place, [stored], "Did it.", runtime, runtime.config(place.root))
else:
    subprocess.run(["git", "worktree", "add", "--quiet", now], check=True)
    text = "# Half\\n## Task\\nDo the rest.\\n"
    submit.submit_brief(text, model.WriteOptions(), session, now, runtime, sends_back=False)
"""


def test_a_session_that_enters_a_work_tree(repo: Repo, handoff: Store, programs: Path) -> None:
    """The relay goes on where its brief is and its work, until it is done there."""
    tree = str(repo.root / ".claude" / "worktrees" / "own")
    plugin = str(Path(places.__file__).parents[2])
    log = install(programs, "claude", MOVES.format(plugin=plugin, tree=tree) + TOLD)
    task = handoff.write("A task")
    assert handoff("relay", task) == 0, handoff.err
    assert [run["cwd"] for run in starts(log)] == [str(repo.root), tree]
    (relay,) = handoff.json("relay", "--show")
    assert (relay["directory"], relay["end"]) == (tree, "done")
    assert [one["verdict"] for one in relay["sessions"]] == ["continued", "done"]


def test_an_unknown_cost(repo: Repo, handoff: Store, programs: Path) -> None:
    """A session that printed a result without a cost counts with what it was allowed."""
    log = install(programs, "claude", TOLD.replace('"total_cost_usd": 0.25, ', ""))
    task = handoff.write("A task")
    assert handoff("relay", task, "--budget-usd", "2", "--json") == 1
    relay = json.loads(handoff.out)
    assert (relay["sessions"][0]["cost_usd"], relay["cost_usd"]) == (None, 2.0)
    handoff("relay", task)
    assert "its budget is spent" in handoff.err
    assert len(starts(log)) == 1


def test_a_budget_is_a_number(repo: Repo, handoff: Store, programs: Path) -> None:
    """NaN is less than nothing and more than nothing: no session would ever be over it."""
    log = install(programs, "claude", TOLD)
    task = handoff.write("A task")
    for verb in ("relay", "run"):
        for word in ("nan", "inf", "1e300", "0.001"):
            assert handoff(verb, task, "--budget-usd", word) == 2, (verb, word)
    assert handoff("wait", task, "--timeout", "nan") == 2
    assert not starts(log)


WRONG: tuple[tuple[str, Any], ...] = (
    ("budget_usd", "2"),
    ("budget_usd", float("nan")),
    ("budget_usd", 10**400),
    ("most", True),
    ("asked", ["opus"]),
    ("task", "../other"),
    ("directory", None),
    ("sessions", {}),
    ("sessions", [{"session": "../x"}]),
)


def test_a_journal_with_a_wrong_value(repo: Repo, handoff: Store, programs: Path) -> None:
    """It is named, with what to do; nothing is started, and other relays are shown all the same."""
    log = install(programs, "claude", TOLD)
    task, other = handoff.write("A task"), handoff.write("Another")
    for one in (task, other):
        handoff("relay", one, "--max-sessions", "1")
    path = repo.state / "relays" / f"{task}.json"
    sound = json.loads(path.read_text())
    for name, value in WRONG:
        path.write_text(json.dumps({**sound, name: value}))
        assert handoff("relay", task, "--max-sessions", "5") == 1
        assert f"{task}.json is damaged, or another version's: {name}." in handoff.err
        assert "remove it to start the relay" in handoff.err
        assert handoff("relay", task, "--show") == 1
        assert [one["task"] for one in handoff.json("relay", "--show")] == [other]
    assert len(starts(log)) == 2


def test_a_journal_of_a_newer_version(repo: Repo, handoff: Store, programs: Path) -> None:
    """What it does not know is passed over; a figure that is none is an unknown one."""
    install(programs, "claude", TOLD)
    task = handoff.write("A task")
    handoff("relay", task, "--budget-usd", "2")
    path = repo.state / "relays" / f"{task}.json"
    journal = json.loads(path.read_text())
    journal["sessions"][0] |= {"cost_usd": "much", "verdict": "splendid", "new": 1}
    path.write_text(json.dumps({**journal, "new": 1}))
    (shown,) = handoff.json("relay", task, "--show")
    assert (shown["cost_usd"], shown["sessions"][0]["verdict"]) == (2.0, "splendid")


# run


def test_what_cannot_be_started_has_failed(
    repo: Repo, handoff: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only a task that is finished, or somebody's, is skipped; else the exit code tells."""
    handoff.write("A task")
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    assert handoff("run", "--json") == 1
    (row,) = json.loads(handoff.out)
    assert row["state"] == "failed"
    assert "not on the PATH. Install Claude Code" in row["why"]
    (planned,) = handoff.json("run", "--dry-run")
    assert planned["why_not"] == row["why"]


def test_a_screen_that_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    """It stops no queue: its sessions would go on with nobody to look after them."""
    import click

    from handoff.cli.views import queue as queue_view

    def gone(*_: object, **__: object) -> None:
        told.append(1)
        raise BrokenPipeError

    told: list[int] = []
    monkeypatch.setattr(click, "echo", gone)
    with queue_view.Display(quiet=False) as display:
        display.show([loops_tasks.Row("a", "A", "running")])
        display.show([loops_tasks.Row("a", "A", "done")])
    assert len(told) == 1


def test_more_tasks_than_lines() -> None:
    """A screen shows what runs, wherever it stands among the tasks, and counts all of them."""
    from rich.console import Console

    from handoff.cli.views import queue as queue_view

    states = ["done"] * 9 + ["waiting"] * 50 + ["running", "failed"] + ["waiting"] * 40
    rows = [loops_tasks.Row(f"t-{n}", f"T{n}", state) for n, state in enumerate(states)]
    console = Console(width=80)
    with console.capture() as shown:
        console.print(queue_view.view(rows, 80, 4))
    _, *lines, foot = shown.get().splitlines()
    assert [line.split()[:2] for line in lines] == [
        ["t-0", "done"], ["t-1", "done"], ["t-59", "running"], ["t-60", "failed"],
    ]  # fmt: skip
    assert "9 of 101 tasks done, $0.0000, 97 not shown" in foot


def test_an_error_leaves_sessions_to_the_next(
    repo: Repo, handoff: Store, programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the state cannot be written any more that is told, with what becomes of them."""
    install(programs, "claude", TOLD)
    handoff.write("A task")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device", "queues/x.json")

    monkeypatch.setattr(loops_queue.Queue, "_settled", full)
    assert handoff("run") == 1
    assert "the next `handoff run` takes them over" in handoff.err
    assert "queues/x.json: No space left on device" in handoff.err


def test_a_task_that_another_run_finishes(
    repo: Repo, handoff: Store, programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is another one's when we look for a task, and finished right after: it is looked at once
    more, not left as waiting.
    """
    install(programs, "claude", TOLD)
    task = handoff.write("A task")
    journal = queue_journal.Journal(str(repo.state), places.locate(str(repo.root)).key)
    theirs = Session("s-1", task, task, str(repo.root), time.time())
    with journal:
        journal.put(theirs)
    watched = supervisor.watch_session(str(repo.state), "s-1")
    take_one = loops_queue.Queue._take_one

    def look(queue: loops_queue.Queue) -> bool:
        taken = take_one(queue)
        if watched is not None and journal.sessions() == [theirs]:
            handoff("done", task)
            with journal:
                journal.put(replace(theirs, verdict="done"))
            watched.close()
        return taken

    monkeypatch.setattr(loops_queue.Queue, "_take_one", look)
    assert handoff("run", "--json") == 0
    (row,) = json.loads(handoff.out)
    assert (row["state"], row["why"]) == ("skipped", "it is no longer open here")


def test_which_tasks(repo: Repo, handoff: Store, programs: Path) -> None:
    """Own, open, free tasks by label, kind, model or id; a dry run starts nothing."""
    log = install(programs, "claude", TOLD)
    docs = handoff.write("Docs", "--label", "docs", "--label", "x", "--for", "haiku")
    code = handoff.write("Code", "--label", "code")
    taken = handoff.write("Taken")
    claims.claim(str(repo.state), taken, "another-session", time.time())
    words = "# Go on\n## Task\nGo on.\n"
    onward = handoff.json("write", stdin=words)["id"]
    changed = handoff.write("Changed")
    path = repo.root / ".handoff" / "open" / f"{changed}.md"
    path.write_text(path.read_text().replace("Do it.", "Do harm."))

    def dry(*options: str) -> dict[str, str]:
        rows = handoff.json("run", "--dry-run", *options)
        return {row["id"]: row.get("why_not", "") for row in rows}

    assert dry() == {docs: "", code: "", taken: "it is claimed by session another-session"}
    assert dry("--label", "docs", "--label", "none") == {docs: ""}
    assert dry("--for", "haiku") == {docs: ""}
    assert dry("--label", "none") == {}
    assert dry("--kind", "continue") == {onward: ""}
    assert dry(code[-4:], onward) == {code: "", onward: ""}
    assert handoff("run", "--dry-run", changed) == 1
    assert handoff("run", "--dry-run", "none-such") == 1
    handoff("run", "--dry-run", "--label", "docs", "--budget-usd", "2")
    assert f"{docs}  Docs\n  in {repo.root}.handoff/{docs}\n" in handoff.out
    assert "model: haiku (the brief)" in handoff.out
    assert not starts(log)
    assert not Path(f"{repo.root}.handoff").exists()


def test_what_fails_is_told(repo: Repo, handoff: Store, programs: Path) -> None:
    """Sessions that were not given their brief: each task has failed, says why, and can be tried
    again; the table has what they cost.
    """
    log = install(programs, "claude", TOLD)
    tasks = [handoff.write("One"), handoff.write("Two")]
    assert handoff("run", "--jobs", "2") == 1
    assert handoff.out.count(" failed: the session was not given") == 2
    assert "0 of 2 tasks done, $0.50." in handoff.out
    assert "git merge" not in handoff.out
    assert "was not given the brief" in handoff.out
    assert {run["cwd"] for run in starts(log)} == {f"{repo.root}.handoff/{t}" for t in tasks}
    assert handoff("run", tasks[0]) == 1
    assert len(starts(log)) == 3
    assert list((repo.state / "supervised").iterdir()) == []


def test_a_budget_for_all(repo: Repo, handoff: Store, programs: Path) -> None:
    """It is shared among those that run; what is too little starts nothing."""
    log = install(programs, "claude", TOLD)
    for title in ("One", "Two", "Three"):
        handoff.write(title)
    assert handoff("run", "--jobs", "2", "--budget-usd", "0.6", "--json") == 1
    rows = json.loads(handoff.out)
    caps = [word for run in starts(log) for word in run["argv"] if "budget" in word]
    assert caps[:2] == ["--max-budget-usd=0.3", "--max-budget-usd=0.3"]
    assert caps[2:] in (["--max-budget-usd=0.05"], ["--max-budget-usd=0.1"])  # one ended, or both
    assert [row["state"] for row in rows] == ["failed"] * 3
    assert handoff("run", "--jobs", "2", "--budget-usd", "0.01", "--json") == 1
    assert [row["why"] for row in json.loads(handoff.out)] == ["the budget is spent"] * 3
    assert len(starts(log)) == 3


def test_other_agents(
    repo: Repo,
    handoff: Store,
    programs: Path,
    own_home: Path,
) -> None:
    """A task may go to another agent. What that changed is an outcome by code; a task that it left
    as it was is free again.
    """
    install(programs, "mine", "open('out.txt', 'w').write('x') if 'Paint it' in sys.argv[1] else 0")
    configure(own_home, "runners: {mine: {print: [mine, '{prompt}']}}\n")
    good, idle = handoff.write("Paint it"), handoff.write("Look at it")
    assert handoff("run", "--runner", "mine", "--json") == 1
    states = {row["id"]: row["state"] for row in json.loads(handoff.out)}
    assert states == {good: "done", idle: "failed"}
    done = Path(f"{repo.root}.handoff", good, ".handoff", "done", f"{good}.md").read_text()
    assert "By code, unverified" in done
    assert claims.owner(str(repo.state), idle) == ""


def test_finished_on_a_branch(repo: Repo, handoff: Store, programs: Path) -> None:
    """A task whose branch has it among the finished ones is not run again, also when its work tree
    is gone, until the branch is.
    """
    log = install(programs, "claude", TOLD)
    task = handoff.write("A task")
    beside = f"{repo.root}.handoff/{task}"
    repo.git("worktree", "add", "--quiet", "-b", f"handoff/{task}", beside)
    handoff.patch.chdir(beside)
    assert handoff("done", task, "--outcome", "Done.") == 0
    handoff.patch.chdir(repo.root)
    (row,) = handoff.json("run")
    assert (row["state"], "is finished on the branch" in row["why"]) == ("skipped", True)
    repo.git("worktree", "remove", beside)
    assert handoff.json("run")[0]["state"] == "skipped"
    assert not starts(log)
    repo.git("branch", "-D", f"handoff/{task}")
    handoff("run")
    assert len(starts(log)) == 1


def test_without_git(tmp_path: Path, handoff: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert handoff("run") == 1
    assert "cannot have worktrees: not a git repository" in handoff.err


def test_a_session_that_never_began(repo: Repo, handoff: Store, programs: Path) -> None:
    """The journal has a session whose start was cut off before its program was there: its task is
    run now, under an id of its own.
    """
    log = install(programs, "claude", TOLD)
    task = handoff.write("A task")
    journal = queue_journal.Journal(str(repo.state), places.locate(str(repo.root)).key)
    with journal:
        journal.put(Session("s-1", task, task, str(repo.root), time.time()))
    handoff("run")
    (run,) = starts(log)
    assert "--session-id=s-1" not in run["argv"]
    assert [one.session == "s-1" for one in journal.sessions()] == [False]


def test_journals_stay_small_and_survive_damage(repo: Repo, handoff: Store) -> None:
    """Only settled sessions of long ago go; a journal that cannot be read is moved aside."""
    journal = queue_journal.Journal(str(repo.state), "key")
    with journal:
        old = [Session(f"s-{n}", "t", "t", "/", 0.0, verdict="done") for n in range(304)]
        journal._save([Session("open", "t", "t", "/", 0.0), *old])
        journal.put(Session("s-304", "t", "t", "/", 0.0, verdict="done"))
    names = [one.session for one in journal.sessions()]
    assert (len(names), names[0], names[1]) == (301, "open", "s-5")
    (path,) = (repo.state / "queues").glob("*.json")
    path.write_text("{")
    assert journal.sessions() == []
    (repo.state / "relays").mkdir()
    (repo.state / "relays" / "x.json").write_text("[]")
    assert relay_journal.load(str(repo.state), "x") is None
    assert handoff.json("relay", "--show") == []


def test_prune_takes_them(repo: Repo, handoff: Store) -> None:
    """What these verbs leave in the state directory goes when it is long past."""
    old = time.time() - 100 * 86_400
    paths = [repo.state / "relays" / "a.json", repo.state / "queues" / "b.json",
             repo.state / "supervised" / "c.out"]  # fmt: skip
    for path in paths:
        path.parent.mkdir(parents=True)
        path.touch()
        os.utime(path, (old, old))
    handoff("prune", "--yes")
    assert [path for path in paths if path.exists()] == []


def test_filters() -> None:
    from handoff.brief.document import Brief

    brief = Brief("i", "T", "", kind="task", labels=("a", "b"), target={"model": "haiku"})
    assert loops_tasks.Filter().fits(brief)
    assert loops_tasks.Filter(labels=("b", "c"), model="haiku").fits(brief)
    assert not loops_tasks.Filter(labels=("c",)).fits(brief)
    assert not loops_tasks.Filter(model="opus").fits(brief)
    assert not loops_tasks.Filter(kind="continue").fits(brief)
    assert loops_tasks.Filter(ids=("i",), kind="continue").fits(brief)
