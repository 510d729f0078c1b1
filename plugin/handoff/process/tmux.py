"""A program started in a tmux window."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from typing import TYPE_CHECKING, NoReturn

from handoff.base import paths
from handoff.base.errors import HandoffError
from handoff.process import execute

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

SESSION = "handoff"  # the tmux session that is made where we are in none
_WINDOW_SECONDS = 20.0
_TMUX_SECONDS = 20.0
_ENTER = "enter"
_MAX_PARENT = (
    80  # bytes of TMPDIR: with the names below it, a socket's path may have 107, macOS 103
)


def in_tmux(
    command: Sequence[str],
    directory: str,
    env: Mapping[str, str],
    name: str,
    around: Mapping[str, str],
) -> str:
    """Start the program in a new window; how to reach it. `around` is our own environment.

    Raises HandoffError without tmux, or when the window did not come up.
    """
    tmux = shutil.which("tmux", path=paths.program_path(around))
    if tmux is None:
        raise HandoffError(
            "tmux is not on the PATH.",
            "Install tmux, or start it in this terminal (without --tmux) or with --bg.",
        )
    with _listening() as (server, address):
        enter = [
            sys.executable,
            "-I",
            "-B",
            os.path.join(paths.plugin_root(), "plugin"),
            _ENTER,
            address,
        ]
        target = _new_window(tmux, enter, directory, name, around)
        order = {"command": list(command), "directory": directory, "env": dict(env)}
        try:
            with server.accept()[0] as caller:
                caller.settimeout(_WINDOW_SECONDS)
                caller.sendall(json.dumps(order).encode("utf-8", "surrogateescape"))
                caller.shutdown(socket.SHUT_WR)
                answer = caller.recv(4096).decode("utf-8", "replace")
        except OSError:
            raise HandoffError(
                f"The tmux window {target} did not open within {_WINDOW_SECONDS:g} s.",
                f"Look at it: tmux attach -t {SESSION}",
            ) from None
    if answer:
        raise HandoffError(answer, "Fix this and try again.")
    return target


def enter(address: str) -> NoReturn:
    """In the window: be given command and environment, and become the program."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as caller:
        try:
            caller.connect(address)
        except OSError as error:
            raise HandoffError(
                f"Nothing is listening on {address}: {error.strerror or error}.",
                "`handoff start ID --tmux` runs this command; do not run it by hand.",
            ) from None
        raw = b"".join(iter(lambda: caller.recv(1 << 16), b""))
        order = json.loads(raw.decode("utf-8", "surrogateescape"))
        try:
            # The terminal is the window's, not the one that asked for it.
            own = {key: os.environ[key] for key in _OF_A_TERMINAL if key in os.environ}
            env = {k: v for k, v in order["env"].items() if k not in _OF_A_TERMINAL} | own
            program = shutil.which(order["command"][0], path=paths.program_path(env))
            os.chdir(order["directory"])
            if program is None:
                raise FileNotFoundError(2, "No such file or directory")
            execute.restore_signals()
            # The socket closes with this process image, which is the word that all is well.
            os.execve(program, order["command"], env)  # noqa: S606 - a list, no shell
        except OSError as error:
            caller.sendall(execute.describe_start_error(order["command"], error).what.encode())
            sys.exit(1)


_OF_A_TERMINAL = ("TERM", "TERM_PROGRAM", "TERM_PROGRAM_VERSION", "TMUX", "TMUX_PANE", "COLORTERM")


def _new_window(
    tmux: str, command: Sequence[str], directory: str, name: str, around: Mapping[str, str]
) -> str:
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", name)[:30]
    # No -c: tmux would run what a directory's name has in `#(…)`. Its own directory is taken.
    about = ["-d", "-n", name, "-P", "-F", "#{session_name}:#{window_index}"]
    if around.get("TMUX"):
        wanted = ["new-window", *about]
    elif _tmux(tmux, ["has-session", "-t", f"={SESSION}"], around).returncode == 0:
        wanted = ["new-window", *about, "-t", f"={SESSION}:"]
    else:
        wanted = ["new-session", *about, "-s", SESSION]
    done = _tmux(tmux, [*wanted, "--", *command], around, directory)
    if done.returncode:
        raise HandoffError(
            f"tmux could not open a window: {done.stderr.strip() or 'no reason given'}.",
            "Try `tmux new-session -d` by hand, or start it without --tmux.",
        )
    return done.stdout.strip()


def _tmux(
    tmux: str, arguments: Sequence[str], around: Mapping[str, str], directory: str | None = None
) -> subprocess.CompletedProcess[str]:
    """Run tmux. A server that it starts inherits no key: only what tmux itself needs."""
    names = ("PATH", "HOME", "SHELL", "TERM", "LANG", "LC_ALL", "LC_CTYPE", "TMPDIR", "USER",
             "LOGNAME", "TMUX", "TMUX_PANE", "TMUX_TMPDIR", "XDG_RUNTIME_DIR")  # fmt: skip
    env = {key: around[key] for key in names if key in around}
    try:
        return subprocess.run(
            [tmux, *arguments],
            cwd=directory,
            env=env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_TMUX_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise HandoffError(f"tmux cannot be run: {error}.", "Start it without --tmux.") from None


@contextlib.contextmanager
def _listening() -> Iterator[tuple[socket.socket, str]]:
    is_short = len(os.fsencode(tempfile.gettempdir())) <= _MAX_PARENT
    parent = None if is_short else "/tmp"  # noqa: S108 - what is made in it is ours alone
    folder = tempfile.mkdtemp(prefix="handoff-", dir=parent)  # mode 0700
    address = os.path.join(folder, "s")
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
            try:
                server.bind(address)
            except OSError as error:
                raise HandoffError(
                    f"No socket can be created in {folder}: {error}.",
                    "Set TMPDIR to a shorter path.",
                ) from None
            server.settimeout(_WINDOW_SECONDS)
            server.listen(1)
            yield server, address
    finally:
        shutil.rmtree(folder, ignore_errors=True)
