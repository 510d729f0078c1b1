"""Where the briefs of a directory, or of a session, are kept.

A command locates its place once, at its door, and hands it down: that runs git. What changes while
a command runs (HEAD, the branch, what is uncommitted) is never part of a place.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from handoff.base.errors import HandoffError
from handoff.git import discovery
from handoff.git import run as git
from handoff.session import state

if TYPE_CHECKING:
    from handoff.runtime import Runtime

_NO_REPOSITORY = "not a git repository"


@dataclass(frozen=True)
class Place:
    """Where briefs of a directory go. `checkout` is None outside git or when git refuses.

    `directory` is that one, from the root and with slashes, "." for the root itself. `root` is the
    top of the worktree, also where git refuses it, else the directory; `key` names the repository
    for the ledger: the shared git directory, also where git refuses it, else `root`. So the briefs
    of a repository are where they always are. `problem` is why git could not be used.
    """

    root: str
    key: str
    checkout: git.Checkout | None
    problem: str
    directory: str = "."

    @property
    def is_unread(self) -> bool:
        """Whether there is, or was, a repository of which git says nothing."""
        return self.checkout is None and self.problem != _NO_REPOSITORY

    def need_checkout(self, what: str, fix: str) -> git.Checkout:
        """Its worktree. Raises HandoffError where git has none: `what` cannot be done, and why."""
        if self.checkout is None:
            raise HandoffError(f"{self.root} {what}: {self.problem}.", fix)
        return self.checkout


def locate(directory: str) -> Place:
    """The place for briefs around `directory`."""
    problem = ""
    try:
        checkout = git.find_checkout(directory)
        if checkout is not None:
            inside = _inside(checkout.root, directory)
            return Place(checkout.root, checkout.common_dir, checkout, "", inside)
    except HandoffError as error:
        problem = error.what.rstrip(".")
    root = discovery.find_root(directory)
    shared = discovery.shared_folder(root)
    if shared:
        inside = _inside(root, directory)
        return Place(root, shared, None, problem or "git was not found on the PATH", inside)
    return Place(root, root, None, problem or _NO_REPOSITORY)


def locate_near(place: Place, directory: str) -> Place:
    """The place around `directory`: without a run of git where that is in `place`'s worktree."""
    checkout = place.checkout
    try:
        located = discovery.locate(directory)
    except HandoffError:
        located = None
    if checkout is None or located is None:
        return locate(directory)
    known = (checkout.root, checkout.git_dir, checkout.common_dir)
    if (located.root, located.git_dir, located.common_dir) != known:
        return locate(directory)
    return replace(place, directory=_inside(place.root, directory))


def after_programs(place: Place) -> Place:
    """The place as it is after a program that is not ours, which could make or break a repository
    there.
    """
    try:
        if place.checkout is not None:
            git.refresh_config(place.checkout)
            return place
    except HandoffError:
        pass  # finding it says why
    return locate(os.path.join(place.root, place.directory))


def _inside(root: str, directory: str) -> str:
    relative = os.path.relpath(os.path.realpath(directory or "."), os.path.realpath(root))
    return relative.replace(os.sep, "/")


def session_place(
    runtime: Runtime, session_id: str, cwd: str, *, near: Place | None = None
) -> Place:
    """The place of a session: the project it was started for, else `cwd`; also where that was
    removed, as what stands above it is another one. `near` is one that is known already.
    """
    directory = state.load(runtime.home, session_id).project or cwd
    if directory and not os.path.isdir(directory):
        return Place(directory, directory, None, f"{directory} was removed")
    return locate_near(near, directory) if near else locate(directory)
