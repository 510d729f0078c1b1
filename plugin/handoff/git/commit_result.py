"""Where a commit is and why, as data and in words. Every report of a commit is rendered here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

BY_CONFIGURATION = "`commit: ref` is configured"


@dataclass(frozen=True)
class Committed:
    """What became of a commit: its id, and the full name of the ref that holds it.

    `sha` and `ref` are "" when there is none. `reason` says why there is none, or why it is not on
    the branch; "" when it is there.
    """

    sha: str = ""
    ref: str = ""
    on_branch: bool = False
    reason: str = ""

    def describe(self) -> str:
        """Where the commit is and why, in a clause for people."""
        because = f" ({self.reason.rstrip('.')})" if self.reason else ""
        if self.on_branch:
            as_sha = f" as {self.sha[:9]}" if self.sha else ""
            on = f" on {self.ref.removeprefix('refs/heads/')}" if self.ref else ""
            return f"committed{as_sha}{on}"
        if self.sha:
            return f"not on the branch: commit {self.sha[:9]} is kept at {self.ref}{because}"
        return f"not committed{because}"

    @property
    def undo(self) -> str:
        """The command that undoes it, "" when nothing is on the branch."""
        return f"git revert {self.sha[:9]}" if self.on_branch and self.sha else ""

    @property
    def next_step(self) -> str:
        """The command that puts it on the branch, "" when it is there or is not meant to be."""
        is_meant = self.sha and not self.on_branch and self.reason != BY_CONFIGURATION
        return "handoff commit" if is_meant else ""

    def then(self) -> str:
        """How to undo it or put it on the branch, in a sentence for people; "" for neither."""
        if self.undo:
            return f"To undo: {self.undo}"
        return f"To put it on the branch later: {self.next_step}" if self.next_step else ""


def load(values: Mapping[str, Any]) -> Committed:
    """A commit as a session's state remembers it with its brief."""
    return Committed(
        sha=str(values.get("commit") or ""),
        ref=str(values.get("ref") or ""),
        on_branch=values.get("on_branch") is True,
        reason=str(values.get("reason") or ""),
    )


def dump(committed: Committed) -> dict[str, Any]:
    """What `load` takes."""
    return {
        "commit": committed.sha,
        "ref": committed.ref,
        "on_branch": committed.on_branch,
        "reason": committed.reason,
    }
