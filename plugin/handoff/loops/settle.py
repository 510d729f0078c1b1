"""What came of a supervised session that has ended.

It may be cut off at any point and done again: what it finds is on disk, and what it writes it looks
for first.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from handoff.authoring import gather, model, write_brief
from handoff.base import plain_text
from handoff.brief import document
from handoff.brief import outcome as brief_outcome
from handoff.brief.sections import OUTCOME
from handoff.client import locations, print_result
from handoff.git import fingerprint
from handoff.launch import outcome as launch_outcome
from handoff.launch.run_record import RunRecord, StartResult
from handoff.loops import session as loops_session
from handoff.loops import supervise, verdicts, wait_for_caps
from handoff.meter import cost
from handoff.redact import redact
from handoff.session import cap_resets, state
from handoff.store import brief_files, finish, ledger, places

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from handoff.loops.session import Session
    from handoff.process import supervisor
    from handoff.runtime import Runtime
    from handoff.session.cap_resets import Cap
    from handoff.store.places import Place

_WENT_ON = "The session continued after it"  # an outcome by code, of a compaction's brief


def settle(
    session: Session,
    left: supervisor.RunOutput,
    place: Place,
    runtime: Runtime,
    *,
    stopped: bool,
    goes_on: bool,
    verified_later: bool = False,
) -> Session:
    """What came of a session that ended in its `place`: its figures, its verdict, the brief to go
    on with.

    One that was given its brief, did something, and neither finished nor left a brief gets one by
    code if it was cut off (a usage cap does that too), or always where the task `goes_on`; else
    `launch.outcome` judges it. A task that is `verified_later` is never finished here: code looks
    at the work.
    """
    told = print_result.read_result(left.out, left.code or 0)
    lost = not told.session and not session.agent
    after = fingerprint.read(place.checkout) if place.checkout else fingerprint.Reading()
    brief, finished = _find_left(session, place, runtime)
    cap = _cap(session, told, left, runtime)
    cut_off = stopped or lost or cap is not None or (verified_later and bool(told.stopped))
    unfinished = finished is None and (goes_on or cut_off)
    if brief is None and unfinished:
        brief = _snapshot(session, told, place, runtime, cap)
    record = _record_run(session, told, left, place, after)
    by_code = brief is not None or not (unfinished or verified_later)
    over = launch_outcome.settle(record, runtime, by_code=by_code)
    brief, finished = _find_left(session, place, runtime, over.successor)
    changed = _has_changed(session, place, after.mark, runtime)
    clean = redact.cleaner(runtime.config(place.root))
    usd, counted = _cost(session, told, runtime)
    settled = replace(
        session,
        verdict=verdicts.judge_session(
            done=finished is not None,
            stopped=stopped,
            continued=brief is not None and _has_written(session, runtime),
            changed=changed,
            reached=_has_reached(session, runtime),
            told=not lost,
            capped=cap is not None,
        ),
        cap=cap.kind if cap else "",
        resets_at=cap.resets_at if cap else 0.0,
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
        supervise.give_back(settled, runtime)
    return settled


def read_outcome(place: Place, runtime: Runtime, ids: Iterable[str]) -> str | None:
    """The outcome of the first of the briefs that its session finished by its own word; None if it
    finished none.
    """
    known = ledger.own_entries(runtime.home, place.key)
    for name in ids:
        relative = brief_files.relative_path(brief_files.DONE, name)
        raw = brief_files.read_content(place.root, relative)
        if raw is None or ledger.digest_bytes(raw) not in known:
            continue
        brief = document.parse(raw, relative)
        text = brief.sections.get(OUTCOME, "").strip()
        if not brief_outcome.continued_by(brief) and not text.startswith(_WENT_ON):
            return text or "Finished."
    return None


def _record_run(
    session: Session,
    told: print_result.Result,
    left: supervisor.RunOutput,
    place: Place,
    after: fingerprint.Reading,
) -> RunRecord:
    """The session as the one run of its brief that `launch.outcome` judges."""
    return RunRecord(
        brief_id=session.brief,
        place=place,
        code=_code(told, left),
        out=left.out,
        runner=session.agent,
        model=str(session.values.get("model", "")),
        state=after.state,
    )


def _find_left(
    session: Session, place: Place, runtime: Runtime, successor: str = ""
) -> tuple[document.Brief | None, str | None]:
    """The open brief that the session left, or is its `successor`; where there is none, the outcome
    of the brief that it finished, if it did.
    """
    brief = _brief_of(session, place, runtime) or _open(successor, place, runtime)
    return brief, None if brief else read_outcome(place, runtime, _own_ids(session, runtime))


def _has_reached(session: Session, runtime: Runtime) -> bool:
    """Whether the session was given its brief; of another agent it is taken for granted."""
    picked = state.load(runtime.home, session.session).picked
    return bool(session.agent) or picked == session.brief


def _has_changed(session: Session, place: Place, now: str, runtime: Runtime) -> bool:
    """Whether the worktree, which has the mark `now`, is another than before; where git cannot
    say, whether the session did anything.

    Of another agent that is not known.
    """
    changed = fingerprint.has_changed(place.checkout, session.before, now)
    if changed is not None:
        return changed
    if session.agent:
        return True
    return gather.read_facts(runtime, session.session, session.directory).facts.calls > 0


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0]


def _own_ids(session: Session, runtime: Runtime) -> list[str]:
    wrote = [str(b.get("id") or "") for b in state.load(runtime.home, session.session).briefs]
    return [name for name in (session.brief, *wrote, session.task) if name]


def _has_written(session: Session, runtime: Runtime) -> bool:
    """Whether its model wrote a brief; code may have brought that up to date at the end."""
    briefs = state.load(runtime.home, session.session).briefs
    return any(entry.get("author") == "model" for entry in briefs)


def _brief_of(session: Session, place: Place, runtime: Runtime) -> document.Brief | None:
    """The newest open brief that the session left to be carried on."""
    mine = [
        item.brief
        for item in finish.own_briefs(place, runtime).values()
        if item.brief
        and item.brief.kind == "continue"
        and item.brief.session.get("id") == session.session
    ]
    return max(mine, key=lambda brief: brief.id, default=None)


def _open(brief_id: str, place: Place, runtime: Runtime) -> document.Brief | None:
    stored = finish.own_briefs(place, runtime).get(brief_id) if brief_id else None
    return stored.brief if stored else None


def _snapshot(
    session: Session,
    told: print_result.Result,
    place: Place,
    runtime: Runtime,
    cap: Cap | None,
) -> document.Brief | None:
    """Write down by code how far a session came; None if it has done nothing."""
    if state.load(runtime.home, session.session).picked != session.brief:
        return None
    read = gather.read_facts(runtime, session.session, session.directory)
    if not read.facts.calls:
        return None
    # Our own first prompt is none of a user's.
    read = replace(read, facts=replace(read.facts, goal="", requests=()))
    of_session = places.session_place(runtime, session.session, session.directory, near=place)
    material = gather.collect_material(runtime, session.session, of_session, read=read)
    if cap is not None:
        cap_resets.note(session.session, cap, runtime)
    by_limit = launch_outcome.TRIGGER if told.stopped else "end"
    orders = model.WriteOptions(trigger=verdicts.CAP if cap else by_limit)
    write_brief.write_snapshot(material, orders, runtime, runtime.config(place.root))
    return _brief_of(session, place, runtime)


def _cap(
    session: Session, told: print_result.Result, left: supervisor.RunOutput, runtime: Runtime
) -> Cap | None:
    """The usage cap that ended it; of another agent none is known."""
    if session.agent:
        return None
    return wait_for_caps.cap_of(told, _transcript(session, runtime), left.at)


def _transcript(session: Session, runtime: Runtime) -> str:
    """The path of its transcript, "" where there is none."""
    known = state.load(runtime.home, session.session).transcript
    return locations.transcript_of(session.session, known, runtime.env)


def _code(told: print_result.Result, left: supervisor.RunOutput) -> int:
    """The exit code; where another process started it, what its result says of that."""
    if left.code is not None:
        return left.code
    return int(bool(told.error) or not told.session)


def _cost(
    session: Session, told: print_result.Result, runtime: Runtime
) -> tuple[float | None, bool]:
    """What it cost by the client's own figure, else by its transcript; whether it is ours.

    Without a transcript, a session that printed no result has asked no model anything.
    """
    if told.cost_usd is not None:
        return told.cost_usd, False
    path = _transcript(session, runtime)
    if not path:
        is_nothing = not session.agent and not told.session
        return (0.0 if is_nothing else None), True
    return cost.read_cost(runtime.home, session.session, path, runtime.env).usd, True


def _problem(
    over: StartResult,
    told: print_result.Result,
    left: supervisor.RunOutput,
    clean: Callable[[str], str],
) -> str:
    """What went wrong. That a session handed over is nothing that went wrong here."""
    problem = told.error if over.successor else over.problem
    lines = left.err.strip().splitlines() if problem and not left.out.strip() else []
    return plain_text.one_line(
        clean(": ".join([problem, *lines[-1:]])), loops_session.PROBLEM_CHARS
    )
