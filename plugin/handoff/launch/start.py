"""`handoff start`: carry a plan out, and say what came of it."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from handoff.base import locks
from handoff.base.errors import HandoffError
from handoff.git import fingerprint, status, worktrees
from handoff.launch import eligibility, outcome, plan, providers, run_log, runners
from handoff.launch.progress import ProgressReader
from handoff.launch.run_record import RunRecord, StartResult
from handoff.pickup import offer
from handoff.process import execute, tmux
from handoff.store import brief_files, claims, places

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from handoff.git.run import Checkout
    from handoff.launch.plan import Plan
    from handoff.launch.progress import Progress
    from handoff.runtime import Runtime
    from handoff.store.places import Place


__all__ = ["Prepared", "StartResult", "carry_out", "give_back", "prepare", "read_briefly"]


@dataclass(frozen=True)
class Prepared:
    """What is run: a command (a list, no shell), its directory and its whole environment. `place`
    is the worktree that it works in, `before` that one now, where a headless run is to begin.
    """

    command: list[str]
    directory: str
    env: Mapping[str, str] = field(repr=False)  # it has keys
    place: Place
    before: fingerprint.Reading


def carry_out(
    planned: Plan,
    runtime: Runtime,
    show: Callable[[Progress], object] | None = None,
    *,
    env: Mapping[str, str] | None = None,
    by_code: bool = True,
) -> StartResult:
    """Carry a plan out. In the terminal's own mode this process becomes the session.

    `show` is given the progress of a headless session every second; `env` are variables that the
    session gets besides. Not `by_code`, what the session left of its brief is the caller's to
    settle (`outcome.settle`).
    """
    prepared = prepare(planned, runtime)
    prepared = replace(prepared, env={**prepared.env, **(env or {})})
    try:
        return _launch(planned, prepared, runtime, show, by_code=by_code)
    except HandoffError:
        give_back(planned, runtime)
        raise


def read_briefly(checkout: Checkout) -> fingerprint.Reading:
    """A worktree without a mark of it: an untracked folder counts as one."""
    return fingerprint.Reading(state=status.read_state(checkout))


def prepare(
    planned: Plan,
    runtime: Runtime,
    read: Callable[[Checkout], fingerprint.Reading] = read_briefly,
) -> Prepared:
    """Make the worktree, read the key, remember the start, claim the brief for an agent without a
    hook of ours. `read` says what the worktree of a headless run is like before it.
    """
    config = plan.load_config(runtime, planned.place.root)
    token = providers.read_key(planned.provider, runtime.env) if planned.provider else ""
    env = plan.build_environment(planned, runtime, config, token).values
    place = _make_worktree(planned)
    directory = planned.started_in
    is_headless = planned.orders.mode == runners.PRINT
    before = read(place.checkout) if place.checkout and is_headless else fingerprint.Reading()
    if planned.provider:
        # Once more: in a new worktree HEAD's settings hold, not those of the user's worktree.
        for folder in (planned.directory, directory):
            plan.check_settings(planned.provider, runtime, folder)
        run_log.record_begin(planned, runtime, before.state)
        return Prepared(planned.command, directory, env, place, before)
    # A claim by hand is the terminal's, and two starts in one would both have it.
    with locks.Lock(os.path.join(runtime.home, "locks", "start")):
        eligibility.check_free(planned.brief, runtime)
        run_log.record_begin(planned, runtime, before.state)
        _, text = offer.pick_up_by_hand(planned.brief.id, "", runtime, place)
    command = [word.replace(plan.TEXT, text) for word in planned.command]
    return Prepared(command, directory, env, place, before)


def _make_worktree(planned: Plan) -> Place:
    """The place where a session works: its own new worktree, with its brief, or the plan's."""
    if planned.worktree is None:
        return replace(planned.place, directory=".")
    fix = "Leave --worktree out."
    worktrees.add_worktree(
        planned.place.need_checkout("cannot have worktrees", fix), planned.worktree
    )
    relative = brief_files.relative_path(brief_files.OPEN, planned.brief.id)
    if brief_files.read_content(planned.worktree.path, relative) is None:
        brief_files.write(planned.worktree.path, brief_files.OPEN, planned.brief.id, planned.raw)
    return places.locate(planned.worktree.path)


def give_back(planned: Plan, runtime: Runtime) -> None:
    """After `prepare`, when nothing could be started: the brief is nobody's again."""
    run_log.forget(runtime.home, planned.brief.id)
    if not planned.provider:
        claims.release(runtime.home, planned.brief.id)


def _launch(
    planned: Plan,
    prepared: Prepared,
    runtime: Runtime,
    show: Callable[[Progress], object] | None,
    *,
    by_code: bool,
) -> StartResult:
    brief, mode = planned.brief, planned.orders.mode
    command, directory, env = prepared.command, prepared.directory, prepared.env
    if mode == runners.TERMINAL:
        execute.replace_process(command, directory, env)
    if mode == runners.TMUX:
        return StartResult(
            brief.id, mode, tmux.in_tmux(command, directory, env, brief.title, runtime.env)
        )
    ended = execute.run_to_end(command, directory, env, _look(planned, runtime, show))
    if ended.told:
        return _stopped(planned, prepared, ended, runtime, by_code=by_code)
    if mode == runners.BACKGROUND:
        problem = "" if ended.code == 0 else "the client did not start it in the background"
        return StartResult(brief.id, mode, ended.out.strip(), code=ended.code, problem=problem)
    return outcome.settle(_record(planned, prepared, ended), runtime, by_code=by_code)


def _look(
    planned: Plan, runtime: Runtime, show: Callable[[Progress], object] | None
) -> Callable[[], object] | None:
    """What is called while a headless session runs, if somebody looks at it."""
    if show is None or planned.orders.mode != runners.PRINT:
        return None
    reader = ProgressReader(runtime, brief=planned.brief.id)
    return lambda: show(reader.read())


def _stopped(
    planned: Plan,
    prepared: Prepared,
    ended: execute.ProcessResult,
    runtime: Runtime,
    *,
    by_code: bool,
) -> StartResult:
    """A run that was ended because this process was told to end; its exit code is as a shell's."""
    code, problem = 128 + ended.told, "it was stopped"
    if planned.orders.mode != runners.PRINT:
        return StartResult(planned.brief.id, planned.orders.mode, code=code, problem=problem)
    record = _record(planned, prepared, replace(ended, code=code))
    started = outcome.settle(record, runtime, by_code=by_code)
    return replace(started, problem=started.problem and problem)


def _record(planned: Plan, prepared: Prepared, ended: execute.ProcessResult) -> RunRecord:
    """What is known of a run that has ended just now."""
    return RunRecord(
        brief_id=planned.brief.id,
        place=places.after_programs(prepared.place),
        code=ended.code,
        out=ended.out,
        runner=planned.runner.name if planned.runner else "",
        model=planned.choice.text("model"),
        provider=planned.provider.name if planned.provider else "",
    )
