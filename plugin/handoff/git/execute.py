"""One run of git: started, fed, waited for, and ended when it takes too long or we are to end.

It is started by the standard library alone, which is all that a hook has time for, or the way that
a command chose with `started_by`. Everything else is the same for both: what git is given and how
it is ended does not depend on who starts it.
"""

from __future__ import annotations

import contextlib
import math
import os
import signal
import subprocess
import threading
import time
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from handoff.base.errors import describe_shortage
from handoff.git import environment

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

READ_SECONDS = 30.0
NO_GIT = 127
NOT_STARTED = 126
TIMED_OUT = -9

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_GRACE_SECONDS = 2.0  # for git to take its locks and temporary files away, before it is killed


class Starter(Protocol):
    """How a program is started: its stdout and stderr are pipes, it leads a session of its own (no
    controlling terminal: nothing below can ask on it), and `env` is all of its environment.

    Raises FileNotFoundError where there is none, OSError, RuntimeError, MemoryError or ImportError
    where it cannot be started.
    """

    def __call__(
        self, command: Sequence[str], env: Mapping[str, str], stdin: int
    ) -> subprocess.Popen[bytes]:
        """`stdin` is subprocess.PIPE or subprocess.DEVNULL."""


@dataclass(frozen=True)
class GitResult:
    """What one run of git gave back; `code` is NO_GIT, NOT_STARTED (`err` says why; `is_short`: too
    many processes, no memory) or TIMED_OUT when there was no answer.
    """

    code: int
    out: bytes
    err: str
    is_short: bool = False


def start_directly(
    command: Sequence[str], env: Mapping[str, str], stdin: int
) -> subprocess.Popen[bytes]:
    """The Starter that needs the standard library alone."""
    return subprocess.Popen(
        list(command),
        env=dict(env),
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


_deadline: ContextVar[float] = ContextVar("deadline", default=math.inf)  # monotonic clock
_starter: ContextVar[Starter] = ContextVar("starter", default=start_directly)


@contextlib.contextmanager
def started_by(starter: Starter) -> Iterator[None]:
    """Have `starter` start git, in this thread, as long as the `with` lasts."""
    before = _starter.set(starter)
    try:
        yield
    finally:
        _starter.reset(before)


@contextlib.contextmanager
def within(seconds: float) -> Iterator[None]:
    """Have every git in this thread ended `seconds` after the `with` began, and none started later:
    both are TIMED_OUT. One that holds a lock of the user's is waited for all the same.
    """
    before = _deadline.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _deadline.reset(before)


def execute(
    options: Sequence[str],
    arguments: Sequence[str],
    *,
    stdin: bytes | None = None,
    env: Mapping[str, str] | None = None,
    seconds: float | None = READ_SECONDS,
) -> GitResult:
    """Run `git` with the settings that hold for every run, then `options` and `arguments`.

    Nothing is raised but what a signal's handler raises (Ctrl-C): git is ended first. With
    `seconds` None it is waited for, whatever comes, as it holds a lock of the user's.
    """
    settings = [word for setting in environment.SETTINGS for word in ("-c", setting)]
    command = ["git", "--no-pager", *settings, *options, *arguments]
    if seconds is not None:
        seconds = min(seconds, _deadline.get() - time.monotonic())
        if seconds <= 0:
            return GitResult(TIMED_OUT, b"", "")
    source = subprocess.DEVNULL if stdin is None else subprocess.PIPE
    process = None
    try:
        with _undisturbed():
            process = _starter.get()(command, environment.complete(env or {}), source)
            if seconds is None:
                out, err = process.communicate(stdin)
        if seconds is not None:
            out, err = process.communicate(stdin, timeout=seconds)
    except subprocess.TimeoutExpired:
        _end(process)
        return GitResult(TIMED_OUT, b"", "")
    except FileNotFoundError as error:
        return GitResult(NO_GIT, b"", str(error))
    except (OSError, RuntimeError, MemoryError, ImportError) as error:
        _end(process)
        return _not_started(error)
    except BaseException:
        _end(process)
        raise
    return GitResult(process.returncode, out, os.fsdecode(err).strip())


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Signals are answered when the `with` is left: not while a program is being started, which
    nobody would know then. Their handlers run in the main thread alone.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    handlers = {number: signal.getsignal(number) for number in _SIGNALS}
    ours = {number: handler for number, handler in handlers.items() if callable(handler)}
    for number in ours:
        signal.signal(number, lambda number, _: came.append(number))
    try:
        yield
    finally:
        for number, handler in ours.items():
            signal.signal(number, handler)
        for number, handler in ours.items():
            if number in came:
                handler(number, None)


def _end(process: subprocess.Popen[bytes] | None) -> None:
    """End git and all that it started, if it runs. What is only killed leaves its locks, so all of
    them have their time: they have ended when none holds the output open any more.
    """
    if process is None or process.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired, OSError, ValueError, RuntimeError):
        process.communicate(timeout=_GRACE_SECONDS)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(_GRACE_SECONDS)
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            with contextlib.suppress(OSError):  # what it was not given yet cannot be flushed
                pipe.close()


def _not_started(error: BaseException) -> GitResult:
    short = describe_shortage(error)
    words = f"{short}: {error}" if short else str(error)
    return GitResult(NOT_STARTED, b"", words, is_short=bool(short))
