"""`handoff spec new`: sessions that write a spec, and code that checks what they wrote.

A spec gets a worktree and a branch of its own, so the user's worktree is never touched. A session
is given a brief that code composes; after it code ends what it left running, puts the user's words
and the features of an imported list back, and looks for mistakes. These are the next session's, at
most `MAX_SESSIONS` times; a sound spec is committed, and nothing else is.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from handoff.base.errors import HandoffError
from handoff.base.wording import count_of
from handoff.brief import document
from handoff.build import processes
from handoff.git import leftovers, status
from handoff.git.head import read_head
from handoff.launch import client_program, plan, routes, runners, start
from handoff.redact import redact
from handoff.specs import (
    new_spec,
    planner_brief,
    planning,
    publish,
    put_back,
)
from handoff.store import brief_files, claims, finish, places, trusted_prompts
from handoff.store.match_id import match_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Any

    from handoff.launch.plan import Plan
    from handoff.launch.progress import Progress
    from handoff.launch.run_record import StartResult
    from handoff.runtime import Runtime
    from handoff.specs.new_spec import Wish
    from handoff.specs.planning import Planning
    from handoff.specs.publish import CheckedSpec
    from handoff.store.places import Place

MAX_SESSIONS = 3
_LEAST_USD = 0.01
_INIT = "Run `git init` there, commit something, and try again."
_ALL_HINT = (
    "`handoff spec list` shows all specs; one that is finished is edited: handoff spec edit ID"
)
_STOPPED = (129, 130, 143)  # as a shell tells SIGHUP, SIGINT, SIGTERM


@dataclass(frozen=True)
class Written:
    """What came of writing a spec: `checked` has it, or what is wrong with it.

    `notes` say what code put back or ended, `others` are files that sessions changed besides, from
    the root. `stopped` is the exit code of a run that was told to end, 0 without; `problem` why no
    further session was started, "" where the spec is sound.
    """

    planning: Planning
    checked: CheckedSpec
    notes: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    stopped: int = 0
    problem: str = ""

    @property
    def is_sound(self) -> bool:
        """Whether it is written and committed."""
        return self.checked.committed is not None


def begin(
    wish: Wish,
    runtime: Runtime,
    place: Place,
    asked: Mapping[str, Any],
    budget: float | None,
) -> Planning:
    """Make the worktree of a new spec, and its files, with the user's words and their features.

    Raises HandoffError, before anything is made, where a session could not be started in it.
    """
    plan.load_config(runtime, place.root)
    if client_program.find(runtime.env) is None:
        raise HandoffError(
            "The client (claude) is not on the PATH. Nothing was written.",
            "Install Claude Code (npm install -g @anthropic-ai/claude-code), then try again.",
        )
    spec, own = new_spec.prepare(wish, place, runtime, here=False)
    base = read_head(own.need_checkout("cannot hold a spec", _INIT)).sha or ""
    clean = redact.cleaner(runtime.config(own.root))
    given = new_spec.Wish(clean(wish.text), spec.features)
    planned = planning.Planning(spec.id, own.root, base, given, dict(asked), budget)
    planning.save(runtime.home, planned)
    return planned


def load(
    wanted: str, runtime: Runtime, place: Place, asked: Mapping[str, Any], budget: float | None
) -> Planning:
    """A spec that is still being written, as it is to continue; what is not asked for stays."""
    known = planning.list_specs(runtime.home)
    spec_id = match_id(wanted, known, "unfinished spec", "on this machine", _ALL_HINT)
    planned = planning.load(runtime.home, spec_id)
    if planned is None or not os.path.isdir(planned.root):
        raise HandoffError(
            f"The worktree of {spec_id} is gone.", f"Begin a new one: {_new_command()}"
        )
    near = places.locate_near(place, planned.root)
    near.need_checkout("cannot hold a spec", _INIT)
    return replace(
        planned, asked={**planned.asked, **asked}, budget_usd=budget or planned.budget_usd
    )


def write(
    planned: Planning,
    runtime: Runtime,
    tell: Callable[[str], object],
    show: Callable[[str, Progress], object] | None = None,
) -> Written:
    """Have the spec written by sessions. `tell` is given a line for people at each step, `show` a
    brief's id and the progress of its session every second.
    """
    place = places.locate(planned.root)
    notes: list[str] = []
    problems: Sequence[str] = ()
    if planned.sessions:  # it is continued: somebody may have fixed it meanwhile
        notes += put_back.restore(planned.root, planned.spec, planned.wish, runtime)
        checked = _check(planned, place, runtime)
        if checked.committed:
            return _ended(Written(planned, checked, tuple(notes)), runtime)
        problems = checked.problems
    for number in range(1, MAX_SESSIONS + 1):
        ended, planned = _run_session(planned, problems, place, runtime, tell, show, number)
        place = places.after_programs(place)
        found = [f"A process was left running, and was ended: {name}" for name in
                 processes.end_processes(ended.id)]  # fmt: skip
        found += put_back.restore(planned.root, planned.spec, planned.wish, runtime)
        for note in found:
            tell(f"    {note}")
        notes += found
        checked = _check(planned, place, runtime)
        why = _why_no_more(checked, ended, planned, number)
        briefs = (ended.id, ended.successor)
        _finish_brief(briefs, _outcome(checked, ended, why), place, runtime)
        if checked.committed or why:
            stopped = ended.code if ended.problem and ended.code in _STOPPED else 0
            others = _other_files(planned, checked, place) if checked.committed else ()
            return _ended(Written(planned, checked, tuple(notes), others, stopped, why), runtime)
        problems = checked.problems
        tell(f"    {count_of(len(problems), 'problem')} left. Another session fixes them.")
    raise AssertionError("the last session always has a reason to be the last")


def _run_session(
    planned: Planning,
    problems: Sequence[str],
    place: Place,
    runtime: Runtime,
    tell: Callable[[str], object],
    show: Callable[[str, Progress], object] | None,
    number: int,
) -> tuple[StartResult, Planning]:
    """One session to its end, and the journal with it."""
    brief_id = _write_brief(planned, problems, place, runtime)
    try:
        order = _plan(planned, brief_id, place, runtime)
    except HandoffError:
        _finish_brief((brief_id,), "No session was started for it.", place, runtime)
        raise
    cap = order.choice.values.get("budget_usd")
    tell(f"Session {number} writes the spec{f', at most ${cap:.2f}' if cap else ''}")
    for note in order.notes if number == 1 else ():
        tell(f"handoff: {note}")
    look = None if show is None else (lambda progress: show(brief_id, progress))
    began = time.monotonic()
    ended = start.carry_out(order, runtime, look, env={processes.MARK: brief_id}, by_code=False)
    session = planning.PlannerSession(
        ended.session, brief_id, ended.cost_usd, ended.turns,
        round(time.monotonic() - began, 1), ended.problem,
    )  # fmt: skip
    planned = replace(planned, sessions=(*planned.sessions, session))
    planning.save(runtime.home, planned)
    return ended, planned


def _write_brief(planned: Planning, problems: Sequence[str], place: Place, runtime: Runtime) -> str:
    """Put the next session's brief in place; its id. It is committed when it is finished."""
    config, prompts = runtime.config(place.root), trusted_prompts.load(runtime, place.root)
    brief_id = planner_brief.new_id(planned.wish.title, runtime)
    brief = planner_brief.compose(
        brief_id, planned.spec, planned.wish, problems, runtime, config, prompts
    )
    raw = document.render(brief).encode()
    finish.record_brief(place, raw, brief_id, "", runtime)
    brief_files.write(place.root, brief_files.OPEN, brief_id, raw)
    return brief_id


def _plan(planned: Planning, brief_id: str, place: Place, runtime: Runtime) -> Plan:
    """The session's plan. What is left of the budget caps its own."""
    prompt = trusted_prompts.load(runtime, place.root).render("planner_prompt")
    asked = dict(planned.asked)
    order = plan.plan_start(
        brief_id, runtime, place, plan.LaunchOptions(runners.PRINT, asked, prompt=prompt)
    )
    if not routes.is_client(order.choice):
        raise HandoffError(
            f"{order.choice.text('runner')} cannot write a spec: only the client's sessions are "
            "given one.",
            "Use --runner claude.",
        )
    left, own = planned.left_usd, order.choice.values.get("budget_usd")
    if left is None or (own is not None and own <= left):
        return order
    asked["budget_usd"] = max(round(left, 4), _LEAST_USD)
    return plan.plan_start(
        brief_id, runtime, place, plan.LaunchOptions(runners.PRINT, asked, prompt=prompt)
    )


def _why_no_more(checked: CheckedSpec, ended: StartResult, planned: Planning, number: int) -> str:
    """Why no further session is started, as a clause; "" where the spec is sound or one is."""
    if checked.committed:
        return ""
    if ended.problem and ended.code in _STOPPED:
        return "the session was stopped"
    left = planned.left_usd
    if ended.stopped == "budget" or (left is not None and left < _LEAST_USD):
        return "the budget is used up"
    if ended.problem and not ended.stopped:
        return f"the session failed: {ended.problem}"
    return f"{count_of(number, 'session')} did not write it" if number == MAX_SESSIONS else ""


def _check(planned: Planning, place: Place, runtime: Runtime) -> CheckedSpec:
    """The spec as it is now, committed if it is sound; that it cannot be is a problem too."""
    try:
        return publish.check(planned.spec, place, runtime)
    except HandoffError as error:
        return publish.CheckedSpec(planned.spec, planned.root, None, (error.what,))


def _outcome(checked: CheckedSpec, ended: StartResult, why: str) -> str:
    """What the brief of a session that is over says of it."""
    text = f"The spec {checked.id} has {count_of(len(checked.problems), 'problem')}."
    if checked.committed:
        text = f"The spec {checked.id} is written, and was found sound."
    elif why:
        text += f" No further session was started: {why}."
    return text if ended.cost_usd is None else f"{text} ${ended.cost_usd:.4f}."


def _finish_brief(ids: Iterable[str], outcome: str, place: Place, runtime: Runtime) -> None:
    """Finish those of the briefs that are open."""
    own = finish.own_briefs(place, runtime)
    stored = [own[name] for name in ids if name in own]
    if stored:
        finish.finish(place, stored, outcome, runtime, runtime.config(place.root))
    for one in stored:
        if one.brief is not None:
            claims.release(runtime.home, one.brief.id)


def _other_files(planned: Planning, checked: CheckedSpec, place: Place) -> tuple[str, ...]:
    """What sessions changed besides the spec and its tests, by path: uncommitted, or in commits of
    their own.
    """
    checkout = place.need_checkout("cannot hold a spec", _INIT)
    committed = leftovers.list_changed(checkout, planned.base, read_head(checkout).sha or "HEAD")
    tests = [one.verify.path for one in checked.spec.features if one.verify] if checked.spec else []
    dirty = [one.path for one in status.read_state(checkout).dirty_files]
    return tuple(
        path
        for path in dict.fromkeys((*committed, *dirty))
        if not path.startswith(f"{brief_files.FOLDER}/")
        and not any(path == test or path.startswith(f"{test}/") for test in tests)
    )


def _ended(written: Written, runtime: Runtime) -> Written:
    """Once the spec is sound, its journal is not needed any more."""
    if written.is_sound:
        planning.forget(runtime.home, written.planning.spec)
    return written


def _new_command() -> str:
    return 'handoff spec new "what is to be built"'
