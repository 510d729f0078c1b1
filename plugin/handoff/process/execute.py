"""Starting programs: in place of this process, to their end, or in a tmux window.

A tmux server has an environment of its own and shows everybody the arguments it is given. So the
window starts our own small program, and that one is handed command and environment over a socket in
a folder that only the user can enter: no value touches a disk or an argument list.
"""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from handoff.base.errors import HandoffError
from handoff.process import signals

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

LOOK_SECONDS = 1.0


@dataclass(frozen=True)
class ProcessResult:
    """A program that ran to its end: exit code and what it printed on stdout.

    `told` is the signal that told us to end meanwhile, so that it was ended; 0 if none did.
    """

    code: int
    out: str
    told: int = 0


def replace_process(command: Sequence[str], directory: str, env: Mapping[str, str]) -> NoReturn:
    """Become the program. Raises HandoffError when it cannot be started."""
    sys.stdout.flush()
    sys.stderr.flush()
    try:
        os.chdir(directory)
        restore_signals()
        os.execvpe(command[0], list(command), dict(env))  # noqa: S606 - a list, no shell
    except OSError as error:
        raise describe_start_error(command, error) from None


def run_to_end(
    command: Sequence[str],
    directory: str,
    env: Mapping[str, str],
    look: Callable[[], object] | None = None,
) -> ProcessResult:
    """Run the program without input; its stderr is ours. `look` is called every second meanwhile.

    When we are told to end (Ctrl-C, SIGTERM, a closed terminal) the program is ended, as it must
    not go on, and spend, with nobody to hear of it.
    """
    with signals.StopSignal() as stop:
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
            raise describe_start_error(command, error) from None
        try:
            with stop.at_once():
                out = _read_all(process, look)
        except KeyboardInterrupt:
            is_asked = stop.number == signal.SIGINT  # the terminal's, to both
            out = signals.end_program(process, is_asked=is_asked)
    return ProcessResult(process.returncode, out, stop.number)


def _read_all(process: subprocess.Popen[str], look: Callable[[], object] | None) -> str:
    """What the program prints until it ends."""
    while True:
        try:
            return process.communicate(timeout=LOOK_SECONDS if look else None)[0]
        except subprocess.TimeoutExpired:
            if look:
                look()


def restore_signals() -> None:
    """Undo what Python ignores: a program started in our place would ignore it too, and `yes |
    head` in a session's shell would not end.
    """
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)


def describe_start_error(command: Sequence[str], error: OSError) -> HandoffError:
    """The error of a program that the system did not start, with what to do about it."""
    hint = "Check that it is installed and on the PATH."
    if error.errno == errno.E2BIG:
        hint = "Use a shorter --prompt, or {brief_path} in place of {prompt}."
    return HandoffError(f"{command[0]} cannot be started: {error.strerror}.", hint)
