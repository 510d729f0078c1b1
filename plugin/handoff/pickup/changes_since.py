"""What happened in the repository since a brief was written, in words of our own.

A commit's subject or author is somebody else's text, so neither is told; a file's name is told only
where the brief itself has it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from handoff.base import plain_text
from handoff.base.errors import HandoffError
from handoff.base.wording import count_of
from handoff.git import history
from handoff.git import run as git
from handoff.git import status as git_status
from handoff.store import brief_files

if TYPE_CHECKING:
    from collections.abc import Iterator

    from handoff.brief.document import Brief
    from handoff.store.places import Place

_UNKNOWN = "git could not say what changed"
_GIT_SECONDS = 1.5  # the session waits
_COUNTED = 100  # commits
_NAMED = 6  # files told by name
_PATH = re.compile(r"[\w.@+~-]+(?:/[\w.@+~-]+)*")


def read_changes(brief: Brief, place: Place) -> tuple[str, ...]:
    """Another branch, commits, a base that HEAD lost, files of the brief that were touched or are
    gone, other dirt, an operation in progress. Commits of briefs do not count.

    That git cannot be asked is no answer: empty only if nothing changed, or outside of git.
    """
    if place.checkout is None:
        return (_UNKNOWN,) if brief.git or place.is_unread else ()
    try:
        return tuple(_changes(brief, place.checkout))
    except HandoffError:
        return (_UNKNOWN,)


def _changes(brief: Brief, checkout: git.Checkout) -> Iterator[str]:
    now = git_status.read_state(checkout, seconds=_GIT_SECONDS)
    was = brief.git.get("branch")
    if not now.has_head:
        yield _UNKNOWN
        return
    yield from _unknown_before(brief)
    if "branch" in brief.git and now.branch != was:
        names = [plain_text.one_line(str(name or "detached"), 80) for name in (was, now.branch)]
        yield f"the branch was {names[0]}, now it is {names[1]}"
    if now.operation:
        yield f"a {now.operation} is in progress"
    named = _named_in(brief)
    head = str(brief.git.get("head") or "")
    paths: tuple[history.Changed, ...] = ()
    if head and head != now.head:
        is_contained = history.contains(checkout, head)
        if is_contained is None:
            yield f"the commit it was written on ({plain_text.one_line(head, 9)}) is gone"
        else:
            if not is_contained:
                yield f"the commit it was written on ({head[:9]}) is no longer in HEAD's history"
            yield from _commits(checkout, head)
            paths = history.changed_paths(checkout, head, seconds=_GIT_SECONDS)
    touched = {path for status, path in paths if status != "D" and path in named}
    gone = {path for status, path in paths if status == "D" and path in named}
    dirty = [file for file in now.dirty_files if file.path in named]
    if not now.complete:
        yield "git could not say what is uncommitted now"
    elif brief.git.get("dirty") not in ("unknown", now.dirty):
        gone |= {file.path for file in dirty if "D" in file.status}
        names_now = _listed({file.path for file in dirty} - gone)
        what = (
            "the uncommitted changes are no longer the same"
            if now.dirty
            else "its uncommitted changes are gone"
        )
        yield f"{what}{f' (now: {names_now})' * bool(names_now)}"
    if touched - gone:
        yield f"committed changes to files it names: {_listed(touched - gone)}"
    if gone:
        yield f"files it names are gone: {_listed(gone)}"


def _unknown_before(brief: Brief) -> Iterator[str]:
    """What a brief does not say of the moment at which it was written."""
    if "branch" not in brief.git:
        yield "it was written without git's state, so what changed since is not known"
    elif brief.git.get("problem"):
        yield "git could not say what was uncommitted when it was written"


def _commits(checkout: git.Checkout, head: str) -> Iterator[str]:
    commits = history.list_commits(
        checkout, head, limit=_COUNTED, besides=brief_files.FOLDER, seconds=_GIT_SECONDS
    )
    count = len(commits)
    if count:
        more = "or more " if count == _COUNTED else ""
        yield f"{count_of(count, f'{more}commit')} (git log {head[:9]}..)"


def _named_in(brief: Brief) -> set[str]:
    """What could be paths in a brief's text, but for our own files, which each brief changes."""
    text = "\n".join(brief.sections.values())
    own = f"{brief_files.FOLDER}/"
    return {path.rstrip(".") for path in _PATH.findall(text) if not path.startswith(own)}


def _listed(paths: set[str]) -> str:
    shown = [plain_text.one_line(path, 200) for path in sorted(paths)]
    more = f" and {len(shown) - _NAMED} more" if len(shown) > _NAMED else ""
    return ", ".join(shown[:_NAMED]) + more
