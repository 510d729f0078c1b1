"""The app of a spec is up when work begins, and gone with all that it started when it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from handoff.build import app as apps
from handoff.build import processes, ready
from handoff.build.app import App
from handoff.runtime import Runtime
from handoff.specs.model import Spec
from support.servers import free_port, is_open, serve

if TYPE_CHECKING:
    from pathlib import Path

ID = "20261122-073812-shop-9f3a"
TOKEN = "ghp_" + "1234567890abcdefghijABCDEFGHIJklmnop"
linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /proc")


def make(tmp_path: Path, start: str, ready: str = "") -> App:
    """The app of a spec in a folder, with the state directory beside it."""
    root = tmp_path / "root"
    root.mkdir(parents=True)
    spec = Spec(ID, "Shop", "", str(root), (), start=start, ready=ready)
    runtime = Runtime({**os.environ, "SECRET": "x"}, full=True, home=str(tmp_path / "state"))
    return App(spec, str(root), runtime)


def files(tmp_path: Path) -> list[str]:
    """What is left in the state directory."""
    return sorted(os.listdir(tmp_path / "state" / "builds"))


@pytest.mark.parametrize("status", [200, 302, 404])
def test_ready_once_it_answers(tmp_path: Path, status: int) -> None:
    """Any answer below 500 is one; a redirect is not followed. At the end the port is free."""
    port = free_port()
    with make(tmp_path, serve(port, status), f"http://127.0.0.1:{port}/up?x=1") as app:
        assert app.start() == ""
        assert is_open(port)

    assert not is_open(port)
    assert files(tmp_path) == [f"{ID}.app.log"]
    assert "GET /up?x=1" in (tmp_path / "state/builds" / f"{ID}.app.log").read_text()


def test_ready_by_a_command(tmp_path: Path) -> None:
    """It is run until it ends well; it sees the worktree."""
    with make(tmp_path, "touch up; exec sleep 60", "test -e up") as app:
        assert app.start() == ""


def test_no_start(tmp_path: Path) -> None:
    """Then there is nothing to do."""
    with make(tmp_path, "") as app:
        assert app.start() == ""
    assert not (tmp_path / "state").exists()


def test_an_error_of_the_server_is_not_ready(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The problem names the URL, and nothing is left."""
    monkeypatch.setattr(apps, "READY_SECONDS", 0.5)
    port = free_port()
    with make(tmp_path, serve(port, 500), f"http://localhost:{port}/") as app:
        assert f"was not ready after 0 s: http://localhost:{port}/" in app.start()

    assert not is_open(port)


@pytest.mark.parametrize("ready", ["", "http://127.0.0.1:{}/", "false"])
def test_an_app_that_ends(tmp_path: Path, ready: str) -> None:
    """It is told at once, with its exit code and its last lines, without secrets."""
    command = f"seq 1 500; echo token={TOKEN}; exit 3"
    with make(tmp_path, command, ready.format(free_port())) as app:
        problem = app.start()

    assert problem.startswith("The app ended before it was ready, with exit code 3.\n")
    assert "\n500\n" in problem
    assert "\n1\n" not in problem
    log = (tmp_path / "state/builds" / f"{ID}.app.log").read_text()
    assert TOKEN not in problem + log
    assert len(log.splitlines()) == 200


def test_a_start_that_ends_well_and_leaves_nothing(tmp_path: Path) -> None:
    """That is no app either."""
    with make(tmp_path, "true", f"http://127.0.0.1:{free_port()}/") as app:
        assert "with exit code 0" in app.start()


@linux
@pytest.mark.parametrize("how", ["fork", "stubborn"])
def test_an_app_that_gets_away(tmp_path: Path, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A daemon, and one that ignores SIGTERM, are ended too."""
    monkeypatch.setattr(processes, "GRACE_SECONDS", 0.2)
    port = free_port()
    with make(tmp_path, serve(port, how=how), f"http://127.0.0.1:{port}/") as app:
        assert app.start() == ""

    assert not is_open(port)


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    """Nothing is started, and what answers there is not taken for the app."""
    port = free_port()
    with make(tmp_path / "a", serve(port), f"http://127.0.0.1:{port}/") as other:
        assert other.start() == ""
        with make(tmp_path / "b", "touch started", f"http://127.0.0.1:{port}/") as app:
            assert f"Something already answers at http://127.0.0.1:{port}/" in app.start()
        assert is_open(port)
    assert not (tmp_path / "b/root/started").exists()


@pytest.mark.parametrize(
    "url", ["http://example.org/", "http://192.0.2.1:80/", "http://127.0.0.1:99999/", "http:///x"]
)
def test_only_this_machine_is_asked(tmp_path: Path, url: str) -> None:
    """Anything else is a problem of the spec."""
    with make(tmp_path, "touch started", url) as app:
        assert app.start().startswith("ready: ")
    assert not (tmp_path / "root/started").exists()


@pytest.mark.parametrize("url", ["http://[::1]:8000/", "https://127.0.0.2/", "HTTP://localhost"])
def test_loopback_in_every_form(url: str) -> None:
    """Each is this machine."""
    assert ready.parse_url(url)


def test_proxies_are_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the environment says."""
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{free_port()}")
    port = free_port()
    with make(tmp_path, serve(port), f"http://127.0.0.1:{port}/") as app:
        assert app.start() == ""


def test_its_environment(tmp_path: Path) -> None:
    """It sees what a spec's commands see, and Python runs no bytecode that a session left."""
    with make(tmp_path, "env > seen; exec sleep 60", "test -s seen") as app:
        assert app.start() == ""
        lines = (tmp_path / "root/seen").read_text().splitlines()
    seen = dict(line.split("=", 1) for line in lines if "=" in line)

    assert "SECRET" not in seen
    assert seen[processes.MARK].startswith(f"app-{ID}-")
    assert not os.path.exists(seen["PYTHONPYCACHEPREFIX"])


_BUILD = """
import os, sys
from pathlib import Path
from handoff.build.app import App
from handoff.runtime import Runtime
from handoff.specs.model import Spec
tmp, start, ready = sys.argv[1:]
spec = Spec({!r}, "Shop", "", tmp, (), start=start, ready=ready)
print(repr(App(spec, tmp, Runtime(os.environ, full=True, home=tmp + "/state")).start()), flush=True)
sys.stdin.read()
"""


@linux
@pytest.mark.parametrize("how", ["plain", "fork"])
def test_the_app_of_a_build_that_was_killed(tmp_path: Path, how: str) -> None:
    """The next start ends it first, so that the port is free for its own."""
    port = free_port()
    url = f"http://127.0.0.1:{port}/"
    command = [sys.executable, "-c", _BUILD.format(ID), str(tmp_path), serve(port, how=how), url]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as build:
        assert build.stdout
        assert build.stdout.readline() == b"''\n"
        build.send_signal(signal.SIGKILL)
    assert is_open(port)

    with make(tmp_path, serve(port), url) as app:
        assert app.start() == ""
    assert not is_open(port)


def test_nothing_was_left_behind(tmp_path: Path) -> None:
    """Without a record, or with the number of another process, nothing is ended."""
    assert App.end_left_behind(str(tmp_path), ID) == []
    folder = tmp_path / "builds"
    folder.mkdir()
    record = folder / f"{ID}.app.json"
    record.write_text(f'{{"pid": {os.getpid()}, "mark": "another", "token": "app-none"}}')
    assert App.end_left_behind(str(tmp_path), ID) == []
    assert not record.exists()
