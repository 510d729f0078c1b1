"""The app that a spec's `start` command runs: started, waited for, and ended with all it started.

A build that is killed leaves a record, `<state>/builds/<spec>.app.json`, by which the next start
ends the app: the number of its process, and a mark in its environment that all it starts inherits.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import subprocess
import tempfile
import time
from typing import TYPE_CHECKING

from handoff.base import file_io, plain_text
from handoff.base.fields import text
from handoff.build import journal, processes, ready
from handoff.process import identity
from handoff.redact import redact
from handoff.specs import run as specs_run

if TYPE_CHECKING:
    from handoff.runtime import Runtime
    from handoff.specs.model import Spec

READY_SECONDS = 60.0
_POLL_SECONDS = 0.1
_FIRST_SECONDS = 0.5  # without `ready`: what cannot start has mostly ended by then
_CACHE = "handoff-app-"
_TAIL_LINES = 200
_TAIL_BYTES = 256 * 1024
_SHOWN_LINES = 40


class App:
    """A spec's app in the worktree at `root`; a context manager that ends it."""

    def __init__(self, spec: Spec, root: str, runtime: Runtime) -> None:
        self._spec = spec
        self._root = root
        self._runtime = runtime
        self._clean = redact.cleaner(runtime.config(root))
        self._env = specs_run.environment(runtime.env, spec.env)
        self._process: subprocess.Popen[bytes] | None = None
        self._mark = ""
        self._cache = ""

    def __enter__(self) -> App:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def start(self) -> str:
        """Start the app and wait until it is ready; "" then, else why it is not, with the last
        lines that it printed, without secrets. Without `start` nothing happens.
        """
        if not self._spec.start:
            return ""
        self.end()
        self.end_left_behind(self._runtime.home, self._spec.id)
        try:
            url = ready.parse_url(self._spec.ready)
        except ValueError as error:
            return f"ready: {error}."
        if url and ready.is_taken(url):
            return (
                f"Something already answers at {self._spec.ready}, and it is not this app. "
                "End it, or choose another port in the spec."
            )
        try:
            self._launch()
        except OSError as error:
            self.end()
            return f"The app could not be started: {error.strerror}."
        problem = self._wait()
        if problem:
            lines = self._tail()[-_SHOWN_LINES:]
            self.end()
            problem = "\n".join([problem, *lines])
        return problem

    def end(self) -> None:
        """End it, with all that it started. Its output is kept, without secrets."""
        process, self._process = self._process, None
        if process is not None:
            processes.end_group(process.pid, process.poll)
        if self._mark:
            processes.end_processes(self._mark)
            self._mark = ""
            _remove_cache(self._cache)
            kept = "".join(f"{line}\n" for line in self._tail())
            file_io.write_atomic(_path(self._runtime.home, self._spec.id, "log"), kept.encode())
            _forget(self._runtime.home, self._spec.id)

    @staticmethod
    def end_left_behind(home: str, spec_id: str) -> list[str]:
        """End the app of a build that was killed; the names of what was ended."""
        record = file_io.read_json(_path(home, spec_id, "json"))
        pid, mark = record.get("pid"), text(record.get("mark"))
        if isinstance(pid, int) and pid > 1 and identity.is_there(pid, mark):
            processes.end_group(pid)
        token = text(record.get("token"))
        ended = processes.end_processes(token) if token else []
        _remove_cache(text(record.get("cache")))
        _forget(home, spec_id)
        return ended

    def _launch(self) -> None:
        """Start it, once the record has the mark that finds it."""
        home, spec_id = self._runtime.home, self._spec.id
        self._mark = f"app-{spec_id}-{secrets.token_hex(8)}"
        file_io.make_private(os.path.join(home, journal.FOLDER))
        self._cache = tempfile.mkdtemp(prefix=_CACHE)
        record = {"pid": 0, "mark": "", "token": self._mark, "cache": self._cache}
        file_io.write_json(_path(home, spec_id, "json"), record)
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
        log = os.open(_path(home, spec_id, "log"), flags, 0o600)
        try:
            self._process = subprocess.Popen(
                ["/bin/sh", "-c", self._spec.start],
                cwd=self._root,
                env={
                    **self._env,
                    "PYTHONPYCACHEPREFIX": self._cache,  # bytecode that a session left is not run
                    processes.MARK: self._mark,
                },
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        finally:
            os.close(log)
        pid = self._process.pid
        known = {"pid": pid, "mark": identity.read_mark(pid)}
        file_io.write_json(_path(home, spec_id, "json"), {**record, **known})

    def _wait(self) -> str:
        """Wait until it is ready; "" or why it is not."""
        assert self._process is not None  # noqa: S101 - for mypy
        wanted = self._spec.ready
        url = ready.parse_url(wanted)
        deadline = time.monotonic() + READY_SECONDS
        if not wanted:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_FIRST_SECONDS)
        while True:
            code = self._process.poll()
            # A start command may leave the app in the background and end well.
            if code or (code == 0 and wanted and not processes.has_processes(self._mark)):
                return f"The app ended before it was ready, with exit code {code}."
            left = deadline - time.monotonic()
            if not wanted or (
                ready.answers(url)
                if url
                else ready.passes(wanted, self._root, self._env, max(left, _POLL_SECONDS))
            ):
                return ""
            if left <= 0:
                shown = plain_text.one_line(self._clean(wanted), 200)
                return f"The app was not ready after {READY_SECONDS:.0f} s: {shown}"
            time.sleep(_POLL_SECONDS)

    def _tail(self) -> list[str]:
        """The last lines that it printed, without secrets."""
        try:
            with open(_path(self._runtime.home, self._spec.id, "log"), "rb") as file:
                size = file.seek(0, os.SEEK_END)
                file.seek(max(0, size - _TAIL_BYTES))
                raw = file.read(_TAIL_BYTES)
        except OSError:
            return []
        whole = raw.decode("utf-8", "replace")
        if size > _TAIL_BYTES:
            whole = whole.partition("\n")[2]  # the first line is cut
        return plain_text.printable(self._clean(whole)).splitlines()[-_TAIL_LINES:]


def _path(home: str, spec_id: str, kind: str) -> str:
    return os.path.join(home, journal.FOLDER, f"{spec_id}.app.{kind}")


def _remove_cache(folder: str) -> None:
    if os.path.basename(folder).startswith(_CACHE):
        shutil.rmtree(folder, ignore_errors=True)


def _forget(home: str, spec_id: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(_path(home, spec_id, "json"))
