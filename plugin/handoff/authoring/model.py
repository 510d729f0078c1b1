"""What a brief is asked for, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from handoff.git.commit_result import Committed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from handoff.brief import document


@dataclass(frozen=True)
class WriteOptions:
    """What the writer asks for besides the words. `goal`: what alone the facts are needed for;
    `target`: what the brief is `for` besides `model`; `carries`: the brief that it takes the place
    of, with that one's kind, labels, verify commands and target; `shared`: it is for every
    directory of its repository.
    """

    kind: str = "continue"
    trigger: str = "manual"
    labels: tuple[str, ...] = ()
    verify: tuple[str, ...] = ()
    model: str = ""
    goal: str = ""
    target: Mapping[str, Any] = field(default_factory=dict)
    carries: document.Brief | None = None
    shared: bool = False


@dataclass(frozen=True)
class WrittenBrief:
    """A brief on disk. `commit` is "" when nothing was committed; `reason` then says why, and also
    why a commit is not on the branch. `finished` are the ids this brief replaced, `findings` what
    is doubted in it, `cut` the sections that were cut for length. `problem` is why git's state is
    not in it, or not all, "" where it is. A `draft` waits for its review. `notice` says where
    the commit of a repository's first brief goes, "" for any other.
    """

    id: str
    title: str
    author: str
    path: str
    relative: str
    commit: str
    ref: str
    on_branch: bool
    reason: str
    finished: tuple[str, ...]
    findings: tuple[str, ...] = ()
    cut: tuple[str, ...] = ()
    draft: bool = False
    problem: str = ""
    notice: str = ""

    def summary(self) -> str:
        """Where the brief is, in one clause, and what git could not say for it."""
        if self.draft:
            return f"a draft ({self.reason})"
        without = f", without git's state ({self.problem})" if self.problem else ""
        return f"{self.relative}, {self.committed.describe()}{without}"

    @property
    def committed(self) -> Committed:
        """Where its commit is."""
        return Committed(self.commit, self.ref, self.on_branch, self.reason)
