"""The doctor's checks of what starts a hook: its files, its Python, and the PATH's `python3`."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

from handoff.base import paths, plain_text
from handoff.doctor.model import Check

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_FILES = ("hooks/hooks.json", "hooks/run.sh", "hooks/state.sh", "hooks/hook.py", "plugin/handoff")
_SECONDS = 10
_MAX_CHARS = 200


def checks(env: Mapping[str, str], root: str) -> Iterator[Check]:
    """Whether the plugin in `root` can start a hook here, by having it start one."""
    hidden = [path for name in _FILES if not _can_read(path := os.path.join(root, name))]
    python, why = _run(["/bin/sh", os.path.join(root, "hooks", "run.sh"), "doctor"], env, root)
    if hidden:
        text = f"{', '.join(hidden)} cannot be read, so no hook runs"
        yield Check("hook start", False, text, "Make it readable, or install handoff again.")
    elif python:
        yield Check("hook start", True, f"with {python}")
    elif paths.environment_python(env):  # else the check of the environment says it
        yield Check(
            "hook start",
            False,
            f"the environment's Python does not start ({why}), so no hook runs",
            "Run `handoff install`, or start a session with the plugin installed: both rebuild it.",
        )
    yield from _python3(env, root)


def _python3(env: Mapping[str, str], root: str) -> Iterator[Check]:
    """A note where `python3` is a shim that refuses to start in this directory."""
    python = shutil.which("python3", path=paths.program_path(env))
    if python:
        output, why = _run([python, "-I", "-S", "-c", "print('it starts')"], env, root)
        if not output:
            yield Check(
                "python3",
                None,
                f"{python} does not start in this directory ({why}); hooks do not need it",
            )


def _can_read(path: str) -> bool:
    return os.access(path, os.R_OK | (os.X_OK if os.path.isdir(path) else 0))


def _run(command: list[str], env: Mapping[str, str], root: str) -> tuple[str, str]:
    """What a command printed, else ("", why there is nothing)."""
    try:
        done = subprocess.run(
            command,
            env={**env, "CLAUDE_PLUGIN_ROOT": root},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return "", f"no answer within {_SECONDS} s"
    except OSError as error:
        return "", str(error.strerror)
    if done.returncode == 0 and done.stdout.strip():
        return plain_text.printable(done.stdout.strip())[:_MAX_CHARS], ""
    words = done.stderr.strip().splitlines()[-1:]
    return "", plain_text.printable(": ".join([f"exit code {done.returncode}", *words]))[
        :_MAX_CHARS
    ]
