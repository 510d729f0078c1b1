"""One session of a relay or a queue: started under supervision, and settled when it has ended.

`Session` is what a journal keeps of it. It is in the journal, durably, before it is started, and
settled there before what its run left is taken away. Settling may be cut off at any point and done
again: what it finds is on disk, and what it writes it looks for first.
"""

from __future__ import annotations

import os
import re
import uuid
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from handoff.base import plain_text
from handoff.base.errors import HandoffError
from handoff.git import fingerprint
from handoff.launch import run_log
from handoff.launch import start as launch_start
from handoff.launch.routes import Choice, is_client
from handoff.loops import journal_fields, verdicts
from handoff.session import delegated
from handoff.store import brief_files, claims, finish, places

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from handoff.launch.plan import Plan
    from handoff.process import supervisor
    from handoff.runtime import Here
    from handoff.store.places import Place

LOOP = "HANDOFF_RELAY"  # a session's variable: its relays are bounded by who started it
PROBLEM_CHARS = 300
_SESSION_ID = re.compile(r"[\w-]{1,128}")  # it names files


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
    """The sessions in a journal's value; what is none is passed over, and so is a value of a wrong
    form: a cost that is no number is an unknown one.
    """
    read_ = [
        journal_fields.values(Session, entry)[0]
        for entry in (found if isinstance(found, list) else [])
        if isinstance(entry, dict)
    ]
    needed = {"session", "task", "brief", "directory", "began"}
    return [
        Session(**entry)
        for entry in read_
        if needed <= entry.keys() and _SESSION_ID.fullmatch(entry["session"])
    ]


def made(planned: Plan, task: str, here: Here) -> Session:
    """A session for a plan that is about to be carried out, with an id of its own."""
    place = places.locate(planned.directory) if os.path.isdir(planned.directory) else None
    # Arguments are the user's own words, and stay in the user's own file.
    values = {key: value for key, value in planned.choice.values.items() if key != "args"}
    budget = values.get("budget_usd")
    return Session(
        session=str(uuid.uuid4()),
        task=task,
        brief=planned.brief.id,
        directory=planned.directory,
        began=here.now,
        branch=planned.worktree.branch if planned.worktree else "",
        before=fingerprint.mark(place.checkout) if place else "",
        values=values,
        cap_usd=float(budget) if isinstance(budget, (int, float)) else None,
    )


def start(
    planned: Plan, prepared: launch_start.Prepared, session: Session, watch: supervisor.Watch
) -> None:
    """Start it; the journal has it by now. Raises HandoffError when that cannot be."""
    command = list(prepared.command)
    if planned.provider:
        command[3:3] = [f"--session-id={session.session}"]  # behind `claude -p PROMPT`
    watch.start(command, prepared.directory, {**prepared.env, LOOP: session.task})


def failed(session: Session, error: HandoffError | OSError, here: Here, **values: Any) -> Session:
    """A session that could not be started, or settled; `values` is what is known of it."""
    give_back(session, here)
    return replace(session, verdict=verdicts.UNCHANGED, problem=words(error), **values)


def words(error: HandoffError | OSError) -> str:
    """What happened and what to do next, on one line."""
    if isinstance(error, HandoffError):
        said = " ".join(part for part in (error.what, error.mend) if part)
    else:
        said = f"{error.filename}: {error.strerror}"
    return plain_text.one_line(said, PROBLEM_CHARS)


def next_brief(task: str, sessions: Sequence[Session], place: Place, here: Here) -> str:
    """The brief that the next session of a task is started for, "" if none is open.

    What the last one left, else its own once more, else the task itself.
    """
    opened = [name.removesuffix(".md") for name in brief_files.names(place.root)]
    own = finish.own_briefs(place, here)
    last = sessions[-1] if sessions else None
    wanted = [name for name in (last.left, last.brief) if name in own] if last else []
    return next((name for name in (*wanted, task) if name in opened), "")


def close(task: str, sessions: Sequence[Session], said: str, place: Place, here: Here) -> None:
    """Finish what is still open of a task whose end was reached: the task, and its last brief."""
    opened = finish.own_briefs(place, here)
    last = sessions[-1]
    items = [
        opened[name] for name in dict.fromkeys((task, last.brief, last.left)) if name in opened
    ]
    if not items:
        return
    finish.finish(place, items, said, here, here.config(place.root))
    for item in items:
        path = os.path.join(
            place.root,
            brief_files.relative_path(brief_files.DONE, item.brief.id if item.brief else ""),
        )
        delegated.note_finished(item.brief, path, here)


def adopt(session: Session, here: Here) -> None:
    """Say that this process waits for its end now."""
    log = run_log.load(here.home, session.brief)
    if log is not None and not log.ended:
        run_log.end(here.home, log, pid=os.getpid())


def give_back(session: Session, here: Here) -> None:
    """Release the brief of a session that is over and left it as it was."""
    owner = claims.owner(here.home, session.brief)
    is_agent = not is_client(Choice(session.values, {}))
    if owner == session.session or (is_agent and owner.startswith("none (")):
        claims.release(here.home, session.brief)
