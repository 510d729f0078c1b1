"""One session of a relay or a queue: started under supervision, and settled when it has ended.

`Session` is what a journal keeps of it. It is in the journal, durably, before it is started, and
settled there before what its run left is taken away. Settling may be cut off at any point and done
again: what it finds is on disk, and what it writes it looks for first.
"""

from __future__ import annotations

import os
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from handoff.base import plain_text
from handoff.base.errors import HandoffError
from handoff.launch import run_log
from handoff.launch import start as launch_start
from handoff.loops import verdicts
from handoff.loops.session import PROBLEM_CHARS, Session
from handoff.process import supervisor
from handoff.session import delegated
from handoff.store import brief_files, claims, finish, places

if TYPE_CHECKING:
    from collections.abc import Sequence

    from handoff.launch.plan import Plan
    from handoff.runtime import Runtime
    from handoff.store.places import Place

LOOP = "HANDOFF_RELAY"  # a session's variable: its relays are bounded by who started it


def new_session(planned: Plan, task: str, runtime: Runtime, *, before: str = "") -> Session:
    """A session for a plan that is about to be carried out, with an id of its own; `before` marks
    its worktree as it is (`fingerprint`).
    """
    # Arguments are the user's own words, and stay in the user's own file.
    values = {key: value for key, value in planned.choice.values.items() if key != "args"}
    budget = values.get("budget_usd")
    return Session(
        session=str(uuid.uuid4()),
        task=task,
        brief=planned.brief.id,
        directory=planned.directory,
        began=runtime.now,
        branch=planned.worktree.branch if planned.worktree else "",
        before=before,
        values=values,
        cap_usd=float(budget) if isinstance(budget, (int, float)) else None,
    )


def watch_session(home: str, session: Session) -> supervisor.Watch:
    """Take the run of a session into care. Raises HandoffError while another process has it."""
    watch = supervisor.watch_session(home, session.session)
    if watch is None:
        raise HandoffError(
            f"Another process already supervises session {session.session}.", "Wait for it to end."
        )
    return watch


def start_session(
    planned: Plan,
    prepared: launch_start.Prepared,
    session: Session,
    watch: supervisor.Watch,
) -> None:
    """Start it; the journal has it by now. Raises HandoffError when that cannot be."""
    command = list(prepared.command)
    if planned.provider:
        command[3:3] = [f"--session-id={session.session}"]  # behind `claude -p PROMPT`
    watch.start(command, prepared.directory, {**prepared.env, LOOP: session.task})


def mark_failed(
    session: Session, error: HandoffError | OSError, runtime: Runtime, **values: Any
) -> Session:
    """A session that could not be started, or settled; `values` is what is known of it."""
    give_back(session, runtime)
    return replace(session, verdict=verdicts.UNCHANGED, problem=describe_error(error), **values)


def describe_error(error: HandoffError | OSError) -> str:
    """What happened and what to do next, on one line."""
    if isinstance(error, HandoffError):
        text = " ".join(part for part in (error.what, error.hint) if part)
    else:
        text = f"{error.filename}: {error.strerror}"
    return plain_text.one_line(text, PROBLEM_CHARS)


def next_brief(task: str, sessions: Sequence[Session], place: Place, runtime: Runtime) -> str:
    """The brief that the next session of a task is started for, "" if none is open.

    What the last one left, else its own once more, else the task itself.
    """
    opened = [name.removesuffix(".md") for name in brief_files.list_names(place.root)]
    own = finish.own_briefs(place, runtime)
    last = sessions[-1] if sessions else None
    wanted = [name for name in (last.left, last.brief) if name in own] if last else []
    return next((name for name in (*wanted, task) if name in opened), "")


def finish_task(
    task: str, sessions: Sequence[Session], outcome: str, place: Place, runtime: Runtime
) -> None:
    """Finish what is still open of a task whose end was reached: the task, and its last brief."""
    opened = finish.own_briefs(place, runtime)
    last = sessions[-1]
    items = [
        opened[name] for name in dict.fromkeys((task, last.brief, last.left)) if name in opened
    ]
    if not items:
        return
    finish.finish(place, items, outcome, runtime, runtime.config(place.root))
    for item in items:
        path = os.path.join(
            place.root,
            brief_files.relative_path(brief_files.DONE, item.brief.id if item.brief else ""),
        )
        delegated.note_finished(item.brief, path, runtime)


def place_after(session: Session, place: Place, runtime: Runtime) -> Place:
    """Where a session that has ended works by now, if it began in `place`: it may have entered
    another worktree of the repository by itself, with its work and its brief in there.
    """
    place = places.after_programs(place)
    now = places.session_place(runtime, session.session, place.root, near=place)
    has_moved = now.checkout is not None and now.key == place.key and now.root != place.root
    return replace(now, directory=".") if has_moved else place


def adopt_session(session: Session, runtime: Runtime) -> None:
    """Say that this process waits for its end now."""
    log = run_log.load(runtime.home, session.brief)
    if log is not None and not log.ended:
        run_log.take_over(runtime.home, log)


def give_back(session: Session, runtime: Runtime) -> None:
    """Release the brief of a session that is over and left it as it was."""
    owner = claims.owner(runtime.home, session.brief)
    if owner == session.session or (session.agent and owner.startswith("none (")):
        claims.release(runtime.home, session.brief)
