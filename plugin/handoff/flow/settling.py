"""The end of a headless run: what the client says of it, and what becomes of its brief."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from handoff.repo import claims
from handoff.run import runners

if TYPE_CHECKING:
    from handoff.brief.document import Brief
    from handoff.flow.here import Here
    from handoff.flow.planning import Plan
    from handoff.run import launch

FINISHED, CONTINUED, OPEN = "finished", "continued", "open"


@dataclass(frozen=True)
class Started:
    """What came of a start. Of a session that ran to its end: its id, whether it was given the
    brief, its last words, dollars and turns by the client's own figures, and the exit code.

    `state` is what became of the brief then: `finished`, `continued` by `successor` (a brief's id),
    or `open` and nobody's; "" for a session that goes on. `by` says who wrote the outcome, `model`
    or `code`; `stopped` which limit ended the run, `budget` or `turns`. `problem` is "" where the
    brief is finished.
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


def settle(planned: Plan, ended: launch.Ended, here: Here) -> Started:
    """What came of a headless run that ended."""
    if planned.runner:
        problem = f"{planned.runner.name} ended with exit code {ended.code}" if ended.code else ""
        return Started(planned.brief.id, runners.PRINT, result=ended.out, code=ended.code,
                       problem=problem)  # fmt: skip
    return _client_ended(planned.brief, ended, here)


def _client_ended(brief: Brief, ended: launch.Ended, here: Here) -> Started:
    """What the client's result says, and whether the session ever had the brief."""
    try:
        found = json.loads(ended.out)
    except ValueError:
        found = None
    result = found if isinstance(found, dict) else {}
    session = str(result.get("session_id", ""))
    picked_up = bool(session) and claims.owner(here.home, brief.id) == session
    cost, turns = result.get("total_cost_usd"), result.get("num_turns")
    words = str(result.get("result") or "")
    problem = ""
    if ended.code or result.get("is_error"):
        problem = words.strip() or str(result.get("subtype") or "") or f"exit code {ended.code}"
    elif not picked_up and claims.owner(here.home, brief.id):
        problem = "the session was not given the brief: is the plugin installed? handoff doctor"
    return Started(
        id=brief.id,
        mode=runners.PRINT,
        session=session,
        picked_up=picked_up,
        result=words,
        cost_usd=float(cost) if isinstance(cost, (int, float)) else None,
        turns=turns if isinstance(turns, int) else None,
        code=ended.code,
        problem=problem,
    )
