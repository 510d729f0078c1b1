"""The end of a headless run: what the client says of it, and what becomes of its brief.

A brief that the model finished stays finished, and gets the run's cost. Else it is carried on by
the brief that the session wrote; or by a snapshot, where a limit of the client's ended the run; or
finished by code, where the run ended well and changed something; or free again.
"""

from __future__ import annotations

import contextlib
import os
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from handoff.authoring import gather, model, write_brief
from handoff.base import plain_text
from handoff.base.errors import HandoffError
from handoff.brief import outcome as brief_outcome
from handoff.client import locations, print_result
from handoff.git import status
from handoff.launch import evidence, run_log, runners, session_cost
from handoff.launch.run_record import CONTINUED, FINISHED, OPEN, RunRecord, StartResult
from handoff.meter import cost as meter
from handoff.redact import redact
from handoff.runtime import Runtime
from handoff.session import delegated, state
from handoff.store import (
    across_worktrees,
    brief_files,
    claim_rules,
    claims,
    finish,
    places,
    trusted_prompts,
)

if TYPE_CHECKING:
    from handoff.authoring.gather import SessionFacts
    from handoff.brief.document import Brief
    from handoff.git.status import GitState
    from handoff.store.places import Place

_PROBLEM_CHARS = 500
_NOWHERE = "its brief is no longer in any worktree: dropped, or not on the branch checked out there"
TRIGGER = "budget"  # of a snapshot for a run that a limit ended


@dataclass(frozen=True)
class _Run:
    """A run that is over, and who has its brief. `session` is "" for another agent."""

    record: RunRecord
    log: run_log.Run
    result: print_result.Result
    session: str
    has_brief: bool
    by_code: bool
    runtime: Runtime


def settle(record: RunRecord, runtime: Runtime, *, by_code: bool = True) -> StartResult:
    """What came of a headless run that ended; its brief is finished, carried on or free then.

    Not `by_code`, a brief that the model neither finished nor replaced is left as it is. That is
    for who runs several sessions on one task, and decides by itself what each of them leaves.
    """
    run = _run(record, Runtime(runtime.env, full=True, home=runtime.home), by_code=by_code)
    started = StartResult(
        id=record.brief_id,
        mode=runners.PRINT,
        session=run.session,
        picked_up=None if record.runner else run.has_brief,
        cost_usd=_cost(run),
        turns=run.result.turns,
        code=record.code,
        stopped=run.result.stopped,
    )
    try:
        clean = redact.cleaner(run.runtime.config(record.place.root))
        started = replace(started, result=clean(run.result.words), problem=clean(run.result.error))
        started = _settled(run, started)
    except (HandoffError, OSError) as error:
        problem = error.what if isinstance(error, HandoffError) else f"{error.filename}: {error}"
        started = replace(started, state=started.state or OPEN, problem=started.problem or problem)
    _remember(run, started)
    return started


def _run(record: RunRecord, runtime: Runtime, *, by_code: bool) -> _Run:
    log = run_log.load(runtime.home, record.brief_id) or run_log.Run(
        record.brief_id, runners.PRINT, record.place.root, runtime.now
    )
    owner = claims.owner(runtime.home, record.brief_id)
    if record.runner:
        error = f"{record.runner} ended with exit code {record.code}" if record.code else ""
        result = print_result.Result(words=record.out, error=error)
        return _Run(record, log, result, "", owner == claim_rules.owner_name(""), by_code, runtime)
    result = print_result.read_result(record.out, record.code)
    # One that was killed printed nothing: then it is who has the brief.
    session = result.session or (owner if state.load(runtime.home, owner).is_known else "")
    return _Run(record, log, result, session, bool(session) and owner == session, by_code, runtime)


def _cost(run: _Run) -> float | None:
    """What the session cost: by the client's own figure, else (it was ended before it said so) by
    its transcript.
    """
    if run.result.cost_usd is not None or not run.session:
        return run.result.cost_usd
    known = state.load(run.runtime.home, run.session).transcript
    path = locations.transcript_of(run.session, known, run.runtime.env)
    return (
        meter.read_cost(run.runtime.home, run.session, path, run.runtime.env).usd if path else None
    )


def _settled(run: _Run, started: StartResult) -> StartResult:
    around = _Worktrees(run.record.place)
    located = across_worktrees.find(around.as_far_as_known(), run.record.brief_id, run.runtime)
    if located is None:
        return replace(started, state=OPEN, problem=started.problem or _NOWHERE)
    place, stored = located
    if stored.brief is None:
        raise HandoffError(stored.problem)
    if stored.folder == brief_files.DONE:
        return _done_by_then(run, started, place, stored, stored.brief)
    if not run.has_brief:
        owner = claims.owner(run.runtime.home, run.record.brief_id)
        reason = f"session {owner} holds it" if owner else "is the plugin installed? handoff doctor"
        why = f"the session was not given the brief: {reason}"
        return replace(started, state=OPEN, problem=started.problem or why)
    if not run.by_code:
        successor = _own_brief(run, around)
        became = CONTINUED if successor else OPEN
        return replace(started, state=became, successor=successor)
    return _still_open(run, started, around, place, stored, stored.brief)


class _Worktrees:
    """The worktrees that a brief can be in, listed once."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._listed: list[Place] = []

    def listed(self) -> list[Place]:
        """All of them. Raises HandoffError when git cannot list them."""
        self._listed = self._listed or across_worktrees.list_places(self._place)
        return self._listed

    def as_far_as_known(self) -> list[Place]:
        """At least the one: what the session cost is entered also if git cannot list them."""
        try:
            return self.listed()
        except HandoffError:
            return [self._place]


def _done_by_then(
    run: _Run, started: StartResult, place: Place, stored: brief_files.StoredBrief, brief: Brief
) -> StartResult:
    """The brief was finished, or replaced by a later one, while the run went on."""
    if run.has_brief:
        _enter_cost(run, place, stored)
    if successor := brief_outcome.continued_by(brief):
        return _carried_on(started, successor)
    return replace(started, state=FINISHED, by="model" if run.has_brief else "", problem="")


def _still_open(
    run: _Run,
    started: StartResult,
    around: _Worktrees,
    place: Place,
    stored: brief_files.StoredBrief,
    brief: Brief,
) -> StartResult:
    runtime = run.runtime
    successor = _own_brief(run, around)
    read = None if successor else _read_facts(run)
    if started.stopped and read is not None:
        successor = _snapshot(run, read, brief)
    if successor:
        now = across_worktrees.find([place], brief.id, run.runtime)
        if now and now[1].folder == brief_files.OPEN and now[1].raw == stored.raw:
            # Who wrote it left it open.
            _file(run, place, now[1], f"Continued by {successor}.", run.record.state)
        elif now:
            _enter_cost(run, *now)
        return _carried_on(started, successor)
    facts = read.facts if read else None
    end = _state(run)
    changes = evidence.read_changes(run.record.place.checkout, run.log, end, facts)
    if started.problem or not changes.any:
        claims.release(runtime.home, brief.id)
        nothing = "it ended without finishing the brief and changed nothing"
        return replace(started, state=OPEN, problem=started.problem or nothing)
    prompts = trusted_prompts.load(runtime, place.root)
    words = evidence.describe_changes(
        changes, facts, started.result, run.result.refused, prompts=prompts
    )
    _file(run, place, stored, words, end)
    return replace(started, state=FINISHED, by="code")


def _carried_on(started: StartResult, successor: str) -> StartResult:
    return replace(started, state=CONTINUED, successor=successor,
                   problem=started.problem or "it ended before the task was finished")  # fmt: skip


def _read_facts(run: _Run) -> SessionFacts | None:
    """What the session did; without our own first prompt, which no user wrote."""
    if not run.session:
        return None
    read = gather.read_facts(run.runtime, run.session, run.record.place.root)
    return replace(read, facts=replace(read.facts, goal="", requests=()))


def _state(run: _Run) -> GitState | None:
    """The worktree when the run had ended, None where it was not looked at before either."""
    checkout = run.record.place.checkout
    if checkout is None or not run.log.looked:
        return None
    return run.record.state or status.read_state(checkout)


def _own_brief(run: _Run, around: _Worktrees) -> str:
    """The id of the open brief with which the session, or its end, handed its work on; or "". It is
    where the session was by then, so maybe in another worktree.
    """
    wrote = state.load(run.runtime.home, run.session).last_brief if run.session else {}
    located = across_worktrees.find(around.listed(), str(wrote.get("id") or "none"), run.runtime)
    return str(wrote["id"]) if located and located[1].folder == brief_files.OPEN else ""


def _snapshot(run: _Run, read: SessionFacts, brief: Brief) -> str:
    """Write down by code how far the session came; the new brief's id, "" if it did nothing."""
    place = run.record.place
    place = places.session_place(run.runtime, run.session, place.root, near=place)
    material = gather.collect_material(run.runtime, run.session, place, read=read)
    orders = model.WriteOptions(trigger=TRIGGER, carries=brief)
    written = write_brief.write_snapshot(
        material, orders, run.runtime, run.runtime.config(material.place.root)
    )
    return written.id if written else ""


def _file(
    run: _Run, place: Place, stored: brief_files.StoredBrief, outcome: str, state: GitState | None
) -> None:
    """Finish the brief with an outcome and the run's cost. `state` is what is known of the work
    tree of the run, which is mostly that of the brief.
    """
    head = state.where if state and place.root == run.record.place.root else None
    cost = session_cost.cost_at_end(run.result, run.runtime)
    text = brief_outcome.with_cost(outcome, cost).strip() if cost else outcome
    config = run.runtime.config(place.root)
    moved, _ = finish.finish(place, [stored], text, run.runtime, config, head)
    delegated.note_finished(
        stored.brief, os.path.join(place.root, moved[run.record.brief_id]), run.runtime
    )


def _enter_cost(run: _Run, place: Place, stored: brief_files.StoredBrief) -> None:
    """Put the run's cost into its brief, which is finished; and tell who delegated it."""
    if cost := session_cost.cost_at_end(run.result, run.runtime):
        session_cost.record_cost(place, stored, cost, run.runtime, run.runtime.config(place.root))
    delegated.note_finished(stored.brief, os.path.join(place.root, stored.relative), run.runtime)


def _remember(run: _Run, started: StartResult) -> None:
    now = time.time()
    record, result = run.record, run.result
    clean = redact.cleaner(run.runtime.config(record.place.root))
    with contextlib.suppress(HandoffError):  # what became of the brief is done and told
        run_log.record_end(
            run.runtime.home, run.log, ended=now, session=started.session, state=started.state,
            problem=plain_text.one_line(clean(started.problem), _PROBLEM_CHARS),
            successor=started.successor,
        )  # fmt: skip
    if not run.has_brief or result.cost_usd is None or result.turns is None:
        return
    run_log.record_past(
        run.runtime.home,
        run_log.PastRun(
            repo=record.place.key,
            brief=started.id,
            session=started.session,
            asked=record.model,
            provider=record.provider,
            model=result.model,
            cost_usd=result.cost_usd,
            turns=result.turns,
            seconds=round(now - run.log.at, 1),
            at=run.log.at,
            state=started.state,
            tokens=result.tokens,
        ),
    )
