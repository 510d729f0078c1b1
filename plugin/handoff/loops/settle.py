"""What came of a supervised session that has ended.

It may be cut off at any point and done again: what it finds is on disk, and what it writes it looks
for first.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from handoff.authoring import gather, model, write_brief
from handoff.base import plain_text
from handoff.base.errors import HandoffError
from handoff.brief import document
from handoff.brief import outcome as brief_outcome
from handoff.client import locations, print_result
from handoff.git import fingerprint
from handoff.launch import outcome as launch_outcome
from handoff.launch import plan, runners, start
from handoff.launch.routes import Choice, is_client
from handoff.loops import session as loops_session
from handoff.loops import supervise, verdicts
from handoff.meter import cost
from handoff.process import execute
from handoff.redact import redact
from handoff.session import state
from handoff.store import brief_files, finish, ledger, places

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from handoff.launch.plan import Plan
    from handoff.loops.session import Session
    from handoff.process import supervisor
    from handoff.runtime import Here
    from handoff.store.places import Place

_WENT_ON = "The session went on after it"  # an outcome by code, of a compaction's brief


def settle(
    session: Session, left: supervisor.Left, here: Here, *, stopped: bool, goes_on: bool
) -> Session:
    """What came of a session that ended: its figures, its verdict, the brief to go on with.

    One that was given its brief, did something, and neither finished nor left a brief gets one by
    code if it was cut off, or always where the task `goes_on`; else `starting.over` judges it.
    """
    place = places.locate(session.directory)
    told = print_result.read(left.out, left.code or 0)
    is_agent = not is_client(Choice(session.values, {}))
    lost = not told.session and not is_agent
    brief = _brief_of(session, place, here)
    finished = None if brief else outcome(place, here, _own_ids(session, here))
    unfinished = finished is None and (goes_on or stopped or lost)
    if brief is None and unfinished:
        brief = _snapshot(session, told, place, here)
    ended = execute.Ended(_code(told, left), left.out)
    by_code = brief is not None or not unfinished
    over = start.over(_plan(session, place), ended, here, by_code=by_code)
    brief = _brief_of(session, place, here) or _open(over.successor, place, here)
    finished = None if brief else outcome(place, here, _own_ids(session, here))
    changed = _has_changed(session, place, here)
    reached = is_agent or state.load(here.home, session.session).text("picked") == session.brief
    clean = redact.cleaner(here.config(place.root))
    usd, counted = _cost(session, told, here)
    settled = replace(
        session,
        verdict=verdicts.verdict(
            done=finished is not None,
            stopped=stopped,
            continued=brief is not None and _has_written(session, here),
            changed=changed,
            reached=reached,
            told=not lost,
        ),
        changed=changed,
        left=brief.id if brief else "",
        seconds=round(max(0.0, left.at - session.began), 1),
        cost_usd=usd,
        counted=counted,
        turns=told.turns,
        words=plain_text.one_line(
            clean(_first_line(finished or told.words)), loops_session.PROBLEM_CHARS
        ),
        problem="" if finished or stopped else _problem(over, told, left, clean),
    )
    if not finished and not brief:
        supervise.give_back(settled, here)
    return settled


def outcome(place: Place, here: Here, ids: Iterable[str]) -> str | None:
    """The outcome of the first of the briefs that its session finished by its own word; None if it
    finished none.
    """
    known = ledger.own_entries(here.home, place.key)
    for name in ids:
        relative = brief_files.relative_path(brief_files.DONE, name)
        raw = brief_files.content(place.root, relative)
        if raw is None or ledger.digest(raw) not in known:
            continue
        brief = document.parse(raw, relative)
        said = brief.sections.get(document.OUTCOME, "").strip()
        if not brief_outcome.continued_by(brief) and not said.startswith(_WENT_ON):
            return said or "Finished."
    return None


def _has_changed(session: Session, place: Place, here: Here) -> bool:
    """Whether the work tree is another than before; where git cannot say, whether it did anything.

    Of another agent that is not known.
    """
    now = fingerprint.mark(place.checkout)
    if now and session.before:
        return now != session.before
    if not is_client(Choice(session.values, {})):
        return True
    return gather.collect(here, session.session, session.directory).facts.calls > 0


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0]


def _own_ids(session: Session, here: Here) -> list[str]:
    wrote = [str(b.get("id") or "") for b in state.load(here.home, session.session).briefs]
    return [name for name in (session.brief, *wrote, session.task) if name]


def _has_written(session: Session, here: Here) -> bool:
    """Whether its model wrote a brief; code may have brought that up to date at the end."""
    briefs = state.load(here.home, session.session).briefs
    return any(entry.get("author") == "model" for entry in briefs)


def _brief_of(session: Session, place: Place, here: Here) -> document.Brief | None:
    """The newest open brief that the session left to be carried on."""
    mine = [
        item.brief
        for item in finish.own_briefs(place, here).values()
        if item.brief
        and item.brief.kind == "continue"
        and item.brief.session.get("id") == session.session
    ]
    return max(mine, key=lambda brief: brief.id, default=None)


def _open(brief_id: str, place: Place, here: Here) -> document.Brief | None:
    found = finish.own_briefs(place, here).get(brief_id) if brief_id else None
    return found.brief if found else None


def _snapshot(
    session: Session, told: print_result.Result, place: Place, here: Here
) -> document.Brief | None:
    """Write down by code how far a session came; None if it has done nothing."""
    if state.load(here.home, session.session).text("picked") != session.brief:
        return None
    found = gather.collect(here, session.session, session.directory)
    if not found.facts.calls:
        return None
    # Our own first prompt is none of a user's.
    found = replace(found, facts=replace(found.facts, goal="", requests=()))
    orders = model.Orders(trigger=launch_outcome.TRIGGER if told.stopped else "end")
    write_brief.write_snapshot(found, orders, here, here.config(place.root))
    return _brief_of(session, place, here)


def _code(told: print_result.Result, left: supervisor.Left) -> int:
    """The exit code; where another process started it, what its result says of that."""
    if left.code is not None:
        return left.code
    return int(bool(told.error) or not told.session)


def _plan(session: Session, place: Place) -> Plan:
    """The plan of a session as far as its end needs it: another process may have started it."""
    try:
        stored = brief_files.find(place.root, session.brief)
        brief, raw = stored.brief, stored.raw
    except HandoffError:
        brief, raw = None, b""
    brief = brief or document.Brief(id=session.brief, title=session.brief, created="")
    choice = Choice(session.values, dict.fromkeys(session.values, ""))
    agent = None if is_client(choice) else runners.Runner(choice.text("runner"))
    return plan.Plan(
        brief, place, plan.Orders(runners.PRINT, {}), choice, None, agent, [],
        session.directory, None, raw, (),
    )  # fmt: skip


def _cost(session: Session, told: print_result.Result, here: Here) -> tuple[float | None, bool]:
    """What it cost by the client's own figure, else by its transcript; whether it is ours.

    Without a transcript, a session that printed no result has asked no model anything.
    """
    if told.cost_usd is not None:
        return told.cost_usd, False
    known = state.load(here.home, session.session).text("transcript")
    path = locations.transcript_of(session.session, known, here.env)
    if not path:
        is_nothing = is_client(Choice(session.values, {})) and not told.session
        return (0.0 if is_nothing else None), True
    return cost.take(here.home, session.session, path, here.env).usd, True


def _problem(
    over: start.Started,
    told: print_result.Result,
    left: supervisor.Left,
    clean: Callable[[str], str],
) -> str:
    """What went wrong. That a session handed over is nothing that went wrong here."""
    said = told.error if over.successor else over.problem
    lines = left.err.strip().splitlines() if said and not left.out.strip() else []
    return plain_text.one_line(clean(": ".join([said, *lines[-1:]])), loops_session.PROBLEM_CHARS)
