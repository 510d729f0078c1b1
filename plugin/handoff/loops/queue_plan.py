"""How a task of a queue goes on: the plan of its next session."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from handoff.launch import plan, runners
from handoff.loops import supervise, tasks
from handoff.store import places

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from handoff.launch.plan import Plan
    from handoff.loops.session import Session
    from handoff.runtime import Runtime
    from handoff.store.places import Place


def plan_session(
    task: str,
    known: Sequence[Session],
    share: float | None,
    asked: Mapping[str, Any],
    place: Place,
    runtime: Runtime,
) -> Plan:
    """From its last session's brief in its worktree, or from its own; `share` is what the session
    may cost, None: any amount. `place` is the queue's.

    Raises NotFreeError for a task that is not to be started now, HandoffError where it cannot be.
    """
    before = [session for session in known if session.task == task and session.verdict]
    last = before[-1] if before and os.path.isdir(before[-1].directory) else None
    place = places.after_programs(place)  # sessions run beside it
    tasks.check_free(task, place, runtime)
    brief, where = task, place
    if last is not None:
        last_place = places.locate(last.directory)
        brief = supervise.next_brief(task, before, last_place, runtime) or task
        where = last_place if brief != task else place
    orders = plan.LaunchOptions(runners.PRINT, asked, worktree=where is place)
    planned = plan.plan_start(brief, runtime, where, orders)
    own = planned.choice.values.get("budget_usd")
    if share is None or (own is not None and own <= share):
        return planned
    orders = replace(orders, asked={**asked, "budget_usd": round(share, 4)})
    return plan.plan_start(brief, runtime, where, orders)
