"""One session of a relay, a queue or a build, as its journal has it."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from handoff.base import fields
from handoff.config import presets
from handoff.loops import journal_fields

if TYPE_CHECKING:
    from collections.abc import Mapping

PROBLEM_CHARS = 300
_SESSION_ID = re.compile(r"[\w-]{1,128}")  # it names files


@dataclass(frozen=True)
class Session:
    """One session: started for `brief`, which carries on `task`, in `directory`.

    `run` names the start of a queue that cares for it. `before` marks the worktree at its start;
    `values` is what it was started on; `cap_usd` what it might cost. `verdict` (of `verdicts`) is
    "" until it is settled; then `left` is the brief to go on with, "" if it left none, `cost_usd`
    the client's own figure (`counted`: ours, from the transcript, where the client said none),
    `words` what it said at its end or of its outcome. Of a build, `feature` is the one that it was
    given, `attempt` counts from 1, `head` is the commit that it began at, and `proof` says in a
    line what the verification after it found. Of one that a usage cap ended, `cap` is its kind
    (`cap_resets.Cap`) and `resets_at` its reset, in epoch seconds.
    """

    session: str
    task: str
    brief: str
    directory: str
    began: float
    branch: str = ""
    run: str = ""
    before: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    cap_usd: float | None = None
    verdict: str = ""
    changed: bool = False
    left: str = ""
    seconds: float | None = None
    cost_usd: float | None = None
    counted: bool = False
    turns: int | None = None
    words: str = ""
    problem: str = ""
    feature: str = ""
    attempt: int = 0
    head: str = ""
    proof: str = ""
    cap: str = ""
    resets_at: float = 0.0

    @property
    def agent(self) -> str:
        """The runner of another agent, "" where the client itself ran."""
        runner = str(self.values.get("runner", ""))
        return "" if runner == presets.CLAUDE else runner

    def as_json(self) -> dict[str, Any]:
        """As it stands in a journal and in `--json`."""
        return asdict(self)


def read_sessions(entries: object) -> list[Session]:
    """The sessions in a journal's value; what is none is passed over, and so is a value of a wrong
    form: a cost that is no number is an unknown one.
    """
    read_ = [journal_fields.read_values(Session, entry)[0] for entry in fields.mappings(entries)]
    needed = {"session", "task", "brief", "directory", "began"}
    return [
        Session(**entry)
        for entry in read_
        if needed <= entry.keys() and _SESSION_ID.fullmatch(entry["session"])
    ]
