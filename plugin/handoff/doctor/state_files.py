"""The doctor's look at the state directory: what is in the way, what cannot be read."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from handoff.base import state_layout
from handoff.store import claims, swapped_files

if TYPE_CHECKING:
    from collections.abc import Iterator

_FOLDERS = tuple(folder.name for folder in state_layout.FOLDERS)
_FILES = (".json", ".jsonl")


def problems(home: str) -> Iterator[tuple[str, str]]:
    """Path and what is wrong with it, for what no command moves aside by itself."""
    for name in _FOLDERS:
        path = os.path.join(home, name)
        if os.path.lexists(path) and not os.path.isdir(path):
            yield path, "is not a directory, so nothing can be saved in it"
    for folder in (home, *(os.path.join(home, name) for name in _FOLDERS)):
        for path in _files(folder):
            problem = _problem(path)
            if problem:
                yield path, problem
    for path, root in swapped_files.list_left(home):
        if not swapped_files.is_in_progress(home, root):
            yield (
                path,
                f"has test files of {root} that a verification replaced when it was killed; the "
                "next handoff command that changes a brief, verifies or relays there restores them",
            )
    for path in _files(os.path.join(home, "claims")):
        brief_id = os.path.basename(path).removesuffix(".json")
        claim = claims.read(home, brief_id)
        if claim is not None and claim.session == claims.UNKNOWN:
            yield (
                path,
                "cannot be read, so its brief stays claimed until 24 hours after its last change",
            )


def _files(folder: str) -> list[str]:
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return []
    return [os.path.join(folder, name) for name in names if name.endswith(_FILES)]


def _problem(path: str) -> str:
    """Why a state file cannot be read now, "" if it can."""
    try:
        about = os.stat(path)
        if not stat.S_ISREG(about.st_mode):
            return "is not a regular file; the next command that needs it moves it aside"
        if not os.access(path, os.R_OK | os.W_OK):
            return "is not readable and writable, so it is treated as empty and left unchanged"
    except FileNotFoundError:
        return ""
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    return ""
