"""Where git has the briefs of a place now: on the branch, at a ref beside it, or nowhere."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from handoff.base.errors import HandoffError
from handoff.git.commit_result import Committed
from handoff.git.head import read_head
from handoff.session import state
from handoff.store import brief_files, kept_refs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from handoff.git.head import Head
    from handoff.runtime import Runtime
    from handoff.store.places import Place


@dataclass(frozen=True)
class View:
    """What git has of briefs: the paths in HEAD's commit, the branch by its full name ("" without
    one), path -> the commit kept beside it, and why, by its ref. `problem` says why that is not
    known.
    """

    branch: str = ""
    paths: frozenset[str] = frozenset()
    beside: Mapping[str, kept_refs.KeptRef] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""

    def committed(self, stored: brief_files.StoredBrief, runtime: Runtime) -> Committed:
        """Where a brief's file is; `sha` is "" on the branch, whose history has it.

        Why it is in no commit is known of open briefs that a session of this machine wrote.
        """
        if self.problem or stored.brief is None:
            return Committed(reason=self.problem or stored.problem)
        brief, is_done = stored.brief, stored.folder == brief_files.DONE
        open_path, done_path = (
            brief_files.relative_path(f, brief.id) for f in (brief_files.OPEN, brief_files.DONE)
        )
        if (done_path if is_done else open_path) in self.paths:
            return Committed("", self.branch, on_branch=True)
        ref = self.beside.get(done_path) or (None if is_done else self.beside.get(open_path))
        if ref:
            return Committed(ref.sha, ref.ref, reason=self.reasons.get(ref.ref, ""))
        return Committed(reason="" if is_done else _reason(brief.id, brief.session, runtime))


def read_view(
    place: Place,
    kept: Sequence[kept_refs.KeptRef] | None = None,
    head: Head | None = None,
) -> View:
    """What git has of the briefs of a place; `kept` are those beside the branch, and `head` is
    where HEAD is, if they have been read.
    """
    if place.checkout is None:
        return View(problem=place.problem)
    try:
        head = head or read_head(place.checkout)
        beside = {
            path: ref
            for ref in (kept_refs.list_refs(place.checkout) if kept is None else kept)
            for path, change in ref.changes.items()
            if change.new
        }
        reasons = kept_refs.read_reasons(place.checkout, {ref.ref for ref in beside.values()})
        paths = frozenset(kept_refs.read_branch(place.checkout, head))
        return View(head.branch or "", paths, beside, reasons)
    except HandoffError as error:
        return View(problem=error.what)


def _reason(brief_id: str, session: Mapping[str, object], runtime: Runtime) -> str:
    """What was told when the brief was written, "" where that is not known."""
    written = state.load(runtime.home, str(session.get("id") or "")).briefs
    told = [str(entry.get("reason") or "") for entry in written if entry.get("id") == brief_id]
    return told[-1] if told else ""
