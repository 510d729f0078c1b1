"""The private environment that holds the dependencies: finding it, entering it, having it built.

A plugin from a marketplace is only files. The first `SessionStart` has the environment built in
`${CLAUDE_PLUGIN_DATA}` (by `environment`, in the background, once) and linked from the state
directory, where the hooks and `bin/handoff` look. Every hook that needs a dependency comes through
here, so this file imports little. It and what it imports also run on Pythons older than 3.10.
"""

from __future__ import annotations

import os
import sys
import time

from handoff import __version__
from handoff.base import log, paths, quickjson
from handoff.install import ready_file

FAILED = "env-failed"  # in the state directory: why the last build failed, written when it did
# Beside it: what the user is told of that, as a hook's answer; empty once they were. hooks/run.sh
# reads it too.
MESSAGE = "env-message"
_OURS = '{"systemMessage": "handoff '  # how it begins
_RETRY_SECONDS = 3600


def go_on(library: str, event: str, client: str, raw: bytes | None) -> None:
    """Replace this process by the same hook in the environment; returns only if there is none.

    `client` is the client's process id, "0" if it is our parent; `raw` is what was read from
    stdin, None if nothing was.
    """
    # By the folder itself: the link may lead to another one while this process still imports.
    python = paths.python_of(os.path.realpath(paths.environment_link(os.environ)))
    if python is None:
        return
    # A session that always has a brief waiting always takes this path: its environment too must
    # be brought up to date after an update.
    ensure_environment(os.path.dirname(library), event)
    if raw is not None:
        os.dup2(_as_file(raw), 0)
    os.execv(python, [python, "-I", library, "hook", event, client])  # noqa: S606 - no shell wanted


def ensure_environment(root: str, event: str) -> str:
    """At a session's start: build the environment if it is missing or older than this version.

    One that serves a newer version serves this one too: the session is from before an update.
    Returns the hook's answer: one line for the user when a build starts or has failed, else "".
    A failure is told once, by whichever hook comes first, and the build tried again after an hour.
    """
    data = os.environ.get("CLAUDE_PLUGIN_DATA", "")
    if event != "session-start" or not data:
        return ""
    home = paths.state_home(os.environ)
    python = paths.environment_python(os.environ)
    if python and not _starts(python):
        python = None
    served = ready_file.read_version(paths.environment_link(os.environ))
    if python and not ready_file.is_older(served, __version__):
        return ""
    failed = _written(os.path.join(home, FAILED))
    if time.time() - failed > _RETRY_SECONDS:
        try:
            for folder in (home, data):
                os.makedirs(folder, mode=0o700, exist_ok=True)
                _require_writable(folder)
        except OSError as error:
            return "" if python else _refuse(home, str(error))
        _build_in_background(root, data)
        if python or failed:
            return ""  # the old one serves meanwhile; or the user knows, and is told the outcome
        return _line(
            "handoff: building its Python environment in the background (once, about 20 seconds)."
        )
    answer = "" if python else _read_message(os.path.join(home, MESSAGE))
    if answer:
        _write(os.path.join(home, MESSAGE), "")
    return answer


def _starts(python: str) -> bool:
    """Whether the environment's interpreter works. If it is the one that runs this, it does."""
    if sys.executable == python:
        return True
    import subprocess

    quiet = subprocess.DEVNULL
    command = [python, "-I", "-S", "-c", "pass"]
    try:
        done = subprocess.run(command, stdin=quiet, stdout=quiet, stderr=quiet, check=False)
    except OSError:
        return False
    return done.returncode == 0


def _build_in_background(root: str, data: str) -> None:
    """Start `build` as a daemon: twice forked, so that it outlives the hook and the session."""
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        return
    os.setsid()
    if os.fork():
        os._exit(0)
    home = paths.state_home(os.environ)
    try:
        # No file of the hook may stay open: the client waits for the end of its stdout.
        null = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(null, descriptor)
        os.closerange(3, 1024)
        os.chdir("/")

        def note(text: str) -> object:
            return log.note(home, "bootstrap", text)

        from handoff.install import environment

        problem = environment.build(root, data, os.environ, note)
        if problem:
            note(problem)
            _write(os.path.join(home, MESSAGE), _describe_failure(problem, root, home) + "\n")
            _write(os.path.join(home, FAILED), problem + "\n")
        elif paths.environment_python(os.environ):
            _forget_failure(home)
    except BaseException:
        log.note_bug(home, "bootstrap")
    finally:
        os._exit(0)


def _describe_failure(problem: str, root: str, home: str) -> str:
    installer = os.path.join(root, "install.sh")
    return _line(
        f"handoff is not set up: {problem}. Fix this, then run {installer}, or wait: it is tried "
        f"again after an hour (details: {log.log_file(home)})."
    )


def _forget_failure(home: str) -> None:
    for name in (FAILED, MESSAGE):
        path = os.path.join(home, name)
        if os.path.exists(path):
            os.unlink(path)


def _as_file(raw: bytes) -> int:
    # A pipe holds 64 kB at most; a file without a name holds any payload.
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("handoff-stdin", 0)
    else:
        path = os.path.join(paths.state_home(os.environ), f".stdin.{os.getpid()}")
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        os.unlink(path)
    with open(os.dup(descriptor), "wb") as file:
        file.write(raw)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


def _refuse(home: str, reason: str) -> str:
    try:
        _write(os.path.join(home, MESSAGE), "")
        _write(os.path.join(home, FAILED), reason + "\n")
    except OSError:
        pass  # nothing can be remembered, so it is told at every start
    return _line(f"handoff is not set up: {reason}")


def _require_writable(folder: str) -> None:
    if not os.access(folder, os.W_OK | os.X_OK):
        raise PermissionError(f"{folder} is not writable")


def _written(path: str) -> float:
    """When a file was last written, 0 if it is not there."""
    try:
        return os.stat(path).st_mtime
    except OSError:
        return 0.0


def _read_message(path: str) -> str:
    """The message that waits, "" for none, or for half of one: its writer may have been killed."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            line = file.readline(4000)
    except OSError:
        return ""
    return line.strip() if line.startswith(_OURS) and line.endswith('"}\n') else ""


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def _line(text: str) -> str:
    from handoff.base import visible_text  # what an installer printed may be in it

    return quickjson.dumps({"systemMessage": visible_text.escape(text)})
