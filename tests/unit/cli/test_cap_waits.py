"""`--wait-for-caps` on the command line: programs stand in for sessions that run into a cap."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from support.own_terminal import OwnTerminal
from support.paths import ROOT
from support.runs import install

if TYPE_CHECKING:
    from pathlib import Path

    from support.repo import Repo
    from support.store_program import Store

# The reset is an hour away.
CAPPED = """
import time
session = next(word[13:] for word in sys.argv if word.startswith("--session-id="))
when = time.strftime("%I:%M%p", time.gmtime(time.time() + 3600)).lower()
print(json.dumps({"session_id": session, "total_cost_usd": 0.25, "num_turns": 2, "modelUsage": {},
                  "subtype": "success", "is_error": True, "api_error_status": 429,
                  "result": f"You've hit your session limit · resets {when} (UTC)"}))
sys.exit(1)
"""
PROGRAM = "from handoff.cli import main; main()"
WAITS = "Waiting for the 5-hour cap to reset at "


def starts(log: Path) -> int:
    return len(log.read_text().splitlines()) if log.exists() else 0


def begin(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT / "plugin")},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def wait_for(process: subprocess.Popen[str], words: str) -> None:
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if words in line:
            return
    raise AssertionError("".join(lines))


def test_a_relay_ends_with_the_time(repo: Repo, handoff: Store, programs: Path) -> None:
    """It starts no further session, and says when the cap resets and how to continue."""
    log = install(programs, "claude", CAPPED)
    task = handoff.write("A task")
    assert handoff("relay", task) == 1
    assert re.search(
        r"stopped by the 5-hour cap, which resets at [\w :]+ \(in (59 min|1 h)\)\.", handoff.err
    )
    assert f"To continue then: handoff relay {task}\n" in handoff.err
    assert f"To wait for it: handoff relay {task} --wait-for-caps\n" in handoff.err
    assert starts(log) == 1
    (journal,) = handoff.json("relay", task, "--show")
    assert (journal["end"], journal["sessions"][0]["verdict"]) == ("cap", "cap")


def test_killed_while_it_waits(repo: Repo, handoff: Store, programs: Path) -> None:
    """kill -9: the same command waits for the same reset, starts no session and counts the window
    once; a signal ends the wait. Once the reset is past it continues at once, and does not wait
    for more windows than it was allowed.
    """
    log = install(programs, "claude", CAPPED)
    task = handoff.write("A task")
    path = repo.state / "relays" / f"{task}.json"

    killed = begin("relay", task, "--wait-for-caps")
    wait_for(killed, WAITS)
    killed.kill()
    killed.communicate()
    caps = json.loads(path.read_text())["caps"]
    assert (caps["allowed"], caps["used"], caps["over_at"]) == (1, 1, 0.0)

    stopped = begin("relay", task)
    wait_for(stopped, WAITS)
    stopped.send_signal(signal.SIGINT)
    rest = stopped.communicate(timeout=60)[0]
    assert stopped.returncode == 130, rest
    assert f"To continue: handoff relay {task}" in rest
    journal = json.loads(path.read_text())
    assert (journal["caps"], starts(log)) == (caps, 1)

    _let_pass(journal)
    path.write_text(json.dumps(journal))
    assert handoff("relay", task) == 1
    assert starts(log) == 2
    assert "The 5-hour cap has reset. Continuing." in handoff.err
    assert "1 reset of 1 waited for already" in handoff.err
    assert f"--wait-for-caps 2{os.linesep}" in handoff.err


def _let_pass(journal: dict[str, Any]) -> None:
    """As if two hours had gone by."""
    journal["caps"]["until"] -= 7200
    for session in journal["sessions"]:
        session["resets_at"] -= 7200
        session["began"] -= 7200


def test_a_queue_begins_no_task_at_a_cap(repo: Repo, handoff: Store, programs: Path) -> None:
    """All tasks share the subscription: the second is not started, none has failed."""
    log = install(programs, "claude", CAPPED)
    for number in range(2):
        handoff.write(f"Task {number}")
    assert handoff("run") == 1
    assert starts(log) == 1
    assert "Stopped by the 5-hour cap, which resets at " in handoff.err
    assert "To wait for it: add --wait-for-caps" in handoff.err
    assert "failed" not in handoff.out

    waits = begin("run", "--wait-for-caps")
    wait_for(waits, WAITS)
    waits.send_signal(signal.SIGTERM)
    rest = waits.communicate(timeout=60)[0]
    assert waits.returncode == 130, rest
    assert "Stopped. To continue: run the same command again." in rest
    assert starts(log) == 1


@pytest.mark.parametrize("verb", ["relay", "run"])
def test_a_key_ends_the_wait(repo: Repo, handoff: Store, programs: Path, verb: str) -> None:
    """The countdown is seen on the terminal, beside whatever else the command shows there."""
    log = install(programs, "claude", CAPPED)
    task = handoff.write("A task")
    with OwnTerminal() as terminal:
        child = terminal.begin(PROGRAM, verb, task, "--wait-for-caps")
        terminal.read_until(b"left. Press q to stop.")
        terminal.press(b"q")
        terminal.read_until(b"To continue: ")
        assert child.wait(30) == 130
    assert starts(log) == 1


def test_the_option(handoff: Store) -> None:
    """A number of windows; what is none says so."""
    assert handoff("relay", "none", "--wait-for-caps", "-1") == 2
    assert handoff("relay", "none", "--wait-for-caps", "soon") == 2
    assert "wait-for-caps" in handoff.err
