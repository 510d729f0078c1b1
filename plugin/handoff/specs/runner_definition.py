"""Runners that only say where the real command stands: `npm test`, `make check`.

Who writes that file decides what passes. So it has to be there, and frozen, when a spec is
accepted: else a session could write `"test": "true"`.
"""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING

from handoff.specs import manifest

if TYPE_CHECKING:
    from collections.abc import Container

# A program, and the files of which one has the command; runners' settings in package.json are
# frozen in every spec (`specs.runner_settings`), the others if a glob of the spec names them.
_DEFINED_IN = {
    **dict.fromkeys(("npm", "yarn", "pnpm", "bun"), (manifest.NAME,)),
    **dict.fromkeys(("make", "gmake"), ("Makefile", "makefile", "GNUmakefile")),
    "just": ("justfile", "Justfile", ".justfile"),
    "task": ("Taskfile.yml", "Taskfile.yaml"),
    "rake": ("Rakefile", "rakefile"),
    "composer": ("composer.json",),
    "tox": ("tox.ini", "pyproject.toml"),
    "nox": ("noxfile.py",),
}


def find_problem(runner: str, root: str, frozen: Container[str]) -> str:
    """Why passing would prove nothing with a runner, as a clause; "" where it can.

    `frozen` has the frozen files, from `root`, the top of the worktree.
    """
    for name in _programs(runner):
        files = _DEFINED_IN.get(name, ())
        there = [file for file in files if os.path.isfile(os.path.join(root, file))]
        if files and not there:
            return f"{name} needs {files[0]}, which does not exist"
        if there and there[0] != manifest.NAME and not any(file in frozen for file in there):
            return f"{there[0]} says what {name} runs, and no glob under `frozen` names it"
    return ""


def _programs(runner: str) -> list[str]:
    """The names of the programs that a command may start: its words, without their folders."""
    try:
        words = shlex.split(runner, comments=True)
    except ValueError:
        words = runner.split()
    return [os.path.basename(word) for word in words]
