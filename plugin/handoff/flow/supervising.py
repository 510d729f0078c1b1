"""One session of a relay or a queue: started under supervision, and settled when it has ended.

`Session` is what a journal keeps of it. It is in the journal, durably, before it is started, and
settled there before what its run left is taken away. Settling may be cut off at any point and done
again: what it finds is on disk, and what it writes it looks for first.
"""

from __future__ import annotations

import os
import uuid
from dataclasses import asdict, dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

from handoff.brief import document, ending, plain
from handoff.client import places, result
from handoff.errors import HandoffError
from handoff.flow import (
    cleaning,
    filing,
    judging,
    material,
    outcomes,
    planning,
    runlog,
    settling,
    starting,
    state,
    writing,
)
from handoff.meter import cost
from handoff.repo import claims, ledger, store, worked
from handoff.run import launch, runners, supervised
from handoff.run.routes import Choice, is_client

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from handoff.flow.here import Here
    from handoff.flow.material import Place
    from handoff.flow.planning import Plan

LOOP = "HANDOFF_RELAY"  # a session's variable: its relays are bounded by who started it
_WENT_ON = "The session went on after it"  # an outcome by code, of a compaction's brief
_PROBLEM_CHARS = 300


@dataclass(frozen=True)
class Session:
    """One session: started for `brief`, which carries on `task`, in `directory`.

    `run` names the start of a queue that cares for it. `before` marks the work tree at its start;
    `values` is what it was started on; `cap_usd` what it might cost. `verdict` (of `judging`) is ""
    until it is settled; then `left` is the brief to go on with, "" if it left none, `cost_usd` the
    client's own figure (`counted`: ours, from the transcript, where the client said none), `words`
    what it said at its end or of its outcome.
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

    def as_json(self) -> dict[str, Any]:
        """As it stands in a journal and in `--json`."""
        return asdict(self)


def read(found: object) -> list[Session]:
    """The sessions in a journal's value; what is none is passed over."""
    names = {one.name for one in fields(Session)}
    needed = ("session", "task", "brief", "directory", "began")
    return [
        Session(**{key: value for key, value in entry.items() if key in names})
        for entry in (found if isinstance(found, list) else [])
        if isinstance(entry, dict) and all(key in entry for key in needed)
    ]


def made(planned: Plan, task: str, here: Here) -> Session:
    """A session for a plan that is about to be carried out, with an id of its own."""
    place = material.locate(planned.directory) if os.path.isdir(planned.directory) else None
    budget = planned.choice.values.get("budget_usd")
    return Session(
        session=str(uuid.uuid4()),
        task=task,
        brief=planned.brief.id,
        directory=planned.directory,
        began=here.now,
        branch=planned.worktree.branch if planned.worktree else "",
        before=worked.mark(place.checkout) if place else "",
        values=dict(planned.choice.values),
        cap_usd=float(budget) if isinstance(budget, (int, float)) else None,
    )


def start(
    planned: Plan, prepared: starting.Prepared, session: Session, watch: supervised.Watch
) -> None:
    """Start it; the journal has it by now. Raises HandoffError when that cannot be."""
    command = list(prepared.command)
    if planned.provider:
        command[3:3] = [f"--session-id={session.session}"]  # behind `claude -p PROMPT`
    watch.start(command, prepared.directory, {**prepared.env, LOOP: session.task})


def settle(
    session: Session, left: supervised.Left, here: Here, *, stopped: bool, goes_on: bool
) -> Session:
    """What came of a session that ended: its figures, its verdict, the brief to go on with.

    One that was given its brief, did something, and neither finished nor left a brief gets one by
    code if it was cut off, or always where the task `goes_on`; else `starting.over` judges it.
    """
    place = material.locate(session.directory)
    told = result.read(left.out, left.code or 0)
    is_agent = not is_client(Choice(session.values, {}))
    lost = not told.session and not is_agent
    brief = _brief_of(session, place, here)
    finished = None if brief else outcome(place, here, _own_ids(session, here))
    unfinished = finished is None and (goes_on or stopped or lost)
    if brief is None and unfinished:
        brief = _snapshot(session, told, place, here)
    ended = launch.Ended(_code(told, left), left.out)
    by_code = brief is not None or not unfinished
    over = starting.over(_plan(session, place), ended, here, by_code=by_code)
    brief = _brief_of(session, place, here) or _open(over.successor, place, here)
    finished = None if brief else outcome(place, here, _own_ids(session, here))
    now = worked.mark(place.checkout)
    changed = not (now and now == session.before)
    reached = is_agent or state.load(here.home, session.session).text("picked") == session.brief
    clean = cleaning.cleaner(here.config(place.root))
    usd, counted = _cost(session, told.cost_usd, here)
    settled = replace(
        session,
        verdict=judging.verdict(
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
        words=plain.one_line(clean(_first_line(finished or told.words)), _PROBLEM_CHARS),
        problem="" if finished or stopped else _problem(over, told, left, clean),
    )
    if not finished and not brief:
        give_back(settled, here)
    return settled


def failed(session: Session, error: HandoffError, here: Here) -> Session:
    """A session that could not be started."""
    give_back(session, here)
    what = plain.one_line(error.what, _PROBLEM_CHARS)
    return replace(session, verdict=judging.UNCHANGED, seconds=0.0, cost_usd=0.0, problem=what)


def next_brief(task: str, sessions: Sequence[Session], place: Place, here: Here) -> str:
    """The brief that the next session of a task is started for, "" if none is open.

    What the last one left, else its own once more, else the task itself.
    """
    opened = filing.own_briefs(place, here)
    last = sessions[-1] if sessions else None
    wanted = [last.left, last.brief, task] if last else [task]
    return next((name for name in wanted if name and name in opened), "")


def outcome(place: Place, here: Here, ids: Iterable[str]) -> str | None:
    """The outcome of the first of the briefs that its session finished by its own word; None if it
    finished none.
    """
    known = ledger.own_entries(here.home, place.key)
    for name in ids:
        relative = store.relative_path(store.DONE, name)
        raw = store.content(place.root, relative)
        if raw is None or ledger.digest(raw) not in known:
            continue
        brief = document.parse(raw, relative)
        said = brief.sections.get(document.OUTCOME, "").strip()
        if not ending.continued_by(brief) and not said.startswith(_WENT_ON):
            return said or "Finished."
    return None


def close(task: str, sessions: Sequence[Session], said: str, place: Place, here: Here) -> None:
    """Finish what is still open of a task whose end was reached: the task, and its last brief."""
    opened = filing.own_briefs(place, here)
    last = sessions[-1]
    items = [
        opened[name] for name in dict.fromkeys((task, last.brief, last.left)) if name in opened
    ]
    if not items:
        return
    filing.finish(place, items, said, here, here.config(place.root))
    for item in items:
        path = os.path.join(
            place.root, store.relative_path(store.DONE, item.brief.id if item.brief else "")
        )
        outcomes.note_finished(item, path, here)


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
        for item in filing.own_briefs(place, here).values()
        if item.brief
        and item.brief.kind == "continue"
        and item.brief.session.get("id") == session.session
    ]
    return max(mine, key=lambda brief: brief.id, default=None)


def _open(brief_id: str, place: Place, here: Here) -> document.Brief | None:
    found = filing.own_briefs(place, here).get(brief_id) if brief_id else None
    return found.brief if found else None


def _snapshot(
    session: Session, told: result.Result, place: Place, here: Here
) -> document.Brief | None:
    """Write down by code how far a session came; None if it has done nothing."""
    if state.load(here.home, session.session).text("picked") != session.brief:
        return None
    found = material.collect(here, session.session, session.directory)
    if not found.facts.calls:
        return None
    # Our own first prompt is none of a user's.
    found = replace(found, facts=replace(found.facts, goal="", requests=()))
    orders = writing.Orders(trigger=settling.TRIGGER if told.stopped else "end")
    writing.write_snapshot(found, orders, here, here.config(place.root))
    return _brief_of(session, place, here)


def _code(told: result.Result, left: supervised.Left) -> int:
    """The exit code; where another process started it, what its result says of that."""
    if left.code is not None:
        return left.code
    return int(bool(told.error) or not told.session)


def _plan(session: Session, place: Place) -> Plan:
    """The plan of a session as far as its end needs it: another process may have started it."""
    try:
        stored = store.find(place.root, session.brief)
        brief, raw = stored.brief, stored.raw
    except HandoffError:
        brief, raw = None, b""
    brief = brief or document.Brief(id=session.brief, title=session.brief, created="")
    choice = Choice(session.values, dict.fromkeys(session.values, ""))
    agent = None if is_client(choice) else runners.Runner(choice.text("runner"))
    return planning.Plan(
        brief, place, planning.Orders(runners.PRINT, {}), choice, None, agent, [],
        session.directory, None, raw, (),
    )  # fmt: skip


def _cost(session: Session, told: float | None, here: Here) -> tuple[float | None, bool]:
    """What it cost by the client's own figure, else by its transcript; whether it is ours."""
    if told is not None:
        return told, False
    known = state.load(here.home, session.session).text("transcript")
    path = known or places.find_transcript(session.session, here.env)
    if not path or not os.path.isfile(path):
        return (0.0 if is_client(Choice(session.values, {})) else None), True
    return cost.take(here.home, session.session, path, here.env).usd, True


def _problem(
    over: starting.Started, told: result.Result, left: supervised.Left, clean: Callable[[str], str]
) -> str:
    """What went wrong. That a session handed over is nothing that went wrong here."""
    said = told.error if over.successor else over.problem
    lines = left.err.strip().splitlines() if said and not left.out.strip() else []
    return plain.one_line(clean(": ".join([said, *lines[-1:]])), _PROBLEM_CHARS)


def adopt(session: Session, here: Here) -> None:
    """Say that this process waits for its end now."""
    log = runlog.load(here.home, session.brief)
    if log is not None and not log.ended:
        runlog.end(here.home, log, pid=os.getpid())


def give_back(session: Session, here: Here) -> None:
    """Release the brief of a session that is over and left it as it was."""
    owner = claims.owner(here.home, session.brief)
    is_agent = not is_client(Choice(session.values, {}))
    if owner == session.session or (is_agent and owner.startswith("none (")):
        claims.release(here.home, session.brief)
