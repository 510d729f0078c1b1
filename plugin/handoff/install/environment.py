"""Building the private environment of `bootstrap`: a virtual environment, whole or not at all.

Called by `bootstrap` in the background and by install.sh. It holds the dependencies alone. An
environment is made in a folder that is named by a digest of them, and linked from the state
directory when it works: an unfinished one is never used, and versions with the same dependencies
share one. Sessions from before an update still run: the environment that was linked before stays,
and so does one that a process runs in.

Standard library only; this file and what it imports also run on Pythons older than 3.10.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys

from handoff import __version__
from handoff.base import file_io, locks, paths
from handoff.install import ready_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

LOCK = "env.lock"  # beside the environments' folder
CURRENT = "current"  # in it: a link to the one that was linked last, for bin/handoff
_STEP_SECONDS = 900
_PYTHONS = ("python3", "python3.14", "python3.13", "python3.12", "python3.11", "python3.10")
# What would send the packages elsewhere, or hide that one is missing.
_MISLEADING = ("PYTHONHOME", "PYTHONPATH", "PIP_PREFIX", "PIP_ROOT", "PIP_TARGET", "PIP_USER",
               "PIP_DRY_RUN", "UV_PREFIX", "UV_SYSTEM_PYTHON", "UV_TARGET")  # fmt: skip
_UNREACHABLE = re.compile(
    r"NewConnectionError|NameResolutionError|ConnectTimeout|ReadTimeout|ProxyError|SSLError"
    r"|Connection refused|[Nn]ame resolution|Network is unreachable|[Cc]ould not connect"
    r"|tcp connect error|dns error|error sending request|Failed to fetch"
)


class _Failure(Exception):  # noqa: N818 - its text is the reason that the user is told
    pass


def build(
    root: str,
    parent: str,
    env: Mapping[str, str],
    note: Callable[[str], object],
    *,
    wait: bool = False,
) -> str:
    """Build the environment for the plugin in `root` in `parent`/env and link it; why not, or "".

    Only one process builds: another one waits for it with `wait`, else returns "" at once. Without
    `wait` the caller is a session: it leaves an environment that serves a newer version as it is.
    What the package installer prints goes to `note` when it fails.
    """
    try:
        home = paths.state_home(env)
        for folder in (home, parent):
            os.makedirs(folder, mode=0o700, exist_ok=True)
        with open(os.path.join(parent, LOCK), "a", encoding="utf-8") as lock:
            if locks.try_lock(lock.fileno()) is False:
                if not wait:
                    return ""
                fcntl.flock(lock, fcntl.LOCK_EX)
            if wait or not _serves_newer(paths.environment_link(env)):
                _build(root, os.path.join(parent, "env"), env, note, lock.fileno())
    except (_Failure, OSError) as error:
        return str(error)
    return ""


def find_python(*, with_venv: bool) -> str:
    """A Python of at least 3.10: this one, else by the usual names; "" if there is none.

    `with_venv`: one that can make virtual environments (Debian splits that off).
    """
    test = "import sys; sys.exit(sys.version_info < (3, 10))"
    if with_venv:
        test = "import ensurepip, venv; " + test
    for python in (sys.executable, *map(_find_program, _PYTHONS)):
        if python and _succeeds([python, "-c", test]):
            return python
    return ""


def _find_program(name: str) -> str | None:
    return shutil.which(name, path=paths.program_path(os.environ))


def _build(
    root: str, folder: str, env: Mapping[str, str], note: Callable[[str], object], lock: int
) -> None:
    target = os.path.join(folder, digest(root))
    if not (paths.python_of(target) and _answers(target, root)):
        try:
            _make(root, target, env, note, lock)
        except BaseException:
            shutil.rmtree(target, ignore_errors=True)
            raise
    ready_file.raise_version(target, __version__)
    before = os.path.realpath(paths.environment_link(env))
    _link(target, paths.environment_link(env))
    _link(target, os.path.join(folder, CURRENT))
    _remove_old(os.path.realpath(target), before)


def _remove_old(target: str, before: str) -> None:
    """Keep of the other environments only the one that was linked before, else the newest one."""
    folder = os.path.dirname(target)
    others = [os.path.join(folder, name) for name in os.listdir(folder) if name != CURRENT]
    others.remove(target)
    finished = [path for path in others if ready_file.read_version(path)]
    kept = max(finished, key=lambda path: (path == before, os.stat(path).st_mtime), default="")
    for path in others:
        if path != kept and not _is_in_use(path):
            shutil.rmtree(path, ignore_errors=True)


def digest(root: str) -> str:
    """What names the environment of the plugin in `root`: its dependencies and its Pythons."""
    text = _read_project(root)
    pythons = re.search(r"^requires-python = .*", text, re.MULTILINE)
    listed = _dependencies(text)
    if listed and pythons:
        text = "\n".join([*sorted(listed), pythons[0]])
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _requirements(root: str) -> list[str]:
    """What is installed: the dependencies alone, since the plugin runs from its own files."""
    return _dependencies(_read_project(root)) or [root]


def _read_project(root: str) -> str:
    with open(os.path.join(root, "pyproject.toml"), encoding="utf-8") as file:
        return file.read()


def _dependencies(text: str) -> list[str]:
    """The dependencies in pyproject.toml; [] where they are written in another way than ours.

    By hand: tomllib came with 3.11.
    """
    listed = re.search(r"^dependencies = \[\n(.*?)^\]", text, re.DOTALL | re.MULTILINE)
    return re.findall(r'"([^"\n]+)"', listed[1]) if listed else []


def _serves_newer(link: str) -> bool:
    """Whether a newer version than this one has its environment linked, and that can start."""
    python = paths.python_of(link)
    is_newer = ready_file.is_older(__version__, ready_file.read_version(link))
    return bool(is_newer and python and _succeeds([python, "-I", "-S", "-c", "pass"]))


def _is_in_use(folder: str) -> bool:
    """Whether a process runs in an environment, as far as /proc shows it."""
    start = os.fsencode(os.path.join(folder, "bin", ""))
    for pid in filter(str.isdecimal, os.listdir("/proc") if os.path.isdir("/proc") else ()):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                if file.read(4096).startswith(start):
                    return True
        except OSError:
            continue  # it has ended, or is somebody else's
    return False


def _make(
    root: str, target: str, env: Mapping[str, str], note: Callable[[str], object], lock: int
) -> None:
    """Make the environment by uv where present, else, or if uv fails, by venv and pip."""
    ways = [_by_uv] if _find_program("uv") else []
    ways += [_by_pip] if find_python(with_venv=True) or not ways else []
    while True:
        way = ways.pop(0)
        ready_file.remove(target)  # first: a builder can be killed at any point
        shutil.rmtree(target, ignore_errors=True)
        try:
            for step in way(root, target):
                _run(step, env, note, lock)
            break
        except _Failure:
            # uv does not know what pip.conf says: an index or a certificate that only pip is told.
            if not ways:
                raise
    if not _answers(target, root):
        raise _Failure(f"the environment in {target} was built but does not work")


def _by_uv(root: str, target: str) -> list[list[str]]:
    python = find_python(with_venv=False) or ">=3.10"  # uv fetches one
    install = ["uv", "pip", "install", "--quiet", "--python", _python(target)]
    venv = ["uv", "venv", "--quiet", "--python", python, target]
    return [venv, [*install, *_requirements(root)]]


def _by_pip(root: str, target: str) -> list[list[str]]:
    python = find_python(with_venv=True)
    if python:
        pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        venv = [python, "-I", "-m", "venv", target]
        return [venv, [_python(target), "-I", *pip, *_requirements(root)]]
    without_venv = find_python(with_venv=False)
    if without_venv:
        raise _Failure(
            f"{without_venv} cannot make virtual environments: install its venv module "
            "(Debian, Ubuntu: apt-get install python3-venv), or uv"
        )
    raise _Failure("handoff needs Python 3.10 or newer, and none is on the PATH")


def _python(target: str) -> str:
    return os.path.join(target, "bin", "python")


def _run(step: list[str], env: Mapping[str, str], note: Callable[[str], object], lock: int) -> None:
    try:
        done = subprocess.run(
            step,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            env=_installer_env(env),
            # An installer that outlives a killed builder keeps the next one out until it ends.
            pass_fds=[lock],
            timeout=_STEP_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _Failure(f"`{_name(step)}` took over {_STEP_SECONDS} s") from None
    if done.returncode == 0:
        return
    output = re.sub(r"://[^/@\s]+@", "://***@", done.stdout)  # an index's password stays out
    note(f"{' '.join(step)}\n{output[-8000:]}")
    if _UNREACHABLE.search(output):
        raise _Failure("the package registry cannot be reached (network, proxy, index settings)")
    lines = [line for line in output.splitlines() if line.strip()] or ["no output"]
    errors = [line for line in lines if line.lower().startswith("error")]
    raise _Failure(f"`{_name(step)}` failed: {(errors or lines)[-1].strip()[:200]}")


def _installer_env(env: Mapping[str, str]) -> dict[str, str]:
    plain = {name: value for name, value in env.items() if name not in _MISLEADING}
    plain.setdefault("PIP_RETRIES", "2")  # of 5: without a network that is 10 s less to wait
    return plain


def _name(step: list[str]) -> str:
    """What a step is called in a message: `uv pip install`, `pip install`, `venv`."""
    words = [os.path.basename(step[0]), *step[1:3]]
    if "-m" in step:
        module = step.index("-m") + 1
        words = [step[module], *step[module + 1 : module + 2]]
    return " ".join(word for word in words if not word.startswith(("-", "/")))


def _answers(target: str, root: str) -> bool:
    return _succeeds([_python(target), "-I", "-B", os.path.join(root, "plugin"), "--version"])


def _succeeds(command: list[str]) -> bool:
    quiet = subprocess.DEVNULL
    try:
        return subprocess.run(command, stdout=quiet, stderr=quiet, check=False).returncode == 0
    except OSError:
        return False


def _link(target: str, link: str) -> None:
    if os.path.islink(link) and os.readlink(link) == target:
        return
    if os.path.isdir(link) and not os.path.islink(link):
        raise _Failure(f"{link} is a folder and should be a link: move it away")
    file_io.replace_link(target, link)
