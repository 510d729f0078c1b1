"""Where the briefs of a directory, or of a session, are kept."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from handoff.base.errors import HandoffError
from handoff.git import discovery
from handoff.git import run as git
from handoff.session import state

if TYPE_CHECKING:
    from handoff.runtime import Here


@dataclass(frozen=True)
class Place:
    """Where briefs of a directory go. `checkout` is None outside git or when git refuses.

    `directory` is that one, from the root and with slashes, "." for the root itself. `root` is the
    top of the work tree, also where git refuses it, else the directory; `key` names the repository
    for the ledger: the shared git directory, also where git refuses it, else `root`. So the briefs
    of a repository are where they always are. `problem` is why git could not be used.
    """

    root: str
    key: str
    checkout: git.Checkout | None
    problem: str
    directory: str = "."


def locate(directory: str) -> Place:
    """The place for briefs around `directory`."""
    problem = ""
    try:
        checkout = git.find(directory)
        if checkout is not None:
            inside = _inside(checkout.root, directory)
            return Place(checkout.root, checkout.common_dir, checkout, "", inside)
    except HandoffError as error:
        problem = error.what.rstrip(".")
    root = discovery.find_root(directory)
    shared = discovery.shared_folder(root)
    if shared:
        inside = _inside(root, directory)
        return Place(root, shared, None, problem or "git is not installed", inside)
    return Place(root, root, None, problem or "not a git repository")


def _inside(root: str, directory: str) -> str:
    found = os.path.relpath(os.path.realpath(directory or "."), os.path.realpath(root))
    return found.replace(os.sep, "/")


def session_place(here: Here, session_id: str, cwd: str) -> Place:
    """The place of a session: the project it was started for, else `cwd`; also where that was
    removed, as what stands above it is another one.
    """
    directory = state.load(here.home, session_id).project or cwd
    if directory and not os.path.isdir(directory):
        return Place(directory, directory, None, f"{directory} was removed")
    return locate(directory)
