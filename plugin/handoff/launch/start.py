"""`handoff start`: carry a plan out, and say what came of it."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from handoff.base import locks
from handoff.base.errors import HandoffError
from handoff.git import fingerprint, status, worktrees
from handoff.launch import eligibility, outcome, plan, providers, run_log, runners
from handoff.launch.run_record import RunRecord, Started
from handoff.pickup import offer
from handoff.process import execute, tmux
from handoff.store import brief_files, claims, places

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from handoff.git.run import Checkout
    from handoff.launch.plan import Plan
    from handoff.runtime import Here
    from handoff.store.places import Place


__all__ = ["Prepared", "Started", "give_back", "prepare", "read_briefly", "start"]


@dataclass(frozen=True)
class Prepared:
    """What is run: a command (a list, no shell), its directory and its whole environment. `place`
    is the work tree that it works in, `before` that one now, where a headless run is to begin.
    """

    command: list[str]
    directory: str
    env: Mapping[str, str] = field(repr=False)  # it has keys
    place: Place
    before: fingerprint.Reading


def start(planned: Plan, here: Here) -> Started:
    """Carry a plan out. In the terminal's own mode this process becomes the session."""
    prepared = prepare(planned, here)
    try:
        return _launch(planned, prepared, here)
    except HandoffError:
        give_back(planned, here)
        raise


def read_briefly(checkout: Checkout) -> fingerprint.Reading:
    """A work tree without a mark of it: an untracked folder counts as one."""
    return fingerprint.Reading(state=status.state(checkout))


def prepare(
    planned: Plan,
    here: Here,
    read: Callable[[Checkout], fingerprint.Reading] = read_briefly,
) -> Prepared:
    """Make the work tree, read the key, remember the start, claim the brief for an agent without a
    hook of ours. `read` says what the work tree of a headless run is like before it.
    """
    config = plan.settled(here, planned.place.root)
    token = providers.key(planned.provider, here.env) if planned.provider else ""
    env = plan.surroundings(planned, here, config, token).values
    place = _make_worktree(planned)
    directory = planned.started_in
    is_headless = planned.orders.mode == runners.PRINT
    before = read(place.checkout) if place.checkout and is_headless else fingerprint.Reading()
    if planned.provider:
        # Once more: in a new work tree HEAD's settings hold, not those of the user's work tree.
        for folder in (planned.directory, directory):
            plan.check_settings(planned.provider, here, folder)
        run_log.begin(planned, here, before.state)
        return Prepared(planned.command, directory, env, place, before)
    # A claim by hand is the terminal's, and two starts in one would both have it.
    with locks.locked(os.path.join(here.home, "locks", "start")):
        eligibility.check_free(planned.brief, here)
        run_log.begin(planned, here, before.state)
        _, text = offer.by_hand(planned.brief.id, "", here, place)
    command = [word.replace(plan.TEXT, text) for word in planned.command]
    return Prepared(command, directory, env, place, before)


def _make_worktree(planned: Plan) -> Place:
    """The place where a session works: its own new work tree, with its brief, or the plan's."""
    if planned.worktree is None:
        return replace(planned.place, directory=".")
    fix = "Leave --worktree out."
    worktrees.add(planned.place.need_checkout("is no git repository", fix), planned.worktree)
    relative = brief_files.relative_path(brief_files.OPEN, planned.brief.id)
    if brief_files.content(planned.worktree.path, relative) is None:
        brief_files.write(planned.worktree.path, brief_files.OPEN, planned.brief.id, planned.raw)
    return places.locate(planned.worktree.path)


def give_back(planned: Plan, here: Here) -> None:
    """After `prepare`, when nothing could be started: the brief is nobody's again."""
    run_log.forget(here.home, planned.brief.id)
    if not planned.provider:
        claims.release(here.home, planned.brief.id)


def _launch(planned: Plan, prepared: Prepared, here: Here) -> Started:
    brief, mode = planned.brief, planned.orders.mode
    command, directory, env = prepared.command, prepared.directory, prepared.env
    if mode == runners.TERMINAL:
        execute.replace(command, directory, env)
    if mode == runners.TMUX:
        return Started(brief.id, mode, tmux.in_tmux(command, directory, env, brief.title, here.env))
    ended = execute.to_end(command, directory, env)
    if ended.told:
        return _stopped(planned, prepared, ended, here)
    if mode == runners.BACKGROUND:
        problem = "" if ended.code == 0 else "the client did not start it in the background"
        return Started(brief.id, mode, ended.out.strip(), code=ended.code, problem=problem)
    return outcome.settle(_record(planned, prepared, ended), here)


def _stopped(planned: Plan, prepared: Prepared, ended: execute.Ended, here: Here) -> Started:
    """A run that was ended because this process was told to end; its exit code is as a shell's."""
    code, problem = 128 + ended.told, "it was stopped"
    if planned.orders.mode != runners.PRINT:
        return Started(planned.brief.id, planned.orders.mode, code=code, problem=problem)
    made = outcome.settle(_record(planned, prepared, replace(ended, code=code)), here)
    return replace(made, problem=made.problem and problem)


def _record(planned: Plan, prepared: Prepared, ended: execute.Ended) -> RunRecord:
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
