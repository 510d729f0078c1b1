"""The journal of a relay: `<state>/relays/<id of its task>.json`, whole or as it was before."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from handoff.base import file_io
from handoff.base.errors import HandoffError
from handoff.base.wording import rounded_usd
from handoff.loops import journal_fields, journal_files, verdicts, wait_for_caps
from handoff.loops import session as loops_session
from handoff.loops.wait_for_caps import CapWaits

if TYPE_CHECKING:
    from collections.abc import Mapping

    from handoff.loops.session import Session
    from handoff.session.cap_resets import Cap

FOLDER = "relays"
MAX_SESSIONS = 10

_ENDS = {
    verdicts.VERIFIED: "its verify commands pass",
    verdicts.DONE: "its last session finished it",
    verdicts.UNPROVEN: "its last session finished it, but its verify commands fail",
    verdicts.STOPPED: "it was stopped",
    verdicts.UNCHANGED: "two sessions in a row changed nothing",
    verdicts.UNREACHED: "its last session was not given the brief (is the plugin installed there? "
    "handoff doctor)",
    verdicts.BUDGET: "its budget is spent",
    verdicts.SESSIONS: "the limit of sessions is reached",
    verdicts.CAP: "stopped by a usage cap",
}
GOOD = (verdicts.VERIFIED, verdicts.DONE)


@dataclass(frozen=True)
class Journal:
    """One relay over all its starts.

    `root` is the worktree it was ordered in, `directory` the one its sessions work in; `asked` is
    what they are started on by the command line. `red`: whether the verify commands failed before
    the first session, None without any. `changed_tests` has the test files of which the user was
    told that they are not as they were when the brief was written (path -> how). `since` is the
    number of sessions before this start; `end` why it is over, "" while it runs. `caps` has how
    many resets of usage caps it waits for, and how many it did.
    """

    task: str
    title: str
    root: str
    directory: str
    worktree: bool = False
    asked: Mapping[str, Any] = field(default_factory=dict)
    most: int = MAX_SESSIONS
    budget_usd: float | None = None
    red: bool | None = None
    changed_tests: Mapping[str, Any] = field(default_factory=dict)
    since: int = 0
    end: str = ""
    caps: CapWaits = field(default_factory=CapWaits)
    sessions: tuple[Session, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The stable JSON of `handoff relay`; `verdict` of a session that runs is ""."""
        cost = {"cost_usd": rounded_usd(verdicts.sum_cost(self.settled)), "words": self.describe()}
        return {**asdict(self), **cost, "sessions": [one.as_json() for one in self.sessions]}

    @property
    def settled(self) -> tuple[Session, ...]:
        """The sessions that are over and counted."""
        return tuple(session for session in self.sessions if session.verdict)

    @property
    def cap(self) -> Cap | None:
        """The usage cap that it ended by, None if it did not."""
        last = self.settled[-1] if self.settled and self.end == verdicts.CAP else None
        return wait_for_caps.cap_of_session(last)

    def describe(self, now: float | None = None) -> str:
        """Where it stands, in one clause; with `now` (epoch seconds) how long a cap lasts yet."""
        if self.cap is not None and now is not None:
            return wait_for_caps.describe_stop(self.cap, now)
        return _ENDS.get(self.end, "it is not finished")


def load(home: str, task: str) -> Journal | None:
    """The journal of a task, None if there is none. A damaged one is moved aside, as any state.

    Raises HandoffError for one with a value of a wrong form: a budget that is lost would be none.
    """
    path = _file(home, task)
    fields = journal_files.load_entry(path)
    if not fields:
        return None
    values, wrong = journal_fields.read_values(Journal, fields)
    wrong += sorted({"task", "title", "root", "directory"} - values.keys() - {*wrong})
    if values.get("task", task) != task:
        wrong.append("task")
    entered = fields.get("sessions", [])
    sessions = tuple(loops_session.read_sessions(entered))
    if not isinstance(entered, list) or len(sessions) != len(entered):
        wrong.append("sessions")
    caps = wait_for_caps.read_waits(fields.get("caps"), wrong)
    if wrong:
        raise HandoffError(
            f"{path} is damaged, or another version's: {', '.join(wrong)}.",
            "Fix the file, or remove it to start the relay from the beginning.",
        )
    return Journal(**values, caps=caps, sessions=sessions)


def save(home: str, journal: Journal) -> None:
    """Write it, durably."""
    file_io.write_json(_file(home, journal.task), journal.as_json())


def list_tasks(home: str) -> list[str]:
    """The tasks that have a journal, oldest first."""
    return journal_files.list_ids(home, FOLDER)


def lock_relay(home: str, task: str) -> journal_files.JournalLock:
    """Be the only process that runs this relay: use it with `with`."""
    show = f"handoff relay --show {task}"
    return journal_files.JournalLock(home, FOLDER, task, f"The relay of {task}", show)


def _file(home: str, task: str) -> str:
    return os.path.join(home, FOLDER, f"{task}.json")
