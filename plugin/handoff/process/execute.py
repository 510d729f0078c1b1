"""Starting programs: in place of this process, to their end, or in a tmux window.

A tmux server has an environment of its own and shows everybody the arguments it is given. So the
window starts our own small program, and that one is handed command and environment over a socket in
a folder that only the user can enter: no value touches a disk or an argument list.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from handoff.base import paths
from handoff.base.errors import HandoffError
from handoff.process import signals

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

SESSION = "handoff"  # the tmux session that is made where we are in none
_WINDOW_SECONDS = 20.0
_TMUX_SECONDS = 20.0
_ENTER = "enter"


@dataclass(frozen=True)
class Ended:
    """A program that ran to its end: exit code and what it printed on stdout.

    `told` is the signal that told us to end meanwhile, so that it was ended; 0 if none did.
    """

    code: int
    out: str
    told: int = 0


def replace(command: Sequence[str], directory: str, env: Mapping[str, str]) -> NoReturn:
    """Become the program. Raises HandoffError when it cannot be started."""
    sys.stdout.flush()
    sys.stderr.flush()
    try:
        os.chdir(directory)
        _as_in_a_shell()
        os.execvpe(command[0], list(command), dict(env))  # noqa: S606 - a list, no shell
    except OSError as error:
        raise _cannot(command, error) from None


def to_end(command: Sequence[str], directory: str, env: Mapping[str, str]) -> Ended:
    """Run the program without input; its stderr is ours.

    When we are told to end (Ctrl-C, SIGTERM, a closed terminal) the program is ended, as it must
    not go on, and spend, with nobody to hear of it.
    """
    told = 0
    with signals.told() as hearing:
        try:
            process = subprocess.Popen(
                list(command),
                cwd=directory,
                env=dict(env),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                text=True,
                errors="replace",
            )
        except OSError as error:
            raise _cannot(command, error) from None
        try:
            hearing.listen()
            out, _ = process.communicate()
        except signals.Told as stop:
            told = stop.number
            out = signals.end(process, is_asked=told == signal.SIGINT)  # the terminal's, to both
    return Ended(process.returncode, out, told)


def _as_in_a_shell() -> None:
    """Undo what Python ignores: a program started in our place would ignore it too, and `yes |
    head` in a session's shell would not end.
    """
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)


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
    tmux = shutil.which("tmux", path=paths.absolute_elements(around.get("PATH", "")))
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
                f"The tmux window {target} did not come up in {_WINDOW_SECONDS:g} s.",
                f"Look at it: tmux attach -t {SESSION}",
            ) from None
    if answer:
        raise HandoffError(answer, "Mend that, then try again.")
    return target


def enter(address: str) -> NoReturn:
    """In the window: be given command and environment, and become the program."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as caller:
        try:
            caller.connect(address)
        except OSError as error:
            raise HandoffError(
                f"Nobody waits at {address}: {error.strerror or error}.",
                "`handoff start ID --tmux` runs this by itself; it is of no use by hand.",
            ) from None
        raw = b"".join(iter(lambda: caller.recv(1 << 16), b""))
        order = json.loads(raw.decode("utf-8", "surrogateescape"))
        try:
            # The terminal is the window's, not the one that asked for it.
            own = {key: os.environ[key] for key in _OF_A_TERMINAL if key in os.environ}
            env = {k: v for k, v in order["env"].items() if k not in _OF_A_TERMINAL} | own
            search_path = paths.absolute_elements(env.get("PATH", ""))
            found = shutil.which(order["command"][0], path=search_path)
            os.chdir(order["directory"])
            if found is None:
                raise FileNotFoundError(2, "No such file or directory")
            _as_in_a_shell()
            # The socket closes with this process image, which is the word that all is well.
            os.execve(found, order["command"], env)  # noqa: S606 - a list, no shell
        except OSError as error:
            caller.sendall(_cannot(order["command"], error).what.encode())
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
    folder = tempfile.mkdtemp(prefix="handoff-")  # mode 0700
    address = os.path.join(folder, "s")
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
            try:
                server.bind(address)
            except OSError as error:
                raise HandoffError(
                    f"No socket can be made in {folder}: {error}.", "Set TMPDIR to a short path."
                ) from None
            server.settimeout(_WINDOW_SECONDS)
            server.listen(1)
            yield server, address
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _cannot(command: Sequence[str], error: OSError) -> HandoffError:
    mend = "Is it installed, and on the PATH?"
    if error.errno == errno.E2BIG:
        mend = "Give it less: a shorter --prompt, or {brief_path} in place of {prompt}."
    return HandoffError(f"{command[0]} cannot be started: {error.strerror}.", mend)
