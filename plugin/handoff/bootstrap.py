"""The private environment that holds the dependencies: finding it, entering it, building it.

A plugin from a marketplace is only files. The first `SessionStart` builds a virtual environment
in `${CLAUDE_PLUGIN_DATA}` in the background, once, under a lock, and links it from the state
directory, where the hooks and `bin/handoff` look. install.sh makes the same link. Standard library only; this
file and what it imports also run on Pythons older than 3.10.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
import time

from handoff import __version__, log, paths

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

READY = "handoff-ready"  # in the environment's folder, holds the version it was built for
FAILED = "env-failed"  # beside it: why the last build failed
_RETRY_SECONDS = 3600
_PYTHONS = ("python3", "python3.14", "python3.13", "python3.12", "python3.11", "python3.10")


def environment_python(env: Mapping[str, str]) -> str | None:
    """The environment's interpreter, or None while there is no environment."""
    link = paths.environment_link(env)
    python = os.path.join(link, "bin", "python")
    ready = os.path.exists(os.path.join(link, READY)) and os.access(python, os.X_OK)
    return python if ready else None


def go_on(library: str, event: str, raw: bytes | None) -> None:
    """Replace this process by the same hook in the environment; returns only if there is none.

    `raw` is what was read from stdin, None if nothing was.
    """
    python = environment_python(os.environ)
    if python is None:
        return
    if raw is not None:
        # A pipe holds 64 kB at most; an unlinked file holds any payload.
        home = paths.state_home(os.environ)
        os.makedirs(home, mode=0o700, exist_ok=True)
        path = os.path.join(home, f".stdin.{os.getpid()}")
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        os.unlink(path)
        with open(os.dup(descriptor), "wb") as file:
            file.write(raw)
        os.lseek(descriptor, 0, os.SEEK_SET)
        os.dup2(descriptor, 0)
    os.execv(python, [python, "-I", library, "hook", event])  # noqa: S606 - no shell wanted


def ensure(root: str, event: str) -> str:
    """At a session's start: see to it that the environment is there and of this version.

    Returns the hook's answer: one line for the user when a build starts or has failed, else "".
    """
    if event != "session-start":
        return ""
    link = paths.environment_link(os.environ)
    try:
        with open(os.path.join(link, READY), encoding="utf-8") as file:
            if file.read().strip() == __version__:
                return ""
        present = True
    except OSError:
        present = False
    data = os.environ.get("CLAUDE_PLUGIN_DATA", "")
    if not data:
        return ""
    failed = _recent_failure(data)
    if failed:
        return "" if present else _line(f"handoff is not set up: {failed}")
    _build_in_background(root, data)
    if present:
        return ""  # the old environment serves until the new one stands
    return _line("handoff: setting itself up in the background, once (about 20 seconds).")


def _line(text: str) -> str:
    return json.dumps({"systemMessage": text})


def _recent_failure(data: str) -> str:
    path = os.path.join(data, FAILED)
    try:
        if time.time() - os.stat(path).st_mtime > _RETRY_SECONDS:
            return ""
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read(300).strip()
    except OSError:
        return ""


def _build_in_background(root: str, data: str) -> None:
    """Start `build` as a daemon: twice forked, so that it outlives the hook and the session."""
    if os.fork():
        os.wait()
        return
    os.setsid()
    if os.fork():
        os._exit(0)
    try:
        null = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(null, descriptor)
        os.makedirs(data, mode=0o700, exist_ok=True)
        build(root, os.path.join(data, "env-" + __version__), os.environ)
    except BaseException:
        log.note_bug(paths.state_home(os.environ), "bootstrap")
    finally:
        os._exit(0)


def build(root: str, folder: str, env: Mapping[str, str]) -> bool:
    """Build the environment in `folder`, mark it ready and link it; False if that failed.

    Only one process builds: another one that finds the lock taken leaves at once (True). A failure
    is told in a file beside `folder` and in the log.
    """
    home = paths.state_home(env)
    os.makedirs(home, mode=0o700, exist_ok=True)
    with open(folder + ".lock", "w", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
        failed = os.path.join(os.path.dirname(folder), FAILED)
        problem = "" if _is_built(folder) else _fill(root, folder, home)
        if problem:
            with open(failed, "w", encoding="utf-8") as file:
                file.write(
                    f"{problem} (details: {log.log_file(home)}; ./install.sh does it by hand)"
                )
            return False
        with open(os.path.join(folder, READY), "w", encoding="utf-8") as file:
            file.write(__version__ + "\n")
        _link(folder, paths.environment_link(env))
        if os.path.exists(failed):
            os.unlink(failed)
    return True


def _is_built(folder: str) -> bool:
    return os.path.exists(os.path.join(folder, READY))


def _fill(root: str, folder: str, home: str) -> str:
    """Create the virtual environment and install the package; returns what went wrong, or ""."""
    shutil.rmtree(folder, ignore_errors=True)
    uv = shutil.which("uv")
    python = find_python()
    if python is None and uv is None:
        return "it needs Python 3.10 or newer, and none was found"
    target = os.path.join(folder, "bin", "python")
    if uv:
        steps = [
            [uv, "venv", "--quiet", "--python", python or ">=3.10", folder],
            [uv, "pip", "install", "--quiet", "--python", target, root],
        ]
    else:
        steps = [
            [str(python), "-m", "venv", folder],
            [target, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", root],
        ]
    for step in steps:
        done = subprocess.run(step, capture_output=True, text=True, check=False)
        if done.returncode:
            log.note(home, "bootstrap", f"{' '.join(step)}\n{done.stdout}{done.stderr}")
            lines = (done.stderr or done.stdout).strip().splitlines() or ["no output"]
            return f"`{os.path.basename(step[0])} {step[1]} …` failed: {lines[-1][:200]}"
    return ""


def find_python() -> str | None:
    """A Python of at least 3.10, newest of the usual names last; this one if it is new enough."""
    if sys.version_info >= (3, 10):
        return sys.executable
    for name in _PYTHONS:
        path = shutil.which(name)
        test = "import sys; sys.exit(sys.version_info < (3, 10))"
        if path and subprocess.run([path, "-c", test], check=False).returncode == 0:
            return path
    return None


def _link(folder: str, link: str) -> None:
    temporary = f"{link}.{os.getpid()}"
    os.symlink(folder, temporary)
    os.replace(temporary, link)
