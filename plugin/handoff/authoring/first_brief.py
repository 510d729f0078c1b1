"""The first brief in a repository of others: where its commit goes, and how to change that.

`<state>/repositories.json` maps a repository (`Place.key`) to when it had its first brief; it is
looked into each time a brief is committed on a branch, and git is asked only the first time.
"""

from __future__ import annotations

import glob
import json
import os
import re
from typing import TYPE_CHECKING, Any

from handoff.base import file_io, locks, paths, plain_text
from handoff.base.errors import HandoffError
from handoff.client import hook_io
from handoff.git import authorship

if TYPE_CHECKING:
    from handoff.git.commit_result import Committed
    from handoff.runtime import Runtime
    from handoff.store.places import Place

_MAX_REPOSITORIES = 1_000
_MAX_NAME = 80  # characters of a name that others chose
_AT_THE_END = "end"  # the trigger of what is written when a session ends: nobody sees a message
_PLAIN = re.compile(r"[\w/.@~+-]+")


def describe_place(place: Place, committed: Committed, trigger: str, runtime: Runtime) -> str:
    """Two lines on a brief's commit, "" unless it is the first on a branch of a repository in
    which the user has authored nothing, and a person is there to read it.
    """
    is_watched = not hook_io.current_session(runtime.env) or hook_io.is_attended(runtime.env)
    if place.checkout is None or not committed.on_branch or not committed.sha:
        return ""
    if trigger == _AT_THE_END or not is_watched or not _is_first(place.key, runtime):
        return ""
    try:
        is_authored = authorship.is_authored(place.checkout, committed.sha)
    except HandoffError:
        return ""  # the brief is committed all the same
    if is_authored is not False:
        return ""
    root = _project_root(place)
    name = plain_text.one_line(os.path.basename(root), _MAX_NAME)
    branch = plain_text.one_line(committed.ref.removeprefix("refs/heads/"), _MAX_NAME)
    on = f"on branch {branch}" if branch else "on the branch"
    entry = f"projects: {{{_pattern(root, runtime)}: {{commit: ref}}}}"
    return (
        f"This is your first brief in {name}; it is committed {on} of a "
        "repository that you have not committed to before.\n"
        f"To keep briefs off its branches: {entry} in "
        f"{_below_home(paths.config_file(runtime.env), runtime)}"
    )


def _is_first(key: str, runtime: Runtime) -> bool:
    """Whether the repository had no brief before; from now on it had."""
    path = os.path.join(runtime.home, "repositories.json")
    if key in file_io.read_json(path):
        return False
    is_new = False

    def change(known: dict[str, Any]) -> None:
        nonlocal is_new
        is_new = key not in known
        known[key] = int(runtime.now)
        for old in list(known)[:-_MAX_REPOSITORIES]:
            del known[old]

    try:
        with locks.Lock(os.path.join(runtime.home, "locks", "repositories")):
            file_io.update_json(path, change)
    except (HandoffError, OSError):
        return False  # else it would be said each time; the brief is committed all the same
    return is_new


def _project_root(place: Place) -> str:
    """The main checkout, whose entry of `projects` is also that of its worktrees."""
    is_usual = os.path.basename(place.key) == ".git"
    return os.path.dirname(place.key) if is_usual else place.root


def _pattern(root: str, runtime: Runtime) -> str:
    """The path as a key of `projects` that matches it alone."""
    pattern = glob.escape(_below_home(root, runtime))
    return pattern if _PLAIN.fullmatch(pattern) else json.dumps(pattern)


def _below_home(path: str, runtime: Runtime) -> str:
    try:
        home = os.path.realpath(paths.home(runtime.env)).rstrip("/") + "/"
    except RuntimeError:
        return path
    return f"~/{path.removeprefix(home)}" if path.startswith(home) else path
