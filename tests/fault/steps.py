"""Every step of a process that the file system or git can see, counted; one of them goes wrong.

Steps come from the interpreter's audit events and from `os.write` and `os.fsync`, so code that is
new is covered by itself. Installed in the process under test, by `writer`; nothing of it is in the
product.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_CHANGES = frozenset(("fcntl.flock", "os.chmod", "os.link", "os.mkdir", "os.remove", "os.rename"))
_CHANGES |= {"os.rmdir", "os.symlink", "os.truncate", "os.utime"}
GIT_RUNS, GIT_ENDED = "git runs", "git ended"
# git that changes nothing: to others a step of it is as the one before.
READING = ("git rev-parse", "git ls-", "git status", "git diff", "git config", "git check-ignore")
_DEVICES = ("/dev/null", "/dev/tty")
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


@dataclass(frozen=True)
class Fault:
    """What happens at step `at` (from 1; 0: nothing): `kill`, `pause`, or an error's number.

    An error comes at this step, or at every one from there on if it `stays`; "write half" has
    written half by then. At `GIT_ENDED` it means that git did its work and was killed after it.
    """

    at: int = 0
    what: str = "kill"
    error: int = 0
    stays: bool = False


class Steps:
    """The steps of this process so far, appended to the file `trace` as they come."""

    def __init__(self, fault: Fault, trace: int, pause: Callable[[], None]) -> None:
        self.count = 0
        self._fault = fault
        self._trace = trace
        self._pause = pause
        self._write, self._fsync = os.write, os.fsync
        self._communicate: Any = subprocess.Popen.communicate
        self._quiet = False

    def install(self) -> None:
        """From now on steps count. Cannot be taken back."""
        sys.addaudithook(self._audit)
        os.write = self._half_written
        os.fsync = self._synced  # type: ignore[assignment]
        subprocess.Popen.communicate = self._ended()  # type: ignore[method-assign]

    def _step(self, name: str) -> bool:
        """Count; True when an error is due here."""
        self.count += 1
        self._write(self._trace, f"{name}\n".encode(errors="replace"))
        fault = self._fault
        if not fault.at or self.count < fault.at:
            return False
        if fault.what == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if fault.what == "pause":
            if self.count == fault.at:
                self._pause()
            return False
        return fault.stays or self.count == fault.at

    def _fail(self, path: str) -> None:
        raise OSError(self._fault.error, os.strerror(self._fault.error), path)

    def _audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, _, flags = arguments
            if isinstance(path, int) or not flags & _WRITING or path in _DEVICES:
                return
            name = f"open {_text(path)}"
        elif event == "subprocess.Popen":
            path = "git"
            name = f"git {' '.join(map(_text, _words(arguments[1])))}"
        elif event in _CHANGES:
            path = arguments[0]
            paths = [
                _text(item) for item in arguments if isinstance(item, (str, bytes, os.PathLike))
            ]
            name = f"{event} {' '.join(paths)}"
        else:
            return
        if self._step(name):
            self._fail(_text(path))

    def _half_written(self, descriptor: int, content: Any, /) -> int:
        if descriptor > 2 and len(content) > 1:
            self._step("write")
            half = self._write(descriptor, content[: len(content) // 2])
            if self._step("write half"):
                self._fail("")
            return half + self._write(descriptor, content[half:])
        return self._write(descriptor, content)

    def _synced(self, descriptor: Any, /) -> None:
        if self._step("fsync"):
            self._fail("")
        self._fsync(descriptor)

    def _ended(self) -> Any:
        steps, original = self, self._communicate

        def communicate(process: Any, *given: Any, **named: Any) -> Any:
            steps._step(GIT_RUNS)
            answer = original(process, *given, **named)
            if steps._step(GIT_ENDED):
                process.returncode = -signal.SIGKILL
                return b"", b""
            return answer

        return communicate


def _words(command: Any) -> list[Any]:
    """The verb of git and what follows it."""
    words = list(command)
    named = [i for i, word in enumerate(words) if str(word).startswith("--work-tree=")]
    return words[named[-1] + 1 :] if named else words[1:]


def _text(path: Any) -> str:
    return os.fsdecode(path) if isinstance(path, (bytes, os.PathLike)) else str(path)
