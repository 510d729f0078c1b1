"""`handoff build` is killed, and its sessions, and its sessions misbehave: nothing is verified
that code did not verify, no session is started twice, journal and branch agree.

The sessions are `fault.builder`: what they did is in its log.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from .killed import BUILD_POINTS
from .lab import PYTHONPATH, Place
from .session import COST

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .lab import Writer

PROGRAM = "from handoff.cli import main; main()"
SECONDS = 240.0
SPEC = "20261201-101010-three-files-beef"
FOLDER = f".handoff/specs/{SPEC}"
HEAD = f"""---
id: {SPEC}
title: Files with a line each
created: '2026-12-01T10:10:10Z'
runners:
  py: {sys.executable} -B {{target}}
---

# Files with a line each

## Goal

Files.
"""


class Builds:
    """A repository with a spec of some features, and the command line with sessions of a `kind`."""

    def __init__(self, place: Place, kind: str, count: int) -> None:
        self.place = place
        self.log = place.base / "log"
        self.count = count
        programs = place.base / "bin"
        programs.mkdir()
        claude = programs / "claude"
        claude.write_text(f'#!/bin/sh\nexec "{sys.executable}" -B -m fault.builder "$@"\n')
        claude.chmod(0o755)
        self.env = {
            **place.env,
            "PATH": f"{programs}{os.pathsep}{place.env['PATH']}",
            "PYTHONPATH": PYTHONPATH,
            "FAKE_LOG": str(self.log),
            "FAKE_KIND": kind,
        }
        for name in ("GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"):
            del self.env[name]
        self._write_spec()
        assert self.run("spec", "accept", SPEC, "--yes") == 0, self.read_output()

    def _write_spec(self) -> None:
        features = []
        for number in range(1, self.count + 1):
            name = f"f{number}"
            test = f"assert open('{name}.txt').read() == 'feature {number}\\n'\n"
            path = self.place.root / "tests" / f"{name}.py"
            path.parent.mkdir(exist_ok=True)
            path.write_text(test)
            features.append(
                {
                    "id": name,
                    "category": "functional",
                    "description": f"The file of {name}",
                    "steps": [f"Write {name}.txt"],
                    "verify": {"run": "py", "target": f"tests/{name}.py"},
                }
            )
        folder = self.place.root / FOLDER
        folder.mkdir(parents=True)
        (folder / "spec.md").write_text(HEAD)
        (folder / "features.json").write_text(json.dumps(features, indent=2) + "\n")
        self.place.git("add", "tests", FOLDER)
        self.place.git("commit", "--quiet", "--message=A spec", "--", "tests", FOLDER)

    @property
    def tree(self) -> Path:
        """The build's own worktree."""
        return self.place.root.parent / f"{self.place.root.name}.handoff" / SPEC

    def begin(self, *arguments: str, point: str = "") -> subprocess.Popen[bytes]:
        """Start the command line; it is killed at `point` of `fault.killed`."""
        program = ["-m", "fault.killed", point] if point else ["-c", PROGRAM]
        with (self.place.base / "said").open("ab") as output:
            return subprocess.Popen(
                [sys.executable, "-B", *program, *arguments],
                cwd=self.place.root,
                env=self.env,
                stdout=output,
                stderr=output,
            )

    def run(self, *arguments: str) -> int:
        """Run it to its end; its exit code."""
        return self.begin(*arguments).wait(SECONDS)

    def read_output(self) -> str:
        return (self.place.base / "said").read_text()

    def did(self) -> list[dict[str, Any]]:
        """What the sessions did, in order."""
        text = self.log.read_text() if self.log.exists() else ""
        return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]

    def built(self) -> list[str]:
        """The features that sessions built, in order."""
        return [one["did"][6:] for one in self.did() if one["did"].startswith("built ")]

    def journal(self) -> Any:
        return json.loads((self.place.state / "builds" / f"{SPEC}.json").read_text())

    def states(self) -> list[str]:
        return [one["state"] for one in self.journal()["features"].values()]

    def git(self, *arguments: str) -> str:
        """Run git in the build's worktree."""
        done = subprocess.run(
            ["git", *arguments], cwd=self.tree, env=self.env, capture_output=True, text=True,
            check=True,
        )  # fmt: skip
        return done.stdout

    def check(self) -> None:
        """Journal and branch agree, no session was started twice, nothing is left about."""
        journal = self.journal()
        in_branch = json.loads(self.git("show", f"HEAD:{FOLDER}/state.json"))
        assert {n: s["state"] for n, s in in_branch.items()} == {
            n: s["state"] for n, s in journal["features"].items()
        }
        for state in journal["features"].values():
            assert (state["state"] == "verified") == (state["exit_code"] == 0), state
        began = Counter(one["session"] for one in self.did() if one["did"] == "began")
        assert Counter(one["session"] for one in journal["sessions"]) == began
        assert set(began.values()) <= {1}
        assert self.git("status", "--porcelain") == ""
        assert self.git("symbolic-ref", "--short", "HEAD").strip() == f"handoff/{SPEC}"
        assert journal["pending"] == ""
        assert not list((self.tree / ".handoff" / "open").glob("*.md"))
        supervised = self.place.state / "supervised"
        assert not (supervised.exists() and list(supervised.iterdir()))


@pytest.fixture
def builds(base: Path, writer: Writer) -> Callable[..., Builds]:
    def make(kind: str, count: int = 3) -> Builds:
        return Builds(Place.new(base, writer), kind, count)

    return make


def test_a_feature_a_session(builds: Callable[..., Builds]) -> None:
    """One work commit a feature and one of state by code; no session after the last feature."""
    lab = builds("honest")
    before = lab.place.git("status", "--porcelain")
    assert lab.run("build", SPEC) == 0, lab.read_output()
    lab.check()
    briefs = [one["brief"] for one in lab.did() if one["did"].startswith("built ")]
    changed = "Changed since it was written: nothing in the repository."
    assert [one.split("\n")[1] for one in briefs if changed not in one] == []
    assert lab.built() == ["f1", "f2", "f3"]
    assert lab.states() == ["verified"] * 3
    subjects = lab.git("log", "--format=%s", "main..HEAD").splitlines()
    work = [subject for subject in subjects if subject.startswith("Build ")]
    assert work == ["Build f3", "Build f2", "Build f1"]
    assert len(subjects) - len(work) == 3 + 1, subjects  # one to begin with
    assert lab.place.git("status", "--porcelain") == before
    assert lab.run("build", SPEC) == 0
    assert len(lab.built()) == 3
    assert lab.journal()["cost_usd"] == pytest.approx(3 * COST)


def test_words_count_for_nothing(builds: Callable[..., Builds]) -> None:
    """A session that says that all passes and writes nothing: three attempts, then blocked."""
    lab = builds("liar", 2)
    assert lab.run("build", SPEC) == 1, lab.read_output()
    lab.check()
    assert lab.states() == ["blocked"] * 2
    assert len(lab.journal()["sessions"]) == 6
    assert lab.journal()["end"] == "blocked"


def test_three_at_once(builds: Callable[..., Builds]) -> None:
    """Three features in the first session: all are verified, the second session gets the fourth."""
    lab = builds("three", 4)
    assert lab.run("build", SPEC) == 0, lab.read_output()
    lab.check()
    assert lab.built() == ["f1", "f4"]


def test_what_breaks_is_repaired_first(builds: Callable[..., Builds]) -> None:
    lab = builds("breaker")
    assert lab.run("build", SPEC) == 0, lab.read_output()
    lab.check()
    assert lab.built() == ["f1", "f2", "f1", "f3"]
    briefs = [one["brief"] for one in lab.did() if one["did"].startswith("built ")]
    assert ["Fix this first" in brief for brief in briefs] == [False, False, True, False]
    assert "AssertionError" in briefs[2]


def test_what_is_not_repaired_is_undone(builds: Callable[..., Builds]) -> None:
    """After two repairs in vain the branch is back at its last green commit; what is lost is kept,
    and the feature that broke the other one is blocked in the end.
    """
    lab = builds("wrecker")
    assert lab.run("build", SPEC) == 1, lab.read_output()
    lab.check()
    assert lab.states() == ["verified", "blocked", "verified"]
    kept = lab.git("for-each-ref", "--format=%(refname)", "refs/handoff/wip/").split()
    assert kept
    assert any(
        "broken" in lab.git("show", f"{ref}:f1.txt") + lab.git("log", "-p", ref) for ref in kept
    )


def test_a_feature_of_several_sessions(builds: Callable[..., Builds]) -> None:
    """A session that hands over is continued by the next one, from its brief, in one attempt."""
    lab = builds("slow", 2)
    assert lab.run("build", SPEC) == 0, lab.read_output()
    lab.check()
    assert lab.built() == ["f1"] * 3 + ["f2"] * 3
    sessions = lab.journal()["sessions"]
    assert [one["attempt"] for one in sessions] == [1] * 6
    assert [one["left"] for one in sessions[:2]] == [one["brief"] for one in sessions[1:3]]
    assert {one["attempts"] for one in lab.journal()["features"].values()} == {0}


def test_more_than_three_continuations_are_an_attempt(builds: Callable[..., Builds]) -> None:
    lab = builds("endless", 1)
    assert lab.run("build", SPEC, "--max-sessions", "20") == 1, lab.read_output()
    lab.check()
    assert lab.states() == ["blocked"]
    attempts = [one["attempt"] for one in lab.journal()["sessions"]]
    assert attempts == [1] * 4 + [2] * 4 + [3] * 4


def test_leftovers_are_kept_at_a_ref(builds: Callable[..., Builds]) -> None:
    lab = builds("dirty", 2)
    assert lab.run("build", SPEC) == 0, lab.read_output()
    lab.check()
    kept = lab.git("for-each-ref", "--format=%(refname)", "refs/handoff/wip/").split()
    assert [lab.git("show", f"{ref}:left.txt") for ref in sorted(kept)] != []
    assert {lab.git("show", f"{ref}:f1.txt") for ref in kept} == {"not committed\n"}


def test_killed_at_every_point(builds: Callable[..., Builds]) -> None:
    """Killed before and after every step of a round, and started again: the same end, also where
    something has to be repaired.
    """
    lab = builds("breaker")
    for point in BUILD_POINTS:
        code = lab.begin("build", SPEC, point=point).wait(SECONDS)
        assert code in (-signal.SIGKILL, 0), (point, lab.read_output())
    assert lab.run("build", SPEC) == 0, lab.read_output()
    lab.check()
    assert lab.states() == ["verified"] * 3
    assert lab.built() == ["f1", "f2", "f1", "f3"]


def test_a_killed_session(builds: Callable[..., Builds]) -> None:
    """One killed before its work, one after its commit: the first is no attempt, the second one's
    work is verified all the same.
    """
    lab = builds("honest")
    for name in ("hang-now-1", "hang-later-2"):
        (lab.place.base / name).touch()
    loop = lab.begin("build", SPEC)
    for count in (1, 2):

        def hanging(wanted: int = count) -> bool:
            return len([one for one in lab.did() if one["did"] == "hangs"]) == wanted

        assert _until(hanging), lab.read_output()
        last = [one for one in lab.did() if one["did"] == "hangs"][-1]
        os.kill(last["pid"], signal.SIGKILL)
    assert loop.wait(SECONDS) == 0, lab.read_output()
    lab.check()
    assert lab.built() == ["f1", "f2", "f3"]
    assert {one["attempts"] for one in lab.journal()["features"].values()} == {0}


def test_stopped(builds: Callable[..., Builds]) -> None:
    """A signal ends the session; the same command continues, and the stop is no attempt."""
    lab = builds("honest", 2)
    (lab.place.base / "hang-now-1").touch()
    loop = lab.begin("build", SPEC)
    assert _until(lambda: any(one["did"] == "hangs" for one in lab.did())), lab.read_output()
    loop.send_signal(signal.SIGINT)
    assert loop.wait(SECONDS) == 130, lab.read_output()
    assert lab.journal()["end"] == "stopped"
    assert lab.run("build", SPEC) == 0, lab.read_output()
    lab.check()
    assert {one["attempts"] for one in lab.journal()["features"].values()} == {0}


def _until(check: Callable[[], bool], seconds: float = 60.0) -> bool:
    import time

    deadline = time.monotonic() + seconds
    while not check():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
