"""What happened in the repository since a brief was written, in words of our own.

A commit's subject or author is somebody else's text, so neither is told; a file's name is told only
where the brief itself has it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from handoff.errors import HandoffError
from handoff.repo import git, history

if TYPE_CHECKING:
    from handoff.brief.document import Brief
    from handoff.flow.material import Place

_GIT_SECONDS = 1.5  # the session waits
_NAMED = 6  # files told by name
_PATH = re.compile(r"[\w.@+~-]+(?:/[\w.@+~-]+)*")


def changes(brief: Brief, place: Place) -> tuple[str, ...]:
    """Another branch, commits, files of the brief that were touched or are gone, other dirt.

    Commits of briefs do not count.
    """
    if place.checkout is None:
        return ()
    now = git.state(place.checkout, seconds=_GIT_SECONDS)
    found = []
    was = brief.git.get("branch")
    if now.branch != was:
        found.append(f"the branch was {was or 'detached'}, now it is {now.branch or 'detached'}")
    named = _named_in(brief)
    touched: set[str] = set()
    gone: set[str] = set()
    head = str(brief.git.get("head") or "")
    if head and head != now.head:
        try:
            commits = history.log(place.checkout, head)
            paths = history.changed_paths(place.checkout, head)
        except HandoffError:
            found.append(f"the commit it was written on ({head[:9]}) is gone")
        else:
            count = sum(not commit.subject.startswith("handoff: ") for commit in commits)
            if count:
                found.append(f"{count} commit{'s' if count > 1 else ''} (git log {head[:9]}..)")
            touched = {path for status, path in paths if status != "D" and path in named}
            gone = {path for status, path in paths if status == "D" and path in named}
    if now.complete and brief.git.get("dirty") not in ("unknown", now.dirty):
        dirty = [file for file in now.dirty_files if file.path in named]
        gone |= {file.path for file in dirty if "D" in file.status}
        names = _listed({file.path for file in dirty} - gone)
        found.append(
            f"uncommitted changes are not what they were{f' (now: {names})' * bool(names)}"
        )
    if touched - gone:
        found.append(f"committed changes to files it names: {_listed(touched - gone)}")
    if gone:
        found.append(f"files it names are gone: {_listed(gone)}")
    return tuple(found)


def _named_in(brief: Brief) -> set[str]:
    """What could be paths in a brief's text."""
    text = "\n".join(brief.sections.values())
    return {found.rstrip(".") for found in _PATH.findall(text)}


def _listed(paths: set[str]) -> str:
    shown = sorted(paths)
    more = f" and {len(shown) - _NAMED} more" if len(shown) > _NAMED else ""
    return ", ".join(shown[:_NAMED]) + more
