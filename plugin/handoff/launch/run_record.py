"""A headless run that ended: what is known of it, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from handoff.git.status import GitState
    from handoff.store.places import Place

FINISHED, CONTINUED, OPEN = "finished", "continued", "open"


@dataclass(frozen=True)
class StartResult:
    """What came of a start. Of a session that ran to its end: its id, whether it was given the
    brief, its last words, dollars and turns by the client's own figures, and the exit code.

    `state` is what became of the brief then: `finished`, `continued` by `successor` (a brief's id),
    or `open` and nobody's; "" for a session that goes on. `by` says who wrote the outcome, `model`
    or `code` ("" for somebody else); `stopped` which limit ended the run, `budget` or `turns`.
    `problem` is "" where the brief is finished.
    """

    id: str
    mode: str
    where: str = ""
    session: str = ""
    picked_up: bool | None = None
    result: str = ""
    cost_usd: float | None = None
    turns: int | None = None
    code: int = 0
    problem: str = ""
    state: str = ""
    by: str = ""
    successor: str = ""
    stopped: str = ""


@dataclass(frozen=True)
class RunRecord:
    """What is known of a headless run that ended, by its plan or by a journal: the brief that it
    was started for, the `place` that it worked in (`places.after_programs`), its exit code, and
    what it printed.

    `runner` is the other agent's, "" for the client; `model` what was asked for, `provider` who was
    to answer, "" where that is not known. `state` is the worktree when it had ended, None: it is
    not read yet.
    """

    brief_id: str
    place: Place
    code: int
    out: str
    runner: str = ""
    model: str = ""
    provider: str = ""
    state: GitState | None = None
