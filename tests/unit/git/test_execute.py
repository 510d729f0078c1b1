"""One run of git, started by either way: what it is given, how long it may take, how it ends."""

from __future__ import annotations

import ast
import json
import os
import select
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import handoff
from handoff.git import environment, execute, gitpython
from handoff.git import run as git
from support.client import Client

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.repo import Repo

LIBRARY = Path(handoff.__file__).parent


@pytest.fixture(params=[execute.start_directly, gitpython.start], ids=["directly", "gitpython"])
def starter(request: pytest.FixtureRequest) -> Iterator[None]:
    """Git is started in this way."""
    with execute.started_by(request.param):
        yield


@pytest.fixture
def checkout(repo: Repo, starter: None) -> git.Checkout:
    repo_checkout = git.find_checkout(str(repo.root))
    assert repo_checkout
    return repo_checkout


def alias(repo: Repo, script: str) -> str:
    """Have `git does` run a shell script."""
    repo.git("config", "alias.does", f"!{script}")
    return "does"


def has_ended(pid: int) -> bool:
    """Whether a process is gone, or goes: it was killed, and that is seen to by the system."""
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    with open(process, "rb") as file:
        return bool(select.select([file], [], [], 10)[0])


def test_what_leads_astray_is_taken_away(
    repo: Repo, checkout: git.Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Git hears nothing of it; the environment of this process has it again afterwards. In a hook
    of a push, GIT_QUARANTINE_PATH alone would forbid every commit.
    """
    verb = alias(repo, "env")
    for name in environment.ASTRAY:
        monkeypatch.setenv(name, "/nowhere")
    # What git itself says to its programs of the repository that it was told.
    told = ("GIT_DIR", "GIT_WORK_TREE", "GIT_PREFIX")
    out = git.run(checkout, verb).out.decode().splitlines()

    assert not [line for line in out if line.endswith("=/nowhere")]
    assert not [line for line in out if line.split("=")[0] in set(environment.ASTRAY) - set(told)]
    assert {"LC_ALL=C", "GIT_TERMINAL_PROMPT=0", "GIT_PAGER=cat"} <= set(out)
    assert {os.environ[name] for name in environment.ASTRAY} == {"/nowhere"}


def test_much_in_and_out(repo: Repo, checkout: git.Checkout) -> None:
    """More than a pipe holds goes in and comes out, every byte."""
    content = os.urandom(3_000_000)
    stored = git.run(checkout, "hash-object", "-w", "--stdin", stdin=content)
    assert git.run(checkout, "cat-file", "blob", stored.out.decode().strip()).out == content


def test_what_git_does_not_read(repo: Repo, checkout: git.Checkout) -> None:
    """Git may end before it has read all: what counts is its answer."""
    answer = git.run(checkout, "no-such-verb", stdin=b"x" * 1_000_000)
    assert answer.code == 1
    assert "no-such-verb" in answer.err


def test_no_git(checkout: git.Checkout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a git on the PATH there is no answer, and no error."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert git.version().code == git.NO_GIT


def test_a_git_that_cannot_be_started(
    checkout: git.Checkout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That is told apart from none."""
    (tmp_path / "git").write_text("#!/no/such/interpreter\n")
    (tmp_path / "git").chmod(0o644)
    monkeypatch.setenv("PATH", str(tmp_path))
    answer = git.version()
    assert answer.code == git.NOT_STARTED
    assert "Permission denied" in answer.err


def test_in_time(repo: Repo, checkout: git.Checkout, tmp_path: Path) -> None:
    """A git that takes too long is ended with all that it started, also if that ignores it."""
    verb = alias(repo, f"trap '' TERM; sleep 600 & echo $! >{tmp_path}/pid; wait")
    answer = git.run(checkout, verb, seconds=1.0)
    assert answer.code == git.TIMED_OUT
    assert has_ended(int((tmp_path / "pid").read_text()))


def test_git_takes_its_locks_away(repo: Repo, checkout: git.Checkout) -> None:
    """One that is ended is told so first, and leaves no lock behind. (It holds that of the ref
    while it waits for the word to go on.)
    """
    lock = repo.root / ".git/refs/heads/new.lock"
    asked = f"start\ncreate refs/heads/new {repo.git('rev-parse', 'HEAD').strip()}\nprepare\n"
    script = f"(printf '{asked}'; sleep 600) | git update-ref --stdin"
    verb = alias(repo, script.replace("\n", "\\n"))
    answer = git.run(checkout, verb, seconds=1.0)
    assert answer.code == git.TIMED_OUT
    assert not lock.exists()


def test_what_git_started_takes_its_time_to_end(
    repo: Repo, checkout: git.Checkout, tmp_path: Path
) -> None:
    """A program that git started clears up after git itself has ended."""
    lock = tmp_path / "lock"
    child = f"trap 'sleep 0.5; rm {lock}; exit' TERM; touch {lock}; sleep 600 & wait"
    verb = alias(repo, f'sh -c "{child}" & exec sleep 600')
    assert git.run(checkout, verb, seconds=1.0).code == git.TIMED_OUT
    assert not lock.exists()


@pytest.mark.parametrize("holds_lock", [False, True])
def test_ctrl_c(repo: Repo, checkout: git.Checkout, tmp_path: Path, *, holds_lock: bool) -> None:
    """The git that runs is ended with us; one that holds a lock of the user's is waited for."""
    rest = "cat; touch" if holds_lock else "sleep 600; touch"
    verb = alias(repo, f"echo $$ >{tmp_path}/pid; kill -INT {os.getpid()}; {rest} {tmp_path}/done")
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            git.run(checkout, verb, stdin=b"x" * 500_000, seconds=None if holds_lock else 600)
    finally:
        signal.signal(signal.SIGINT, before)
    assert has_ended(int((tmp_path / "pid").read_text()))
    assert (tmp_path / "done").exists() is holds_lock


def handoff_command(repo: Repo, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """The command line, or a hook, in a process of its own."""
    paths = more.pop("PYTHONPATH", "")
    env = {**os.environ, "PYTHONPATH": f"{paths}:{':'.join(sys.path)}", **more}
    return subprocess.run(
        [sys.executable, str(LIBRARY.parent), *arguments],
        input=json.dumps({"session_id": "s2", "cwd": str(repo.root), "source": "startup"}),
        capture_output=True,
        env=env,
        cwd=repo.root,
        text=True,
        check=True,
    )


@pytest.fixture
def shadow(tmp_path: Path) -> Path:
    """A folder with a package `git` that leaves a trace when it is imported."""
    package = tmp_path / "shadow" / "git"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(
        f"open({str(tmp_path / 'imported')!r}, 'w')\nraise OSError\n"
    )
    return package.parent


def test_hooks_do_without_gitpython(repo: Repo, shadow: Path, tmp_path: Path) -> None:
    """A session's start gives the brief that waits, and does not wait for that import."""
    brief = Client(repo).brief()
    done = handoff_command(repo, "hook", "session-start", PYTHONPATH=str(shadow))
    assert brief in done.stdout
    assert not (tmp_path / "imported").exists()


def test_commands_go_through_gitpython(repo: Repo, shadow: Path, tmp_path: Path) -> None:
    """Every command that runs git does."""
    handoff_command(repo, "list", PYTHONPATH=str(shadow))
    assert (tmp_path / "imported").exists()


def test_gitpython_starts_nothing_by_itself(repo: Repo, tmp_path: Path) -> None:
    """It would run `git version` when imported, and take a program of the work tree for git where
    the PATH has an empty element.
    """
    trap = repo.root / "git"
    trap.write_text(f'#!/bin/sh\necho "$*" >>{tmp_path}/trap\n')
    trap.chmod(0o755)
    handoff_command(repo, "list", PATH=f":{os.environ['PATH']}")
    assert not (tmp_path / "trap").exists()


def starts_git(tree: ast.AST) -> Iterator[int]:
    """The lines with a command line that begins with git, or a look-up of that program."""
    for node in ast.walk(tree):
        words: list[ast.expr] = []
        if isinstance(node, ast.List | ast.Tuple):
            words = node.elts
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value
            if isinstance(owner, ast.Name) and owner.id in ("subprocess", "os", "shutil"):
                words = node.args
        match words:
            case [ast.Constant(value=str(program), lineno=line), *_]:
                if program.rpartition("/")[2].partition(" ")[0] == "git":
                    yield line


def test_only_the_package_git_starts_git() -> None:
    """No other module names the program in a command line or looks for it. (That none imports
    GitPython is a contract of import-linter's.)
    """
    only_words = {
        "facts/file_log.py",  # what a session's shell ran, compared
        "pickup/changes_since.py",  # the beginning of a sentence
    }
    starts = {
        f"{path.relative_to(LIBRARY)}:{line}"
        for path in LIBRARY.rglob("*.py")
        if str(path.relative_to(LIBRARY)) not in only_words
        for line in starts_git(ast.parse(path.read_text()))
    }
    assert {place.partition(":")[0] for place in starts} <= {"git/execute.py", "git/version.py"}
    assert starts  # it would see one


def test_a_configuration_that_changed_when_the_time_is_over(
    repo: Repo, checkout: git.Checkout
) -> None:
    """It is read anew for what holds a lock; for all else there is no time."""
    repo.git("config", "color.ui", "false")
    with execute.within(0):
        assert git.run(checkout, "version").code == git.TIMED_OUT
        assert git.run(checkout, "version", seconds=None).code == 0
    assert checkout.config.text("color.ui") == "false"


def test_all_runs_within_a_time(repo: Repo, checkout: git.Checkout) -> None:
    """A git that waits for ever (its configuration is a pipe) is ended, and none is started after;
    what holds a lock is waited for.
    """
    verb = alias(repo, "echo ran")
    (repo.root / ".git/info").mkdir(exist_ok=True)
    pipe = repo.root / ".git/info/exclude"
    pipe.unlink(missing_ok=True)
    os.mkfifo(pipe)
    with execute.within(0.3):
        assert git.run(checkout, "status", seconds=60).code == git.TIMED_OUT
        assert git.run(checkout, verb).code == git.TIMED_OUT
        assert git.run(checkout, verb, seconds=None).out == b"ran\n"
    assert git.run(checkout, verb).out == b"ran\n"
