"""The journal of a build: `<state>/builds/<id of its spec>.json`, whole or as it was before.

It is what counts: `state.json` in the repository is a copy of it for people, written by code.
"""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from handoff.base import fields as base_fields
from handoff.base import file_io
from handoff.base.errors import HandoffError
from handoff.base.wording import rounded_usd
from handoff.loops import journal_fields, journal_files, verdicts, wait_for_caps
from handoff.loops import session as loops_session
from handoff.loops.wait_for_caps import CapWaits
from handoff.specs import model

if TYPE_CHECKING:
    from collections.abc import Mapping

    from handoff.loops.session import Session
    from handoff.specs.model import FeatureState

FOLDER = "builds"
MIN_SESSIONS = 10

# Why a build ends, besides `verdicts.STOPPED`, BUDGET, SESSIONS, UNREACHED.
VERIFIED, CLAIMED, BLOCKED, LOST = "verified", "claimed", "blocked", "lost"
_ENDS = {
    VERIFIED: "every feature is verified",
    CLAIMED: "every feature is done, but some are only claimed",
    BLOCKED: "no feature is left that can be built",
    LOST: "two sessions in a row ended without a result",
    verdicts.CAP: "a usage cap was reached",
    verdicts.STOPPED: "it was stopped",
    verdicts.UNREACHED: "its last session was not given the brief (is the plugin installed there? "
    "handoff doctor)",
    verdicts.BUDGET: "its budget is spent",
    verdicts.SESSIONS: "the limit of sessions is reached",
}


@dataclass(frozen=True)
class Journal:
    """One build over all its starts.

    `root` is the worktree it was ordered in, `directory` the one that it works in, on `branch`;
    `base` is the commit that it began at, `green` the last one at which all that was checked
    passed. `asked` is what sessions are started on by the command line. `features` has how far
    each feature is; `current` is the one that is worked on, and `brief` the brief that its next
    session gets, "" where none is chosen yet. `repairs` counts the sessions in a row that were told
    to fix what broke; `broken` has the lines of it, "" while nothing is. `pending` is the session
    whose work was not verified yet. `app_ready` and `smoke_passed` say that the app was ready, or
    the smoke command passed, at least once: before, failing says nothing. `since` is the number of
    sessions before this start; `notes` are for the next brief, as on files that were put back;
    `end` is why it is over, "" while it runs. `caps` has how many resets of usage caps it waits
    for, and waited for.
    """

    spec: str
    title: str
    root: str
    directory: str
    branch: str
    base: str = ""
    green: str = ""
    asked: Mapping[str, Any] = field(default_factory=dict)
    most: int = MIN_SESSIONS
    budget_usd: float | None = None
    current: str = ""
    brief: str = ""
    repairs: int = 0
    broken: str = ""
    pending: str = ""
    app_ready: bool = False
    smoke_passed: bool = False
    since: int = 0
    end: str = ""
    notes: tuple[str, ...] = ()
    caps: CapWaits = field(default_factory=CapWaits)
    features: Mapping[str, FeatureState] = field(default_factory=dict)
    sessions: tuple[Session, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The stable JSON of `handoff build`; `verdict` of a session that runs is ""."""
        return {
            **asdict(self),
            "cost_usd": rounded_usd(verdicts.sum_cost(self.settled)),
            "words": self.describe(),
            "counts": self.counts(),
            "sessions": [one.as_json() for one in self.sessions],
        }

    @property
    def settled(self) -> tuple[Session, ...]:
        """The sessions that are over and counted."""
        return tuple(session for session in self.sessions if session.verdict)

    def counts(self) -> dict[str, int]:
        """The number of features in each state."""
        states = [one.state for one in self.features.values()]
        return {state: states.count(state) for state in model.STATES}

    def describe(self) -> str:
        """Where it stands, in one clause."""
        return _ENDS.get(self.end, "it is not finished")


def load(home: str, spec_id: str) -> Journal | None:
    """The journal of a spec's build, None if there is none.

    Raises HandoffError for one with a value of a wrong form: a budget that is lost would be none.
    """
    path = _file(home, spec_id)
    entry = journal_files.load_entry(path)
    if not entry:
        return None
    values, wrong = journal_fields.read_values(Journal, entry)
    wrong += sorted({"spec", "title", "root", "directory", "branch"} - values.keys() - {*wrong})
    if values.get("spec", spec_id) != spec_id:
        wrong.append("spec")
    entered = entry.get("sessions", [])
    sessions = tuple(loops_session.read_sessions(entered))
    if not isinstance(entered, list) or len(sessions) != len(entered):
        wrong.append("sessions")
    caps = wait_for_caps.read_waits(entry.get("caps"), wrong)
    features = _read_states(entry.get("features", {}), wrong)
    if wrong:
        raise HandoffError(
            f"{path} is damaged, or another version's: {', '.join(wrong)}.",
            "Fix the file, or remove it to start the build from the beginning.",
        )
    notes = tuple(base_fields.texts(entry.get("notes")))
    return Journal(**values, caps=caps, features=features, sessions=sessions, notes=notes)


def save(home: str, journal: Journal) -> None:
    """Write it, durably."""
    file_io.write_json(_file(home, journal.spec), journal.as_json())


def list_specs(home: str) -> list[str]:
    """The specs whose build has a journal, oldest first."""
    return journal_files.list_ids(home, FOLDER)


def lock_build(home: str, spec_id: str) -> journal_files.JournalLock:
    """Be the only process that runs this build: use it with `with`."""
    show = f"handoff build {spec_id} --show"
    return journal_files.JournalLock(home, FOLDER, spec_id, f"The build of {spec_id}", show)


def _read_states(entered: object, wrong: list[str]) -> dict[str, FeatureState]:
    if not isinstance(entered, dict):
        wrong.append("features")
        return {}
    states = {}
    for name, entry in ((str(key), base_fields.mapping(value)) for key, value in entered.items()):
        values, bad = journal_fields.read_values(model.FeatureState, entry)
        if bad or values.get("state", model.OPEN) not in model.STATES:
            wrong.append(f"features.{name}")
            continue
        files = tuple(base_fields.texts(entry.get("files")))
        states[name] = model.FeatureState(**values, files=files)
    return states


def _file(home: str, spec_id: str) -> str:
    return os.path.join(home, FOLDER, f"{spec_id}.json")
