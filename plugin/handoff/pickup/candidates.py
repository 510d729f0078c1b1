"""The open briefs of a place as a session sees them: whose, and which may be handed over."""

from __future__ import annotations

import os
import time
from calendar import timegm
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from handoff.base import plain_text, wording
from handoff.base.errors import HandoffError
from handoff.git import run as git
from handoff.git.head import Head, read_branches, read_head
from handoff.redact import redact
from handoff.session import state
from handoff.store import brief_files, claim_rules, kept_refs, ledger, trust

if TYPE_CHECKING:
    from collections.abc import Mapping

    from handoff.brief import document
    from handoff.runtime import Runtime
    from handoff.store.places import Place
_OTHERS = 30  # briefs of ids that this machine does not know, looked into
_OTHERS_SECONDS = 1.0
_MAX_SIGNATURES = 8  # looked for at a session's start
_REDACTED = "[redacted"


@dataclass(frozen=True)
class Candidate:
    """An open brief as one session sees it.

    `why_not`: why it is not handed over by itself, "" when it may be; `claimant` is who has it,
    `used` who has used it up, "" if nobody; `ended` how it was put away here before, None if it
    was not.
    """

    stored: brief_files.StoredBrief
    origin: trust.Origin
    why_not: str
    claimant: str
    used: str = ""
    ended: ledger.EndedBrief | None = None

    @property
    def brief(self) -> document.Brief:
        """The brief. Raises HandoffError for one of this machine that cannot be read any more."""
        if self.stored.brief is None:
            raise HandoffError(self.stored.problem)
        return self.stored.brief

    @property
    def id(self) -> str:
        """The brief's id; of one that cannot be read, its file's name says it."""
        return self.stored.brief.id if self.stored.brief else Path(self.stored.path).stem

    @property
    def writer(self) -> str:
        """The session of this machine that wrote it, "" if none did."""
        return self.origin.entry.session if self.origin.entry else ""


def find_candidates(
    place: Place, runtime: Runtime, stale_days: int, head: Head | None
) -> list[Candidate]:
    """The open briefs of a place, where HEAD is at `head` (`read_head`), oldest first, each with
    whether it may be handed over.
    """
    judge = trust.TrustCheck(place, runtime, max_signatures=_MAX_SIGNATURES)
    branches = _Branches(place)
    waiting = []
    for item in map(judge.as_written, _read(place, judge)):
        origin = judge.classify(item)
        if item.brief is None:
            if origin.kind == "changed":
                waiting.append(Candidate(item, origin, item.problem, ""))
            continue
        may_be = origin.may_be_given
        claimant = claim_rules.held_by(item.brief, runtime) if may_be else ""
        used = claim_rules.used_by(item.brief, runtime) if may_be else ""
        why_not = _why_not(item.brief, origin, claimant, place, runtime)
        ended = judge.ended(item) if may_be and not claimant else None
        if ended and not why_not:
            why_not = f"it was {ended_words(ended)}"
        if used and not why_not:
            why_not = f"session {plain_text.one_line(used[:8], 8)} already picked it up"
        if not why_not and head and not (origin.entry and "branch" not in item.brief.git):
            why_not = _other_branch(item.brief, head, branches, place, runtime)
        if not why_not:
            why_not = _too_early_or_late(item.brief, origin, stale_days, runtime)
        waiting.append(Candidate(item, origin, why_not, claimant, used, ended))
    return waiting


def try_read_head(place: Place) -> Head | None:
    """Where HEAD is; None where nobody can say, and no brief is kept back for its branch."""
    try:
        return read_head(place.checkout) if place.checkout else None
    except HandoffError:
        return None


def _read(place: Place, judge: trust.TrustCheck) -> list[brief_files.StoredBrief]:
    """The open briefs, oldest first: all that this machine knows, and the newest others.

    Anybody can fill a folder: no more of those than a session's start has time for.
    """
    known, others = judge.sort(brief_files.list_names(place.root))
    items = brief_files.read_all(place.root, brief_files.OPEN, known)
    began = time.monotonic()
    for name in reversed(others[-_OTHERS:]):
        items += brief_files.read_all(place.root, brief_files.OPEN, [name])
        if time.monotonic() - began > _OTHERS_SECONDS:
            break
    return sorted(items, key=lambda item: item.path)


def _why_not(
    brief: document.Brief,
    origin: trust.Origin,
    claimant: str,
    place: Place,
    runtime: Runtime,
) -> str:
    if not origin.may_be_given:
        return f"it was {origin.label}"
    if brief.kind != "continue":
        return "it is a task for another session"
    if claimant:
        return "another session holds it"
    if origin.entry and _is_other_worktree(origin.entry, brief, place, runtime):
        return "it belongs to another worktree"
    return "" if is_for_directory(brief, place, runtime) else _other_directory(brief)


def is_for_directory(brief: document.Brief, place: Place, runtime: Runtime) -> bool:
    """Whether a brief is for the very directory of a place, or for its whole repository.

    Neither for a directory above nor for one below: what a session there works on is another task
    more often than not, and a brief that was taken by the wrong session is missed by the right one.
    """
    written = brief.git.get("directory")
    return written is None or _is_named(brief, "directory", place.directory, place, runtime)


def _other_directory(brief: document.Brief) -> str:
    written = str(brief.git.get("directory"))
    return (
        "it belongs to the root of the repository"
        if written == "."
        else (f"it belongs to the directory {written}")
    )


def _is_other_worktree(
    entry: ledger.Entry, brief: document.Brief, place: Place, runtime: Runtime
) -> bool:
    """Whether it was written in a worktree that is not this one, under this or a former path; of
    one that was removed, wherever its branch went, the branch alone tells.
    """
    if entry.worktree == place.root or place.checkout is None:
        return entry.worktree != place.root
    if os.path.lexists(entry.worktree):
        return True
    name = place.checkout.worktree
    return not _is_named(brief, "worktree", name, place, runtime) and not _is_removed(brief, place)


def _is_removed(brief: document.Brief, place: Place) -> bool:
    """Whether git knows the linked worktree that a brief names no more."""
    name = str(brief.git.get("worktree") or "")
    if name in ("", git.MAIN_WORKTREE) or _REDACTED in name or os.path.basename(name) != name:
        return False
    return not os.path.lexists(os.path.join(place.key, "worktrees", name))


class _Branches:
    """The repository's branches and the briefs of HEAD's commit: read once for all briefs, and only
    if one asks.
    """

    def __init__(self, place: Place) -> None:
        self._checkout = place.checkout
        self._names: frozenset[str] | None = None
        self._paths: Mapping[str, str] = {}

    def is_renamed(self, branch: str, brief_id: str) -> bool:
        """Whether a brief's branch is there no more, and HEAD has the commit that brought the
        brief: it was renamed, or merged and deleted. False where git cannot say.
        """
        if self._checkout is None or _REDACTED in branch:
            return False
        if self._names is None:
            self._names = frozenset()
            try:
                self._names = read_branches(self._checkout)
                self._paths = kept_refs.read_branch(self._checkout)
            except HandoffError:
                pass  # then no path is known, and none counts as renamed
        path = brief_files.relative_path(brief_files.OPEN, brief_id)
        return f"refs/heads/{branch}" not in self._names and path in self._paths


def _other_branch(
    brief: document.Brief, head: Head, branches: _Branches, place: Place, runtime: Runtime
) -> str:
    """Why a brief is not of HEAD's branch, "" if it is: also under the name that this has now, and
    where HEAD was detached and got a branch at the commit that it was on.
    """
    now = head.branch.removeprefix("refs/heads/") if head.branch else None
    written = brief.git.get("branch")
    if written == now or (now and _is_named(brief, "branch", now, place, runtime)):
        return ""
    if written is None:
        is_here = head.sha is not None and head.sha == brief.git.get("head")
        return "" if is_here else "it was written on a detached HEAD"
    if now and branches.is_renamed(str(written), brief.id):
        return ""
    return f"it belongs to the branch {written}"


def _is_named(brief: document.Brief, what: str, name: str, place: Place, runtime: Runtime) -> bool:
    """Whether the brief's branch or worktree is `name`, which stands in it redacted."""
    written = str(brief.git.get(what))
    if _REDACTED not in written:
        return written == name
    return redact.cleaner(runtime.config(place.root))(name) == written


def _too_early_or_late(
    brief: document.Brief, origin: trust.Origin, stale_days: int, runtime: Runtime
) -> str:
    if origin.entry and _is_open_elsewhere(origin.entry.session, runtime):
        return "the session that wrote it is still open"
    written = origin.entry.at if origin.entry else written_at(brief)
    old = runtime.now - written
    return f"it is {wording.format_age(old)} old" if old > stale_days * wording.DAY else ""


def _is_open_elsewhere(session_id: str, runtime: Runtime) -> bool:
    """Whether a session still runs, in another client than ours."""
    session = state.load(runtime.home, session_id)
    return session.client_pid != runtime.client_pid and not session.is_over(runtime.now)


def ended_words(ended: ledger.EndedBrief) -> str:
    """`finished here on 2026-11-30, and is in .handoff/open again`."""
    day = time.strftime("%Y-%m-%d", time.gmtime(ended.at))
    where = "from this branch" if ended.how == "removed" else "here"
    return f"{ended.how} {where} on {day}, and is in {brief_files.FOLDER}/{brief_files.OPEN} again"


def written_at(brief: document.Brief) -> float:
    """When a brief says that it was written, in epoch seconds; 0 where it does not."""
    try:
        return timegm(time.strptime(brief.created, "%Y-%m-%dT%H:%M:%SZ"))
    except ValueError:
        return 0.0
