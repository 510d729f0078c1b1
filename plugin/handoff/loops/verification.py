"""A brief's `verify` commands: the only way in which they are run (`handoff verify`, `relay`)."""

from __future__ import annotations

import codecs
import os
import re
import select
import signal
import subprocess
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from handoff.base import plain_text
from handoff.base.errors import HandoffError
from handoff.client import hook_io
from handoff.redact import redact
from handoff.store import brief_files, ledger, originals

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from handoff.runtime import Runtime
    from handoff.store.places import Place

_TAIL_LINES = 40
_MAX_LINE_CHARS = 16 * 1024  # characters of a line without an end
_SHELL = "/bin/sh"
_POLL_SECONDS = 0.1


class NoCommandsError(HandoffError):
    """The brief names no command to verify it with."""


@dataclass(frozen=True)
class VerifyRequest:
    """What a brief asks to run. `own`: this machine wrote exactly this."""

    id: str
    title: str
    root: str
    commands: tuple[str, ...]
    own: bool


@dataclass(frozen=True)
class CommandRun:
    """One command that was run. `code` is its exit code (negative: the signal that ended it), None
    when its time was up; `tail` its last lines of output, without secrets.
    """

    command: str
    code: int | None
    seconds: float
    tail: str

    @property
    def passed(self) -> bool:
        """Whether it ended well."""
        return self.code == 0

    def describe(self) -> str:
        """How it ended, for people."""
        if self.code is None:
            return f"FAILED: stopped after {self.seconds:.0f} s"
        took = f"{self.seconds:.1f} s"
        return f"passed, {took}" if self.passed else f"FAILED: exit code {self.code}, {took}"


def find_commands(wanted: str, runtime: Runtime, place: Place) -> VerifyRequest:
    """The commands of a brief, of this machine's own as they were written.

    Raises NoCommandsError when it has none, HandoffError for one that cannot be shown as it is.
    """
    known = ledger.own_entries(runtime.home, place.key)
    stored = originals.as_written(brief_files.find(place.root, wanted), runtime.home, known)
    if stored.brief is None:
        raise HandoffError(stored.problem)
    commands = tuple(command for command in stored.brief.verify if command.strip())
    if not commands:
        raise NoCommandsError(
            f"{stored.brief.id} has no verify commands.",
            "Its Verify section may say how to check it: handoff show " + stored.brief.id[-4:],
        )
    for command in commands:
        if plain_text.printable(command) != command:
            raise HandoffError(
                f"{stored.brief.id} has a command with invisible characters: "
                f"{plain_text.one_line(command, 120)}. Nothing was run.",
                "Run the command by hand if you trust it.",
            )
    own = ledger.digest_bytes(stored.raw) in known
    return VerifyRequest(stored.brief.id, stored.brief.title, place.root, commands, own)


def check_consent(wanted: VerifyRequest, runtime: Runtime, *, at_terminal: bool) -> None:
    """Raise HandoffError where a brief's commands must not even be asked about.

    Only a person at a terminal can say yes to those that this machine did not write; in a session's
    shell there is none.
    """
    if wanted.own or (at_terminal and not hook_io.current_session(runtime.env)):
        return
    raise HandoffError(
        f"{wanted.id} was not written on this machine, or was changed since. Nothing was run.",
        "Its commands run only after you type yes in a terminal outside any session: "
        f"handoff verify {wanted.id}",
    )


def run(
    command: str,
    wanted: VerifyRequest,
    seconds: float,
    runtime: Runtime,
    show: Callable[[str], None],
    env: Mapping[str, str] | None = None,
) -> CommandRun:
    """Run one command in a shell at the root of the worktree, without input, in our environment
    with `env` added.

    `show` is given each line of its output without secrets, as it comes. After `seconds` it is
    ended, with all that it started.
    """
    clean = redact.cleaner(runtime.config(wanted.root))
    whole = {**os.environ, **(env or {})}
    return run_in_shell(command, wanted.root, whole, seconds, clean, show)


def run_in_shell(
    command: str,
    root: str,
    env: Mapping[str, str],
    seconds: float,
    clean: Callable[[str], str],
    show: Callable[[str], None],
) -> CommandRun:
    """Run a command in a shell at `root`, in a process group of its own, with `env` as its whole
    environment; `clean` takes secrets out of what it prints.
    """
    tail: deque[str] = deque(maxlen=_TAIL_LINES)

    def pass_on(text: str) -> None:
        for line in plain_text.printable(clean(text)).splitlines():
            tail.append(line)
            show(line)

    began = time.monotonic()
    process = subprocess.Popen(
        [_SHELL, "-c", command],
        cwd=root,
        env=dict(env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        _read(process, began + seconds, pass_on)
        code = process.wait(max(0.0, began + seconds - time.monotonic()))
    except subprocess.TimeoutExpired:
        code = None
    finally:
        _end(process)
    return CommandRun(command, code, round(time.monotonic() - began, 2), "\n".join(tail))


def _read(
    process: subprocess.Popen[bytes], deadline: float, pass_on: Callable[[str], None]
) -> None:
    """Pass on what the process prints, whole lines at a time, until it ends or its time is up."""
    assert process.stdout is not None  # noqa: S101 - for mypy
    descriptor = process.stdout.fileno()
    decode = codecs.getincrementaldecoder("utf-8")("replace").decode
    held = ""
    while True:
        left = deadline - time.monotonic()
        if left <= 0:
            break
        if not select.select([descriptor], [], [], min(left, _POLL_SECONDS))[0]:
            if process.poll() is not None:
                break  # what it left running in the background keeps the pipe open
            continue
        got = os.read(descriptor, 1 << 16)
        if not got:
            break
        *lines, held = re.split(r"\r?\n|\r", held + decode(got))
        if len(held) > _MAX_LINE_CHARS:
            lines, held = [*lines, held], ""
        if lines:
            pass_on("\n".join(lines))
    if held:
        pass_on(held)
    if deadline - time.monotonic() <= 0:
        raise subprocess.TimeoutExpired(process.args, 0)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End what is left of it: the group is its own, so nothing else is in it."""
    if process.stdout:
        process.stdout.close()
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except OSError:
        pass
    process.wait()
