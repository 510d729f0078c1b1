"""`handoff build` where sessions end badly, where it is killed, and at a usage cap."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from typing import TYPE_CHECKING, Any

import pytest

from .builder import (
    Capped,
    DirtyEnder,
    Honest,
    accept,
    git_in,
    is_taken,
    journal_of,
    states_of,
    worktree_of,
)
from .harness import SUBSCRIBED
from .notes_app import PIECES, SPEC, write_spec
from .session import ONE_RETRY
from .starter import Starter

if TYPE_CHECKING:
    from .harness import World

KILLS = 12  # starts that are killed at most: each one line of output later than the one before
CAP_SECONDS = 8


@pytest.fixture
def start(world: World) -> Starter:
    return Starter(world)


def journal_file(world: World) -> Any:
    """The journal on disk."""
    return json.loads((world.state / "builds" / f"{SPEC}.json").read_text())


def test_a_dirty_end(world: World, start: Starter) -> None:
    """Changed and new files, and a server outside the process group, do not reach the next session:
    the files are kept at a ref, the port is free, the user's own worktree was never touched.
    """
    write_spec(world, ("f1", "f2"))
    worktree = worktree_of(world, SPEC)
    model = DirtyEnder(world, worktree)
    with world.serve(model):
        accept(start, SPEC)
        ran = start("build", SPEC, "--json")

    assert ran.code == 0, ran.err
    assert (model.seen, model.user_status) == ([], "")
    assert not is_taken(model.port)
    assert model.features == ["f1", "f1", "f2"]
    ref = f"refs/handoff/wip/{model.sessions[0]}"
    kept = world.git("ls-tree", "-r", "--name-only", ref).splitlines()
    assert "left-behind.txt" in kept
    assert "# half of it" in world.git("show", f"{ref}:notes/__init__.py")
    assert ref in model.firsts[1].text or "left-behind.txt" in model.firsts[1].text
    assert git_in(world, worktree, "status", "--porcelain") == ""
    assert world.git("status", "--porcelain") == ""


def test_killed_after_every_line(world: World, start: Starter) -> None:
    """Started again and again, and killed after its first line, its second, and so on: no session
    is started twice for the same work, and nothing is verified that its test does not verify at the
    commit that the journal names.
    """
    write_spec(world, ("f1", "f2"))
    model = Honest()
    with world.serve(model):
        accept(start, SPEC)
        code = None
        for lines in range(1, KILLS + 1):
            code = run_until(start, lines)
            check(world)
            if code is not None:
                break
        last = start("build", SPEC, "--json")

    assert last.code == 0, last.err
    journal = journal_of(last)
    assert states_of(journal) == {"f1": "verified", "f2": "verified"}
    assert [one["session"] for one in journal["sessions"]] == model.sessions
    assert model.features == ["f1", "f2"]
    check(world)
    log = git_in(world, worktree_of(world, SPEC), "log", "--format=%s")
    assert sorted(re.findall(r"^Build .*", log, re.MULTILINE)) == ["Build f1", "Build f2"]
    assert not any((world.state / "supervised").iterdir())


def run_until(start: Starter, lines: int) -> int | None:
    """Run the build and kill it after so many lines of output; its exit code if it ended before."""
    build = subprocess.Popen(
        start.command("build", SPEC),
        cwd=start.world.project,
        env=start.env(start.world.client_env),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert build.stdout is not None
    for _ in range(lines):
        if not build.stdout.readline():
            build.communicate(timeout=60)
            return build.returncode
    os.kill(build.pid, signal.SIGKILL)
    build.communicate(timeout=60)
    return None


def check(world: World) -> None:
    """What the journal calls verified has a test that passes at the commit that it names."""
    if not (world.state / "builds" / f"{SPEC}.json").exists():
        return
    journal = journal_file(world)
    sessions = [one["session"] for one in journal["sessions"]]
    assert len(sessions) == len(set(sessions))
    for name, state in journal["features"].items():
        if state["state"] == "verified":
            source = world.git("show", f"{state['commit']}:{PIECES[name].path}")
            assert source.strip() == PIECES[name].source.strip()


def subscriber(world: World) -> dict[str, str]:
    """The environment of somebody whose client has a subscription's login."""
    return {**world.client_env, **SUBSCRIBED, **ONE_RETRY}


def test_a_cap_ends_it(world: World, start: Starter) -> None:
    """Without being told to wait, a build ends at a usage cap and says when that resets. No attempt
    is counted.
    """
    write_spec(world, ("f1",))
    model = Capped(time.time() + 3_600)
    with world.serve(model):
        accept(start, SPEC)
        ran = start("build", SPEC, env=subscriber(world))
        journal = journal_of(start("build", SPEC, "--show", "--json"))

    assert ran.code != 0
    assert journal["end"] == "cap", (journal, ran.err)
    assert "resets" in ran.err + ran.out
    assert journal["features"]["f1"]["attempts"] == 0
    assert len(model.refused) == 1


def test_a_cap_is_waited_for(world: World, start: Starter) -> None:
    """With `--wait-for-caps` it waits for the reset that the client named, once, and finishes. The
    client names the minute alone, rounded down: too early, it would be refused again.
    """
    write_spec(world, ("f1",))
    model = Capped(0)
    with world.serve(model):
        accept(start, SPEC)
        model.resets_at = int(time.time()) + CAP_SECONDS
        ran = start(
            "build", SPEC, "--wait-for-caps=1", "--json", env=subscriber(world), timeout=240
        )

    assert ran.code == 0, ran.err
    assert time.time() >= model.resets_at
    assert len(model.refused) == 1
    assert states_of(journal_of(ran)) == {"f1": "verified"}
