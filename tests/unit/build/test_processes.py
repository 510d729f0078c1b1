"""What a session left running is found by its mark, whatever it did to get away, and ended."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from typing import TYPE_CHECKING

import pytest

from handoff.base import processes as base_processes
from handoff.build import processes
from support.servers import free_port, is_open, serve
from support.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /proc")
TOKEN = "ghp_" + "1234567890abcdefghijABCDEFGHIJklmnop"


@pytest.fixture
def session() -> Iterator[str]:
    """A session's mark; nothing that has it outlives the test."""
    mark = str(uuid.uuid4())
    yield mark
    processes.end_processes(mark, grace=0.0)


def start(command: str, session: str) -> subprocess.Popen[bytes]:
    """Run a command as the session's shell does."""
    env = {**os.environ, processes.MARK: session}
    return subprocess.Popen(["/bin/sh", "-c", command], env=env, start_new_session=True)


@pytest.mark.parametrize("form", ["{} &", "nohup {} >/dev/null 2>&1 &", "setsid {} &", "{fork}"])
def test_a_server_that_was_left(session: str, form: str) -> None:
    """In the background, without its shell, in a session of its own, as a daemon: its port is
    free afterwards.
    """
    port = free_port()
    start(form.format(serve(port), fork=serve(port, how="fork")), session).wait()
    assert until(lambda: is_open(port))
    ended = processes.end_processes(session)

    assert not is_open(port)
    assert any("servers.py" in name for name in ended)
    assert processes.end_processes(session) == []


def test_one_that_ignores_the_signal(session: str) -> None:
    """It is killed."""
    port = free_port()
    start(serve(port, how="stubborn,fork"), session).wait()
    assert until(lambda: is_open(port))
    processes.end_processes(session, grace=0.1)

    assert not is_open(port)


def test_one_that_starts_others_when_told(session: str) -> None:
    """They inherit the mark, and end too."""
    port = free_port()
    script = f'trap "{serve(port, how="fork")}; exit" TERM; echo up; while :; do sleep 0.05; done'
    env = {**os.environ, processes.MARK: session}
    with subprocess.Popen(["/bin/sh", "-c", script], env=env, stdout=subprocess.PIPE) as shell:
        assert shell.stdout
        assert shell.stdout.readline() == b"up\n"
        processes.end_processes(session)
        shell.wait()

    assert not processes.has_processes(session)
    assert not is_open(port)


def test_other_processes_stay(session: str) -> None:
    """Those of another session, and this one and its parents even with the mark."""
    other = start("sleep 60", f"{session}x")
    code = (
        "import sys; from handoff.build import processes;"
        "print(processes.end_processes(sys.argv[1])); print('alive')"
    )
    words = [sys.executable, "-c", code, session]
    env = {**os.environ, processes.MARK: session, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        ["/bin/sh", "-c", '"$@"; echo parent too', "sh", *words],
        env=env,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split("\n") == ["[]", "alive", "parent too", ""]
    assert other.poll() is None
    processes.end_processes(f"{session}x", grace=0.0)
    other.wait()


def test_names_can_be_shown(session: str) -> None:
    """Without secrets, control characters and more than a line."""
    words = ["sleep", "60"]
    env = {**os.environ, processes.MARK: session}
    name = f"curl -H 'Authorization: Bearer {TOKEN}' \x1b[31m\n" + "x" * 500
    process = subprocess.Popen([name, *words[1:]], executable="/bin/sleep", env=env)
    (ended,) = processes.end_processes(session)
    process.wait()

    assert TOKEN not in ended
    assert ended.isprintable()
    assert len(ended) <= 120


def test_where_ps_tells_the_environment(
    session: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On macOS, whose `ps` is played here: the process with the mark ends, the others stay."""
    left, other = (subprocess.Popen(["sleep", "60"]) for _ in range(2))
    mark = f"{processes.MARK}={session}"
    program = tmp_path / "ps"
    program.write_text(
        f"""#!/bin/sh
case "$*" in
*-E*) /bin/kill -0 {left.pid} && echo " {left.pid} 1 sleep 60 A=b c {mark} D=e"
      echo "{other.pid} 1 sleep 60 {mark}x"
      echo "{os.getpid()} 1 python -m pytest {mark}" ;;
*lstart*) /bin/ps "$@" ;;
*) echo "sleep 60" ;;
esac
"""
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(base_processes, "HAS_PROC", False)
    monkeypatch.setattr(sys, "platform", "darwin")

    with left, other:
        ended = processes.end_processes(session, grace=0.1)
        assert other.poll() is None
        other.kill()
        assert left.wait() != 0
    assert ended == ["sleep 60"]
