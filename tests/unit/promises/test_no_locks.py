"""A state directory whose file system cannot lock files, as some network homes: work goes on."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from handoff.base import file_io, local_lock
from handoff.base import locks as base_locks
from handoff.base.errors import HandoffError
from handoff.doctor import checks
from handoff.doctor import locks as doctor_locks
from handoff.install import environment
from handoff.loops import relay_journal
from handoff.process import supervisor
from handoff.runtime import Runtime
from handoff.store import claims, journal, places
from support.client import Client, context
from support.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.repo import Repo
    from support.store_program import Store

REAL_FLOCK = fcntl.flock
SESSION = "0f1e2d3c-aaaa-4bbb-8ccc-1234567890ab"
ERRORS = [errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS, errno.EBADF]
# For another process: the same, for all but the stand-ins in the folder {local}.
PATCH = """
import errno, fcntl, os, sys
real = fcntl.flock
def flock(file, how):
    number = file if isinstance(file, int) else file.fileno()
    if os.path.dirname(os.readlink(f"/proc/self/fd/{{number}}")) != {local!r}:
        raise OSError(errno.ENOLCK, "No locks available")
    real(number, how)
fcntl.flock = flock
sys.path.insert(0, {library!r})
from handoff.base import local_lock
local_lock.folder = lambda: {local!r}
"""
COUNT = """
from handoff.session import state
for _ in range(20):
    state.update(sys.argv[1], "s", lambda s: s.values.update(n=s.values.get("n", 0) + 1))
"""


def break_flock(monkeypatch: pytest.MonkeyPatch, number: int, local: Path | None) -> None:
    """flock fails with this error, but for files in the folder `local`."""

    def flock(file: int, how: int) -> None:
        there = os.listdir(local) if local and local.is_dir() else []
        ours = [os.stat(Path(local or "/", name)).st_ino for name in there]
        if os.stat(file).st_ino not in ours:
            raise OSError(number, os.strerror(number))
        REAL_FLOCK(file, how)

    monkeypatch.setattr(fcntl, "flock", flock)


@pytest.fixture
def local(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the machine's own locks are, of this test alone."""
    folder = tmp_path / "local"
    monkeypatch.setattr(local_lock, "folder", lambda: str(folder))
    return folder


@pytest.fixture(params=ERRORS, ids=errno.errorcode.get)
def machine(request: pytest.FixtureRequest, local: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Only this machine can lock."""
    break_flock(monkeypatch, request.param, local)
    return local


@pytest.fixture
def nothing(local: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing can lock."""
    break_flock(monkeypatch, errno.ENOLCK, None)


@pytest.fixture(params=[True, False], ids=["machine", "nothing"])
def less(request: pytest.FixtureRequest, local: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    break_flock(monkeypatch, errno.ENOLCK, local if request.param else None)


# The main job


def test_a_session(repo: Repo, handoff: Store, less: None) -> None:
    """Briefs are written, committed and handed on; no hook is silent, nothing is logged."""
    client = Client(repo)
    client.start()
    client.works(750_000)
    assert "handoff" in json.dumps(client("stop"))
    brief = client.brief()
    client("session-end", reason="clear")
    second = Client(repo, "s2")
    assert brief in context(second.start(source="clear"))
    assert claims.owner(str(repo.state), brief) == "s2"
    assert context(Client(repo, "s3").start()) == ""

    task = handoff.write("Another")
    assert handoff("claim", task) == 0, handoff.err
    assert handoff("done", task, "--outcome", "Did it.", "--force") == 0, handoff.err
    assert repo.git("status", "--porcelain") == ""
    assert not list((repo.state / "pending").iterdir())


def test_other_processes(repo: Repo, tmp_path: Path) -> None:
    """The launcher and the command line, as the client and a shell start them."""
    python = repo.state / "env" / "bin" / "python"
    python.parent.mkdir(parents=True)
    (repo.state / "env" / "handoff-ready").touch()
    patch = tmp_path / "patch.py"
    library = str(ROOT / "plugin")
    patch.write_text(
        PATCH.format(local=str(tmp_path / "local"), library=library)
        + "import runpy\n"
        + "del sys.argv[:sys.argv.index('--') + 1]\n"
        + "runpy.run_path(sys.argv[0], run_name='__main__')\n"
    )
    start = f'exec "{sys.executable}" -I "{patch}" --'
    python.write_text(f'#!/bin/sh\n[ "$1" != -I ] || shift\n{start} "$@"\n')
    python.chmod(0o755)
    env = {**os.environ, "CLAUDE_PROJECT_DIR": str(repo.root)}

    def run(*command: str, stdin: str) -> str:
        done = subprocess.run(command, input=stdin, env=env, capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    run(str(ROOT / "bin/handoff"), "write", stdin="# Fix it\n## Task\nDo it.\n")
    event = {"session_id": "s1", "cwd": str(repo.root), "source": "startup"}
    hook = (sys.executable, "-I", str(patch), "--", str(ROOT / "hooks/hook.py"), "session-start")
    assert "Fix it" in run(*hook, stdin=json.dumps(event))
    assert not (repo.state / "log" / "handoff.log").exists()


# Locks


def test_they_keep_processes_of_the_machine_out(machine: Path, tmp_path: Path) -> None:
    """One at a time, also for a folder; and the next one gets it."""
    path = str(tmp_path / "locks" / "a")
    with base_locks.Lock(path):
        with (
            pytest.raises(HandoffError, match="has been locked by another"),
            base_locks.Lock(path, 0),
        ):
            raise AssertionError("the lock was given twice")
        with base_locks.Lock(str(tmp_path / "locks" / "b"), 0):
            pass
    with base_locks.Lock(path, 0):
        pass
    with base_locks.Turn(str(tmp_path), 1):
        descriptor = os.open(tmp_path, os.O_RDONLY)
        assert base_locks.try_lock(descriptor) is False
        os.close(descriptor)
    assert machine.stat().st_mode & 0o777 == 0o700


def test_one_waits_for_the_other(machine: Path, tmp_path: Path) -> None:
    """Who finds the stand-in held waits for it, as for any lock."""
    path = str(tmp_path / "lock")
    got = threading.Event()

    def wait() -> None:
        with base_locks.Lock(path, 30):
            got.set()

    with base_locks.Lock(path):
        waiter = threading.Thread(target=wait)
        waiter.start()
        assert not got.wait(0.05)
    assert got.wait(20)
    waiter.join()


def test_no_update_of_four_processes_is_lost(tmp_path: Path) -> None:
    """Reading and writing stay one step."""
    code = PATCH.format(local=str(tmp_path / "local"), library=str(ROOT / "plugin"))
    command = [sys.executable, "-I", "-S", "-c", code + COUNT]
    running = [subprocess.Popen([*command, str(tmp_path)]) for _ in range(4)]
    assert [process.wait(60) for process in running] == [0] * 4
    assert json.loads((tmp_path / "sessions" / "s.json").read_text())["n"] == 80


@pytest.mark.parametrize("spoil", ["others", "link"])
def test_a_folder_that_is_not_ours(machine: Path, tmp_path: Path, spoil: str) -> None:
    """A folder that others can write, or a link, is not used: the work goes on without locks."""
    if spoil == "link":
        (tmp_path / "elsewhere").mkdir()
        machine.symlink_to(tmp_path / "elsewhere")
    else:
        machine.mkdir()
        machine.chmod(0o777)
    with base_locks.Lock(str(tmp_path / "lock"), 0), base_locks.Lock(str(tmp_path / "lock"), 0):
        pass
    assert not list(machine.iterdir())


# What has to be nobody else's


def change(root: Path, name: str) -> journal.Change:
    return journal.Change(str(root), name, "m", {f".handoff/open/{name}.md": b"text"}, {})


def test_an_entry_of_the_journal(machine: Path, tmp_path: Path) -> None:
    """While its process is at work nobody takes it over; afterwards somebody does."""
    home = str(tmp_path)
    with journal.begin(home, change(tmp_path, "a")):
        assert not list(journal.read_left(home))
    (left,) = (entry.change.id for entry in journal.read_left(home))
    assert left == "a"


def test_an_entry_that_nothing_can_lock(nothing: None, tmp_path: Path) -> None:
    """Then its age tells: a young one may be somebody's."""
    home = str(tmp_path)
    with journal.begin(home, change(tmp_path, "a")) as entry:
        assert not list(journal.read_left(home))
        old = time.time() - 3600
        os.utime(entry.path, (old, old))
        assert len(list(journal.read_left(home))) == 1


def test_a_claim_that_no_lock_kept_out(
    local: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two machines that take a brief at the same moment one gets it, and the other is told."""
    home, read = str(tmp_path), claims.read

    def late(home: str, brief_id: str) -> claims.Claim | None:
        brief = read(home, brief_id)
        if brief is None:
            monkeypatch.setattr(claims, "read", read)
            claims.forget(home, brief_id)
            file_io.write_json(claims._file(home, brief_id), {"session": "theirs", "at": 1.0})
        return brief

    monkeypatch.setattr(claims, "read", late)
    assert claims.take_claim(home, "x", "ours", 2.0).session == "theirs"
    assert claims.owner(home, "x") == "theirs"
    assert [path.name for path in (tmp_path / "claims").iterdir()] == ["x.json"]


def test_no_hard_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system without them takes a new file all the same."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    assert file_io.create_json(str(tmp_path / "a.json"), {"n": 1})
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]


# Sessions that are run


def test_a_run_has_one_supervisor(machine: Path, tmp_path: Path) -> None:
    """Also from its fork on, when the child holds the lock."""
    home = str(tmp_path / "state")
    supervisor.check_locks(home)
    watch = supervisor.watch_session(home, SESSION)
    assert watch is not None
    assert supervisor.watch_session(home, SESSION) is None
    watch.start([sys.executable, "-c", ""], "/", dict(os.environ))
    while watch.check() == supervisor.RUNNING:
        time.sleep(0.01)
    assert watch.check() == supervisor.ENDED
    watch.close()
    again = supervisor.watch_session(home, SESSION)
    assert again is not None
    again.forget()
    with relay_journal.lock_relay(home, "task"):
        with (
            pytest.raises(HandoffError, match="is already running"),
            relay_journal.lock_relay(home, "task"),
        ):
            raise AssertionError("it ran twice")


@pytest.mark.parametrize("begin", ["check", "watch", "relay"])
def test_no_run_without_a_lock(nothing: None, tmp_path: Path, begin: str) -> None:
    """Two processes could start the same session, and pay for it: that is said instead."""
    home = str(tmp_path / "state")
    do: dict[str, Callable[[], object]] = {
        "check": lambda: supervisor.check_locks(home),
        "watch": lambda: supervisor.watch_session(home, SESSION),
        "relay": lambda: relay_journal.lock_relay(home, "task").__enter__(),
    }
    with pytest.raises(HandoffError, match=r"No file can be locked, neither in .* nor in /tmp"):
        do[begin]()


def test_the_environment_is_built(
    less: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its build takes a lock too."""
    monkeypatch.setattr(environment, "_build", lambda *_: None)
    env = {"HANDOFF_HOME": str(tmp_path / "state")}
    for wait in (True, False):
        assert environment.build(str(ROOT), str(tmp_path), env, print, wait=wait) == ""


# The doctor


def test_the_doctor(repo: Repo, local: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It names the directory, and what is less safe in it."""
    repo.state.mkdir(exist_ok=True)
    runtime = Runtime(Client(repo).env, full=True)

    def locks() -> list[tuple[bool | None, str]]:
        all_checks = checks.checks(runtime, places.locate(str(repo.root)))
        return [(one.ok, one.detail) for one in all_checks if one.name == "locks"]

    assert locks() == []
    break_flock(monkeypatch, errno.ENOLCK, local)
    ((is_good, detail),) = locks()
    assert is_good is None
    assert detail.startswith(f"the file system of {repo.state} cannot lock files, so locks are in ")
    assert "on other machines" in detail

    break_flock(monkeypatch, errno.ENOLCK, None)
    ((is_good, detail),) = locks()
    assert is_good is False
    assert detail.startswith(f"no file can be locked in {repo.state} or in ")
    assert "`handoff relay` refuse to start" in detail
    assert not list(doctor_locks.checks(str(repo.state / "nowhere")))
    assert not [path for path in repo.state.iterdir() if "lock" in path.name]
