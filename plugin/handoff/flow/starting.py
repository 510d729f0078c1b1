"""`handoff start`: carry a plan out, and say what came of it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from handoff import fsio
from handoff.client import printed
from handoff.errors import HandoffError
from handoff.flow import pickup, planning, startable
from handoff.repo import claims, store, worktrees
from handoff.run import launch, providers, runners

if TYPE_CHECKING:
    from collections.abc import Mapping

    from handoff.flow.here import Here
    from handoff.flow.planning import Plan


@dataclass(frozen=True)
class Started:
    """What came of a start. Of a session that ran to its end: its id, whether it was given the
    brief, its last words, dollars and turns by the client's own figures, and the exit code.
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


@dataclass(frozen=True)
class Prepared:
    """What is run: a command (a list, no shell), its directory and its whole environment."""

    command: list[str]
    directory: str
    env: Mapping[str, str]


def start(planned: Plan, here: Here) -> Started:
    """Carry a plan out. In the terminal's own mode this process becomes the session."""
    prepared = prepare(planned, here)
    try:
        return _launch(planned, prepared, here)
    except HandoffError:
        give_back(planned, here)
        raise


def prepare(planned: Plan, here: Here) -> Prepared:
    """Make the work tree, read the key, claim the brief for an agent without a hook of ours."""
    config = planning.settled(here, planned.place.root)
    token = providers.key(planned.provider, here.env) if planned.provider else ""
    env = planning.surroundings(planned, here, config, token).values
    if planned.worktree and planned.place.checkout:
        worktrees.add(planned.place.checkout, planned.worktree)
        relative = store.relative_path(store.OPEN, planned.brief.id)
        if store.content(planned.worktree.path, relative) is None:
            store.write(planned.worktree.path, store.OPEN, planned.brief.id, planned.raw)
    if planned.provider:
        # Once more: in a new work tree HEAD's settings hold, not those of the user's work tree.
        planning.check_settings(planned.provider, here, planned.directory)
        return Prepared(planned.command, planned.directory, env)
    # A claim by hand is the terminal's, and two starts in one would both have it.
    with fsio.locked(os.path.join(here.home, "locks", "start")):
        startable.check_free(planned.brief, here)
        _, text = pickup.by_hand(planned.brief.id, "", here, planned.directory)
    command = [word.replace(planning.TEXT, text) for word in planned.command]
    return Prepared(command, planned.directory, env)


def give_back(planned: Plan, here: Here) -> None:
    """After `prepare`, when nothing could be started: the brief is nobody's again."""
    if not planned.provider:
        claims.release(here.home, planned.brief.id)


def _launch(planned: Plan, prepared: Prepared, here: Here) -> Started:
    brief, mode = planned.brief, planned.orders.mode
    command, directory, env = prepared.command, prepared.directory, prepared.env
    if mode == runners.TERMINAL:
        launch.replace(command, directory, env)
    if mode == runners.TMUX:
        return Started(
            brief.id, mode, launch.in_tmux(command, directory, env, brief.title, here.env)
        )
    ended = launch.to_end(command, directory, env)
    if mode == runners.BACKGROUND:
        problem = "" if ended.code == 0 else "the client did not start it in the background"
        return Started(brief.id, mode, ended.out.strip(), code=ended.code, problem=problem)
    return over(planned, ended, here)


def over(planned: Plan, ended: launch.Ended, here: Here) -> Started:
    """What came of a headless run that ended."""
    if planned.runner:
        problem = f"{planned.runner.name} ended with exit code {ended.code}" if ended.code else ""
        return Started(planned.brief.id, runners.PRINT, result=ended.out, code=ended.code,
                       problem=problem)  # fmt: skip
    return _client_ended(planned, ended, here)


def _client_ended(planned: Plan, ended: launch.Ended, here: Here) -> Started:
    """What the client's result says, and whether the session ever had the brief."""
    brief = planned.brief
    result = printed.result(ended.out)
    session = str(result.get("session_id", ""))
    owner = claims.owner(here.home, brief.id)
    picked_up = bool(session) and owner == session
    cost, turns = result.get("total_cost_usd"), result.get("num_turns")
    words = str(result.get("result") or "")
    problem = ""
    if ended.code or result.get("is_error"):
        problem = words.strip() or str(result.get("subtype") or "") or f"exit code {ended.code}"
    elif not picked_up and not _is_finished(planned):
        problem = "the session was not given the brief: is the plugin installed? handoff doctor"
        if owner:
            problem = f"the session was not given the brief: session {owner} has it"
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


def _is_finished(planned: Plan) -> bool:
    """Whether `handoff done` came through where the session worked."""
    done = store.relative_path(store.DONE, planned.brief.id)
    return store.content(planned.directory, done) is not None
