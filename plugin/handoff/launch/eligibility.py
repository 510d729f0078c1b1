"""Which briefs may be started: open and trusted ones that nobody has or has finished."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from handoff.base.errors import HandoffError
from handoff.store import across_worktrees, claim_rules, lookup, trust

if TYPE_CHECKING:
    from handoff.brief.document import Brief
    from handoff.runtime import Runtime
    from handoff.store import brief_files
    from handoff.store.places import Place


def find_brief(
    wanted: str, place: Place, runtime: Runtime
) -> tuple[brief_files.StoredBrief, Brief]:
    """The open brief that `wanted` names, as it was written. Raises HandoffError where there is
    none, or it cannot be read as one.
    """
    stored = lookup.find_open(place, wanted, runtime)
    stored = trust.TrustCheck(place, runtime).as_written(stored)
    if stored.brief is None:
        raise HandoffError(stored.problem, "A brief that cannot be read cannot be started.")
    return stored, stored.brief


def check(stored: brief_files.StoredBrief, brief: Brief, place: Place, runtime: Runtime) -> None:
    """Raise HandoffError when the brief may not be started."""
    origin = trust.TrustCheck(place, runtime).classify(stored)
    if not origin.is_trusted:
        raise HandoffError(
            f"{brief.id} was {origin.label}: only briefs that this machine wrote, "
            "or that a key you list has signed, are started.",
            f"Open it in an interactive session: /handoff:pickup {brief.id}",
        )
    directory_in(place.root, brief, place.root)  # refused now, before anything is made for it
    check_free(brief, runtime)
    if place.checkout and (
        where := across_worktrees.find_finished(place.checkout, brief.id, stored.raw)
    ):
        raise HandoffError(
            f"{brief.id} is finished in {where}, which is not merged here yet.",
            f"Merge it: git merge handoff/{brief.id}. To do the task again, remove that worktree "
            "and its branch first.",
        )


def check_free(brief: Brief, runtime: Runtime) -> None:
    """Raise HandoffError when somebody has the brief."""
    if owner := claim_rules.held_by(brief, runtime):
        raise HandoffError(
            f"{brief.id} is claimed {claim_rules.describe_owner(owner)}.",
            f"Finish it there, or release it first: handoff pickup --release {brief.id}",
        )


def directory_in(root: str, brief: Brief, example: str) -> str:
    """Where in the worktree at `root` the session of a brief works: the directory that the brief
    is for; the root where that is not there, or is none of this worktree.

    A worktree that is not made yet is taken to be as `example`, the root of another one. Raises
    HandoffError for a directory that no path can name.
    """
    top = os.path.realpath(root if os.path.isdir(root) else example)
    inside = str(brief.git.get("directory") or ".")
    if "\0" in inside:
        raise HandoffError(
            f"{brief.id} is for the directory {inside!r}, which is not a valid path.",
            f"Drop it, and write the task again: handoff drop {brief.id}",
        )
    directory = os.path.realpath(os.path.join(top, inside))
    if not os.path.isdir(directory) or not directory.startswith(top + os.sep):
        return root
    return os.path.join(root, os.path.relpath(directory, top))
