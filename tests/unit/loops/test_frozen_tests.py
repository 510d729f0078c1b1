"""Verify commands run the tests as they were when the brief was written, whatever a session did."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from handoff.loops import frozen_tests
from handoff.store import frozen_files, places
from support.runs import TOLD, install
from support.store_program import refs

if TYPE_CHECKING:
    from pathlib import Path

    from support.repo import Repo
    from support.store_program import Store

RED = """import unittest
class NotesTest(unittest.TestCase):
    def test_it(self):
        self.assertEqual(open("notes.txt").read(), "done\\n")
"""
GREEN = "import unittest\nclass NotesTest(unittest.TestCase):\n    def test_it(self): assert True\n"
VERIFY = "python3 -m unittest -q tests.test_notes"
WORK = "open('notes.txt', 'w').write('done\\n')"
CHEAT = f"open('tests/test_notes.py', 'w').write({GREEN!r})"
# A conftest.py cannot be tried without pytest: a shell test that reads one stands in for it.
SOURCES = "test -f conftest.py && . ./conftest.py; grep -q done notes.txt"


def verdict(repo: Repo, task: str, commands: str = VERIFY) -> frozen_tests.Verified:
    """What the commands say now, in a shell."""
    place = places.locate(str(repo.root))

    def run(env: object, counts: bool) -> bool:
        done = subprocess.run(["/bin/sh", "-c", commands], cwd=repo.root, capture_output=True)
        return done.returncode == 0

    return frozen_tests.run_frozen(task, place, str(repo.state), run)


@pytest.fixture
def red(repo: Repo) -> Path:
    """A test that fails, which git does not have yet."""
    path = repo.root / "tests" / "test_notes.py"
    path.parent.mkdir()
    path.write_text(RED)
    return path


ATTACKS = {
    "assert True": ("(root / 'tests/test_notes.py').write_text(GREEN)", VERIFY, "changed"),
    "deleted": ("os.unlink(root / 'tests/test_notes.py')", "! test -f tests/test_notes.py",
                "missing"),
    "renamed": ("os.rename(root / 'tests', root / 'old')", "! test -d tests", "missing"),
    "a link instead": (
        "(root / 'g.py').write_text(GREEN); os.unlink(root / 'tests/test_notes.py'); "
        "os.symlink('../g.py', root / 'tests/test_notes.py')", VERIFY, "changed"),
    "its folder a link": (
        "os.rename(root / 'tests', root / 'old'); (root / 'other').mkdir(); "
        "(root / 'other/test_notes.py').write_text(GREEN); os.symlink('other', root / 'tests')",
        VERIFY, "changed"),
    "a conftest.py": ("(root / 'conftest.py').write_text('exit 0')", SOURCES, "added"),
    "an ignored conftest.py": (
        "(root / '.gitignore').write_text('conftest.py'); "
        "(root / 'conftest.py').write_text('exit 0')", SOURCES, "added"),
    "sitecustomize.py": (
        "(root / 'sitecustomize.py').write_text('import os; os._exit(0)')",
        f"PYTHONPATH=. {VERIFY}", "added"),
}  # fmt: skip


@pytest.mark.parametrize("name", ATTACKS)
def test_attacks(repo: Repo, handoff: Store, red: Path, name: str) -> None:
    """None of them makes the commands pass; each is told, and stays on disk as it was made."""
    attack, commands, how = ATTACKS[name]
    task = handoff.write("Notes", "--verify", commands)
    exec(attack, {"os": os, "root": repo.root, "GREEN": GREEN})
    before = repo.git("status", "--porcelain", "-uall", "--ignored")

    verified = verdict(repo, task, commands)

    assert not verified.passed
    assert verified.own_pass
    assert set(verified.differing.values()) == {how}
    assert repo.git("status", "--porcelain", "-uall", "--ignored") == before
    assert (repo.root / "tests").is_symlink() is (name == "its folder a link")


def test_honest_work(repo: Repo, handoff: Store, red: Path) -> None:
    """Work passes; tests that it adds are run as they are, and named."""
    task = handoff.write("Notes", "--verify", VERIFY)
    (repo.root / "notes.txt").write_text("done\n")
    (repo.root / "tests" / "test_more.py").write_text(GREEN)
    verified = verdict(repo, task)

    assert (verified.passed, verified.differing) == (True, {})
    new = frozen_tests.list_new(task, places.locate(str(repo.root)), str(repo.state))
    assert new == ["tests/test_more.py"]


def test_scripts_of_package_json(repo: Repo, handoff: Store) -> None:
    """What `npm test` runs is as it was; dependencies are the work's."""
    package = repo.root / "package.json"
    package.write_text('{"scripts": {"test": "false"}}')
    task = handoff.write("Notes", "--verify", "npm test")
    package.write_text('{"scripts": {"test": "false"}, "dependencies": {"a": "1"}}')
    assert verdict(repo, task, "grep -q dependencies package.json").passed
    package.write_text('{"scripts": {"test": "true"}}')
    assert not verdict(repo, task, "grep -q true package.json").passed
    assert "true" in package.read_text()


def test_how_it_is_kept(repo: Repo, handoff: Store, red: Path, git_runs: list[list[str]]) -> None:
    """As blobs at one ref, by three runs of git and no filter; nothing for a brief without."""
    repo.git("config", "filter.f.clean", "touch ran; cat")
    (repo.root / ".gitattributes").write_text("* filter=f\n")
    handoff.write("Plain")
    plain = len(git_runs)
    assert not (repo.state / "verify").exists()
    task = handoff.write("Notes", "--verify", VERIFY)

    assert len(git_runs) - plain <= plain + 3
    ref = f"refs/handoff/verify/{task}"
    assert ref in refs(repo)
    assert repo.git("cat-file", "-p", f"{ref}:tests/test_notes.py") == RED
    assert not (repo.root / "ran").exists()
    assert RED not in (repo.state / "verify" / f"{task}.json").read_text()
    assert len(handoff.json("list")) == 2


def test_a_brief_that_continues(repo: Repo, handoff: Store, red: Path) -> None:
    """It has the files of the task's first brief; what a session made of them is not frozen."""
    task = handoff.write("Notes", "--verify", VERIFY)
    red.write_text(GREEN)
    child = "20261201-000000-child-0001"
    assert frozen_files.inherit(str(repo.state), child, ["", task])
    record = frozen_files.load(str(repo.state), child)
    assert record is not None
    assert record.task == task
    assert not verdict(repo, child).passed


def test_clean_up(repo: Repo, handoff: Store, red: Path) -> None:
    """Record and ref go with the task, and not while a relay works on it: its session may finish
    the brief, which must not free it of the tests.
    """
    tasks = [handoff.write(f"Notes {n}", "--verify", VERIFY) for n in range(3)]
    kept = repo.state / "verify"
    journal = repo.state / "relays" / f"{tasks[2]}.json"
    journal.parent.mkdir()
    journal.write_text("{}")
    handoff("done", tasks[0], "--outcome", "Did it.")
    handoff("drop", tasks[1])
    handoff("done", tasks[2], "--outcome", "Did it.")
    assert [path.stem for path in kept.iterdir()] == [tasks[2]]
    assert [ref for ref in refs(repo) if "verify" in ref] == [f"refs/handoff/verify/{tasks[2]}"]
    journal.unlink()
    handoff("prune", "--yes")
    assert list(kept.iterdir()) == []
    assert not [ref for ref in refs(repo) if "verify" in ref]


def test_outside_git(
    tmp_path: Path, handoff: Store, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The files are kept in the state directory."""
    (tmp_path / "plain" / "tests").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "plain")
    test = tmp_path / "plain" / "tests" / "test_notes.py"
    test.write_text(RED)
    task = handoff.write("Notes", "--verify", VERIFY)
    test.write_text(GREEN)
    place = places.locate(str(tmp_path / "plain"))
    state = str(own_home / "state")
    seen: list[str] = []

    def run(env: object, counts: bool) -> bool:
        seen.append(test.read_text())
        return counts

    assert frozen_tests.run_frozen(task, place, state, run).passed
    assert seen == [RED]
    assert test.read_text() == GREEN


def test_a_relay(repo: Repo, handoff: Store, red: Path, programs: Path) -> None:
    """A session that makes the test pass by changing it is not verified, and the user is told,
    once; one that does the work is. `handoff verify` says that the files differ.
    """
    task = handoff.write("Notes", "--verify", VERIFY)
    install(programs, "claude", CHEAT + TOLD)
    assert handoff("relay", task, "--yes", "--max-sessions", "1") == 1
    told = "tests/test_notes.py was changed by a session; the verify commands ran it as it was"
    assert handoff.err.count(told) == 1
    assert "The verify commands pass only with the tests that sessions changed." in handoff.err
    (relay,) = handoff.json("relay", "--show")
    assert relay["changed_tests"] == {"tests/test_notes.py": "changed"}
    assert red.read_text() == GREEN
    assert handoff("verify", task) == 0
    assert "tests/test_notes.py differs from when" in handoff.err

    install(programs, "claude", WORK + TOLD)
    assert handoff("relay", task, "--yes", "--max-sessions", "3") == 0, handoff.err
    assert told not in handoff.err
    assert not list((repo.state / "verify").iterdir())


def test_a_lost_blob(repo: Repo, handoff: Store, red: Path, programs: Path) -> None:
    """Where the frozen test is gone nothing counts as verified."""
    task = handoff.write("Notes", "--verify", VERIFY)
    lose = f"""
import subprocess
subprocess.run(['git', 'update-ref', '-d', 'refs/handoff/verify/{task}'], check=True)
subprocess.run(['git', 'prune', '--expire=now'], check=True)
"""
    install(programs, "claude", CHEAT + lose + TOLD)
    assert handoff("relay", task, "--yes", "--max-sessions", "1") == 1
    assert "tests/test_notes.py cannot be verified" in handoff.err


def test_a_killed_verification(repo: Repo, handoff: Store, red: Path) -> None:
    """The doctor names what it left, and the next command there puts it back."""
    task = handoff.write("Notes", "--verify", "cat tests/test_notes.py")
    red.write_text(GREEN)
    child = os.fork()
    if child == 0:
        try:
            verdict(repo, task, "kill -9 $PPID")
        finally:
            os._exit(1)
    os.waitpid(child, 0)
    assert red.read_text() == RED
    handoff("doctor")
    assert f"has test files of {repo.root} that a verification replaced" in handoff.out
    handoff("verify", task)
    assert "assert True" in handoff.out
    assert red.read_text() == GREEN
