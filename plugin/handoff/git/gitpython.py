"""git started through GitPython, as every command does. The only module that imports it.

GitPython starts the program; what it is given, how long it may take and how it is ended is settled
in `git.execute`, as for a git that is started without it. Its search for repositories and its own
readers of refs, objects and configuration are used nowhere: they take a folder with HEAD, objects
and refs for a repository, and know neither reftables nor SHA-256.
"""

from __future__ import annotations

import os
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING

from handoff.git import environment, execute

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator, Mapping, Sequence

    from git.cmd import Git

# GitPython would run `git version` twice when it is imported, on whatever PATH there is.
_IMPORT_SETTINGS = {"GIT_PYTHON_REFRESH": "quiet", "GIT_PYTHON_GIT_EXECUTABLE": os.devnull}


def in_use() -> AbstractContextManager[None]:
    """In the `with`, git is started through GitPython, which is imported when git first runs."""
    return execute.started_by(start)


def start(command: Sequence[str], env: Mapping[str, str], stdin: int) -> subprocess.Popen[bytes]:
    """The `execute.Starter` that is GitPython's."""
    runner = _load()
    from git.exc import GitCommandNotFound

    # GitPython gives git a copy of our environment, with `env` on top.
    unwanted = {name: None for name in environment.ASTRAY if name in os.environ}
    try:
        with _surroundings(unwanted):
            started = runner().execute(
                list(command),
                istream=stdin,
                as_process=True,
                env=dict(env),
                shell=False,
                start_new_session=True,
            )
    except GitCommandNotFound as error:
        raise FileNotFoundError(str(error)) from error
    process, started.proc = started.proc, None  # it would be ended with `started`
    assert process is not None  # noqa: S101 - for the type checker: it was started just now
    return process


def _load() -> type[Git]:
    with _surroundings(_IMPORT_SETTINGS):
        from git.cmd import Git
    return Git


@contextmanager
def _surroundings(changes: Mapping[str, str | None]) -> Iterator[None]:
    """Our own environment with `changes` (None: without that name), as long as the `with` lasts."""
    before = {name: os.environ.get(name) for name in changes}
    _change(changes)
    try:
        yield
    finally:
        _change(before)


def _change(values: Mapping[str, str | None]) -> None:
    for name, value in values.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
