"""`handoff start`: carry a plan out, and say what came of it."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from handoff.base import locks
from handoff.base.errors import HandoffError
from handoff.git import worktrees
from handoff.launch import eligibility, outcome, plan, providers, run_log, runners
from handoff.launch.outcome import Started
from handoff.pickup import offer
from handoff.process import execute, tmux
from handoff.store import brief_files, claims

if TYPE_CHECKING:
    from collections.abc import Mapping

    from handoff.launch.plan import Plan
    from handoff.runtime import Here


__all__ = ["Prepared", "Started", "give_back", "over", "prepare", "start"]


@dataclass(frozen=True)
class Prepared:
    """What is run: a command (a list, no shell), its directory and its whole environment."""

    command: list[str]
    directory: str
    env: Mapping[str, str] = field(repr=False)  # it has keys


def start(planned: Plan, here: Here) -> Started:
    """Carry a plan out. In the terminal's own mode this process becomes the session."""
    prepared = prepare(planned, here)
    try:
        return _launch(planned, prepared, here)
    except HandoffError:
        give_back(planned, here)
        raise


def prepare(planned: Plan, here: Here) -> Prepared:
    """Make the work tree, read the key, remember the start, claim the brief for an agent without a
    hook of ours.
    """
    config = plan.settled(here, planned.place.root)
    token = providers.key(planned.provider, here.env) if planned.provider else ""
    env = plan.surroundings(planned, here, config, token).values
    if planned.worktree and planned.place.checkout:
        worktrees.add(planned.place.checkout, planned.worktree)
        relative = brief_files.relative_path(brief_files.OPEN, planned.brief.id)
        if brief_files.content(planned.worktree.path, relative) is None:
            brief_files.write(
                planned.worktree.path, brief_files.OPEN, planned.brief.id, planned.raw
            )
    directory = planned.started_in
    if planned.provider:
        # Once more: in a new work tree HEAD's settings hold, not those of the user's work tree.
        for folder in (planned.directory, directory):
            plan.check_settings(planned.provider, here, folder)
        run_log.begin(planned, here)
        return Prepared(planned.command, directory, env)
    # A claim by hand is the terminal's, and two starts in one would both have it.
    with locks.locked(os.path.join(here.home, "locks", "start")):
        eligibility.check_free(planned.brief, here)
        run_log.begin(planned, here)
        _, text = offer.by_hand(planned.brief.id, "", here, planned.directory)
    command = [word.replace(plan.TEXT, text) for word in planned.command]
    return Prepared(command, directory, env)


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
        return _stopped(planned, ended, here)
    if mode == runners.BACKGROUND:
        problem = "" if ended.code == 0 else "the client did not start it in the background"
        return Started(brief.id, mode, ended.out.strip(), code=ended.code, problem=problem)
    return over(planned, ended, here)


def _stopped(planned: Plan, ended: execute.Ended, here: Here) -> Started:
    """A run that was ended because this process was told to end; its exit code is as a shell's."""
    code, problem = 128 + ended.told, "it was stopped"
    if planned.orders.mode != runners.PRINT:
        return Started(planned.brief.id, planned.orders.mode, code=code, problem=problem)
    made = over(planned, replace(ended, code=code), here)
    return replace(made, problem=made.problem and problem)


def over(planned: Plan, ended: execute.Ended, here: Here, *, by_code: bool = True) -> Started:
    """What came of a headless run that ended: its brief is finished, carried on or free again.

    Not `by_code`, what the model left undone stays so: no outcome, no snapshot, no release. That is
    for who runs several sessions on one task, and decides by itself what each of them leaves.
    """
    return outcome.settle(planned, ended, here, by_code=by_code)
