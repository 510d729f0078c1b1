"""Sessions that outlive who started them: killed at any point, the next supervisor finds them.

The session's id is ours, given to the client, and the caller has written it down, durably, before
anything is started. A run is the files `<state>/supervised/<session id>.*`:

- `watch`: held (flock) by the supervisor that cares for the run; the kernel frees it with that
  process, so that the next one may take the run over, and two never do;
- `lock`: held from before the fork until the program takes over. The supervisor takes it; the child
  inherits the very same lock, so a supervisor killed right after the fork leaves it held;
- `process`: number and start of the child, written by the child itself (`keeper`) before it becomes
  the program. An exec keeps both, and a number that is used again has another start;
- `out`, `err`: what the program prints. Its environment, which has keys, is nowhere.

So a run is, whatever was killed when (`Watch.look`):

- lock held: it is starting. Not long: the child writes its file and goes on, or dies;
- lock free, `process` there: it runs as long as that process does, else it has ended;
- lock free, no `process`: the program never began, as it begins behind that file only. It is safe
  to start another in its place, and nothing is lost.

The lock is looked at first: a child that is just past it has written its file. It closes with the
exec, so that nothing the session leaves running in the background can hold it.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from handoff.base import file_io, local_lock, locks, state_file
from handoff.base.errors import HandoffError
from handoff.process import identity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

NEVER, RUNNING, ENDED = "never", "running", "ended"
FOLDER = "supervised"
STOP_SECONDS = 15.0  # the client ends in less than one, its hooks at the end have 3
_KILL_SECONDS = 5.0  # for what is starting to be there, and for it to be gone
_POLL_SECONDS = 0.05
_MAX_BYTES = 16 * 1024 * 1024  # of what a program printed
_FILES = ("process", "lock", "out", "err", "watch")
_KEEPER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "keeper.py")


@dataclass(frozen=True)
class RunOutput:
    """What a run left: its exit code (None if another process started it), its output, and when it
    ended (epoch seconds; the last output's time where nobody saw the end).
    """

    code: int | None
    out: str
    err: str
    at: float


def watch_session(home: str, session: str) -> Watch | None:
    """Take the run of a session into care; None while another process has it there."""
    base = os.path.join(home, FOLDER, session)
    file_io.make_private(os.path.dirname(base))
    held = _lock(f"{base}.watch")
    return Watch(base, held) if held is not None else None


def check_locks(home: str) -> None:
    """Raise HandoffError where nothing can be locked, so that no run can be taken into care."""
    folder = os.path.join(home, FOLDER)
    file_io.make_private(folder)
    if local_lock.kind_of(folder) == local_lock.NONE:
        raise explain_no_locks(folder)


def explain_no_locks(folder: str) -> HandoffError:
    """Why nothing is supervised where nothing can be locked: two would start the same session."""
    return HandoffError(
        f"No file can be locked, neither in {folder} nor in /tmp: two processes could start the "
        "same session.",
        "Set HANDOFF_HOME to a directory on a local disk.",
    )


def sweep(home: str, settled: Iterable[str]) -> None:
    """Take away what is left of runs whose supervisor was killed when it had settled them."""
    try:
        there = {name.partition(".")[0] for name in os.listdir(os.path.join(home, FOLDER))}
    except FileNotFoundError:
        return
    for session in there.intersection(settled):
        held = watch_session(home, session)
        if held is not None:
            held.forget()


class Watch:
    """The care for one run. Not for several threads."""

    def __init__(self, base: str, held: int) -> None:
        self._base = base
        self._held = held
        self._child: subprocess.Popen[bytes] | None = None
        self._ended_at = 0.0
        self._was_told = False
        self._seen_at = float("-inf")

    def start(self, command: Sequence[str], directory: str, env: Mapping[str, str]) -> None:
        """Start the program, once, without input, in a session of its own.

        Raises HandoffError when it cannot be started.
        """
        lock = _lock(self._path("lock"))
        if lock is None or os.path.lexists(self._path("process")):
            raise HandoffError(f"The run {self._base} was already started.")
        keeper = [sys.executable, "-I", "-S", "-B", _KEEPER, str(lock), self._path("process")]
        try:
            with (
                open(self._path("out"), "wb", opener=_private) as out,
                open(self._path("err"), "wb", opener=_private) as err,
            ):
                self._child = subprocess.Popen(
                    [*keeper, *command],
                    cwd=directory,
                    env=dict(env),
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=err,
                    start_new_session=True,
                    pass_fds=(lock,),
                )
        except OSError as error:
            raise HandoffError(
                f"{command[0]} cannot be started in {directory}: {error.strerror}."
            ) from None
        finally:
            os.close(lock)

    def check(self) -> str:
        """NEVER, RUNNING or ENDED."""
        if self._child is not None:
            if self._child.poll() is None:
                return RUNNING
            self._ended_at = self._ended_at or time.time()
            return ENDED
        if time.monotonic() - self._seen_at < identity.LOOK_SECONDS:
            return RUNNING
        lock = _lock(self._path("lock"))
        if lock is None:
            return RUNNING
        os.close(lock)
        process = self._process()
        if process is None:
            return NEVER
        if not identity.is_there(*process):
            return ENDED
        self._seen_at = time.monotonic()
        return RUNNING

    def interrupt(self) -> None:
        """Tell it to end, once, as Ctrl-C does: the client then says what it cost."""
        self._was_told = self._was_told or self._send(signal.SIGINT, whole=False)

    def stop(self, seconds: float = STOP_SECONDS) -> None:
        """Have it end: `interrupt`, and after `seconds`, or at a KeyboardInterrupt, for good."""
        try:
            deadline = time.monotonic() + seconds
            while self.check() == RUNNING and time.monotonic() < deadline:
                self.interrupt()
                time.sleep(_POLL_SECONDS)
        finally:
            self.kill()

    def kill(self) -> None:
        """End it at once, with all of its group."""
        deadline = time.monotonic() + _KILL_SECONDS
        while self.check() == RUNNING and time.monotonic() < deadline:
            self._send(signal.SIGKILL, whole=True)  # until it is there: it may be starting
            time.sleep(_POLL_SECONDS)

    def left(self) -> RunOutput:
        """What it left; for a run that ended."""
        code = self._child.poll() if self._child else None
        out = self._path("out")
        at = self._ended_at or (os.stat(out).st_mtime if os.path.exists(out) else time.time())
        return RunOutput(code, _read(out), _read(self._path("err")), at)

    def close(self) -> None:
        """Let another process care for it."""
        os.close(self._held)

    def forget(self) -> None:
        """Take all of it away, once what it left is written down elsewhere."""
        for name in _FILES:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self._path(name))
        self.close()

    def _send(self, number: int, *, whole: bool) -> bool:
        """Send a signal to it, or to all of its group; whether that could be done."""
        process = self._process()
        if process is None or not identity.is_there(*process):
            return False
        try:
            os.killpg(process[0], number) if whole else os.kill(process[0], number)
        except OSError:
            return False
        return True

    def _process(self) -> tuple[int, str] | None:
        try:
            fields = json.loads(state_file.read(self._path("process")) or b"{}")
            return int(fields["pid"]), str(fields["mark"])
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return None

    def _path(self, name: str) -> str:
        return f"{self._base}.{name}"


def _lock(path: str) -> int | None:
    """A descriptor that holds the lock on `path`; None when another one does.

    Raises HandoffError where nothing can be locked.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    is_ours = locks.try_lock(descriptor)
    if is_ours:
        return descriptor
    os.close(descriptor)
    if is_ours is None:
        raise explain_no_locks(os.path.dirname(path))
    return None


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _read(path: str) -> str:
    try:
        with open(path, "rb") as file:
            return file.read(_MAX_BYTES).decode("utf-8", "replace")
    except OSError:
        return ""
