"""Supervised runs: found again whatever was killed when, started once, ended as they should."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from handoff.base.errors import HandoffError
from handoff.process import identity, supervisor
from handoff.process.supervisor import ENDED, NEVER, RUNNING
from support.waiting import SECONDS, until

SESSION = "11111111-aaaa-4aaa-8aaa-111111111111"
SECRET = "sk-supervised-secret"
# Starts the run in its argument 1 (a state directory), says so, and is killed by its own hand.
SUPERVISOR = """
import os, signal, sys
sys.path.insert(0, {plugin!r})
from handoff.process import supervisor as supervised
watch = supervised.watch_session(sys.argv[1], {session!r})
watch.start([sys.executable, "-c", sys.argv[2]], "/", dict(os.environ))
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def home(tmp_path: Path) -> str:
    return str(tmp_path / "state")


def watched(home: str) -> supervisor.Watch:
    watch = supervisor.watch_session(home, SESSION)
    assert watch is not None
    return watch


def start(watch: supervisor.Watch, code: str, **env: str) -> None:
    watch.start([sys.executable, "-c", code], "/", {**os.environ, **env})


def files(home: str) -> list[str]:
    return sorted(path.name.partition(".")[2] for path in Path(home, "supervised").iterdir())


def test_to_its_end(home: str) -> None:
    """Its output and exit code are kept; its environment, input and terminal are its own, and its
    environment is in no file.
    """
    watch = watched(home)
    start(watch, "import os, sys; print(len(os.environ['KEY']), os.getsid(0) == os.getpid(), "
          "repr(sys.stdin.read())); sys.stderr.write('oh'); sys.exit(3)", KEY=SECRET)  # fmt: skip
    assert until(lambda: watch.check() == ENDED)
    left = watch.left()
    assert (left.code, left.out, left.err) == (3, f"{len(SECRET)} True ''\n", "oh")
    assert abs(left.at - time.time()) < SECONDS
    for path in Path(home, "supervised").iterdir():
        assert SECRET.encode() not in path.read_bytes()
        assert path.stat().st_mode & 0o077 == 0
    watch.forget()
    assert files(home) == []


def test_one_supervisor_at_a_time(home: str) -> None:
    watch = watched(home)
    assert supervisor.watch_session(home, SESSION) is None
    watch.close()
    watched(home).close()


def test_started_once(home: str) -> None:
    watch = watched(home)
    start(watch, "pass")
    assert until(lambda: watch.check() == ENDED)
    with pytest.raises(HandoffError):
        start(watch, "pass")


def test_its_supervisor_was_killed(home: str) -> None:
    """The next one finds it running, waits for it and has its result, without the exit code."""
    plugin = str(Path(supervisor.__file__).parents[2])
    program = SUPERVISOR.format(plugin=plugin, session=SESSION)
    wait = "import sys, time, pathlib\n" + (
        f"while not pathlib.Path({home!r}, 'go').exists(): time.sleep(0.01)\nprint('all of it')"
    )
    subprocess.run([sys.executable, "-c", program, home, wait], timeout=SECONDS)
    watch = watched(home)
    assert watch.check() == RUNNING
    Path(home, "go").touch()
    assert until(lambda: watch.check() == ENDED)
    assert (watch.left().code, watch.left().out) == (None, "all of it\n")


def test_stop_one_that_another_started(home: str) -> None:
    plugin = str(Path(supervisor.__file__).parents[2])
    program = SUPERVISOR.format(plugin=plugin, session=SESSION)
    wait = (
        "import signal, sys, time\nsignal.signal(signal.SIGINT, lambda *_: sys.exit('ended'))\n"
        "print('up', flush=True)\ntime.sleep(600)"
    )
    subprocess.run([sys.executable, "-c", program, home, wait], timeout=SECONDS)
    watch = watched(home)
    assert until(lambda: watch.left().out == "up\n")
    watch.stop()
    assert (watch.check(), watch.left().err) == (ENDED, "ended\n")


def test_between_fork_and_exec(home: str) -> None:
    """The child has the lock and has not written yet who it is: it runs. It died there: it never
    began.
    """
    watch = watched(home)
    assert watch.check() == NEVER
    lock = os.open(os.path.join(home, "supervised", f"{SESSION}.lock"), os.O_RDWR)
    fcntl.flock(lock, fcntl.LOCK_EX)
    assert watch.check() == RUNNING
    os.close(lock)
    assert watch.check() == NEVER


def test_the_child_has_the_lock(home: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A supervisor that is killed right after the fork leaves a run that is starting, not none."""
    slow = tmp_path / "slow.py"
    slow.write_text("import time\ntime.sleep(600)\n")
    monkeypatch.setattr(supervisor, "_KEEPER", str(slow))
    watch = watched(home)
    start(watch, "pass")
    child = watch._child
    assert child is not None
    watch.close()
    try:
        assert watched(home).check() == RUNNING
    finally:
        child.kill()
        child.wait()


def test_a_number_that_is_used_again(home: str) -> None:
    """A process of that number which began at another time is another one, and gets no signal."""
    watch = watched(home)
    path = Path(home, "supervised", f"{SESSION}.process")
    path.write_text(json.dumps({"pid": os.getpid(), "mark": "before the last boot 17"}))
    assert watch.check() == ENDED
    watch.stop(0.1)
    watch.interrupt()
    path.write_text(json.dumps({"pid": os.getpid(), "mark": identity.read_mark(os.getpid())}))
    assert watch.check() == RUNNING


def test_what_it_leaves_running_does_not_hold_it(home: str) -> None:
    """A server that a session left in the background: the session has ended all the same, also for
    who did not start it.
    """
    watch = watched(home)
    code = (
        "import subprocess; print(subprocess.Popen(['sleep', '60'], close_fds=False, "
        "stdout=subprocess.DEVNULL).pid)"
    )
    start(watch, code)
    assert until(lambda: watch.check() == ENDED)
    try:
        watch.close()
        assert watched(home).check() == ENDED
    finally:
        os.kill(int(watch.left().out), signal.SIGKILL)


def test_a_program_that_is_missing(home: str) -> None:
    watch = watched(home)
    watch.start(["/no/such/program"], "/", dict(os.environ))
    assert until(lambda: watch.check() == ENDED)
    assert watch.left().code == 1
    assert "/no/such/program cannot be started: No such file" in watch.left().err


def test_a_directory_that_is_missing(home: str) -> None:
    watch = watched(home)
    with pytest.raises(HandoffError, match="cannot be started in /no/such"):
        watch.start([sys.executable], "/no/such/place", dict(os.environ))
    assert watch.check() == NEVER


def test_stop_as_ctrl_c_does(home: str) -> None:
    """It may say its last words; told once."""
    watch = watched(home)
    start(watch, "import signal, sys, time\nheard = []\n"
          "signal.signal(signal.SIGINT, lambda *_: heard.append(1))\nprint('up', flush=True)\n"
          "while not heard: time.sleep(0.01)\ntime.sleep(0.3)\nprint(len(heard))")  # fmt: skip
    assert until(lambda: watch.left().out == "up\n")
    watch.interrupt()
    watch.stop()
    assert watch.left().out == "up\n1\n"


def test_stop_one_that_does_not_listen(home: str) -> None:
    watch = watched(home)
    start(watch, "import signal, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n"
          "print('up', flush=True)\ntime.sleep(600)")  # fmt: skip
    assert until(lambda: watch.left().out == "up\n")
    watch.stop(0.2)
    assert (watch.check(), watch.left().code) == (ENDED, -signal.SIGKILL)


def test_the_rest_of_settled_runs(home: str) -> None:
    """What a supervisor that was killed after settling left goes; what is watched, or not settled,
    stays.
    """
    other = "22222222-bbbb-4bbb-8bbb-222222222222"
    for name in (SESSION, other):
        watch = supervisor.watch_session(home, name)
        assert watch is not None
        watch.close()
    Path(home, "supervised", f"{SESSION}.out").touch()
    held = watched(home)
    supervisor.sweep(home, [SESSION])
    assert len(files(home)) == 3
    held.close()
    supervisor.sweep(home, [SESSION, "unknown"])
    assert [path.name for path in Path(home, "supervised").iterdir()] == [f"{other}.watch"]
    supervisor.sweep(home + "-none", [SESSION])


def test_marks_of_processes() -> None:
    """A process keeps its mark; one that is over has none, also before it was waited for."""
    mine = identity.read_mark(os.getpid())
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        assert mine
        assert identity.is_there(os.getpid(), mine)
        assert identity.read_mark(child.pid) not in ("", mine)
        assert identity._by_ps(os.getpid()) == identity._by_ps(os.getpid()) != ""
    finally:
        child.kill()
    assert until(lambda: identity.read_mark(child.pid) == "")  # a zombie
    assert identity._by_ps(child.pid) == ""
    child.communicate()
    assert identity.read_mark(child.pid) == ""
    assert not identity.is_there(child.pid, "")
