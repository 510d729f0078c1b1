"""The journal of how a spec is written: what the user asked for, and the sessions so far.

It is in the state directory as `plans/<id>.json`, so that it can be continued: no file that a
session can change says what the user's words were.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from handoff.base import fields, file_io
from handoff.base.errors import HandoffError
from handoff.loops import journal_files
from handoff.specs import features
from handoff.specs.new_spec import Wish

if TYPE_CHECKING:
    from collections.abc import Mapping

FOLDER = "plans"


@dataclass(frozen=True)
class PlannerSession:
    """A session that is over, by the client's own figures; `problem` is "" where it ended well."""

    session: str
    brief: str
    cost_usd: float | None = None
    turns: int | None = None
    seconds: float = 0.0
    problem: str = ""


@dataclass(frozen=True)
class Planning:
    """A spec that is being written, in the worktree at `root`, which began at the commit `base`.
    `asked` is what the command line said of its sessions; `budget_usd` is all sessions' together.
    """

    spec: str
    root: str
    base: str
    wish: Wish
    asked: Mapping[str, Any] = field(default_factory=dict)
    budget_usd: float | None = None
    sessions: tuple[PlannerSession, ...] = ()

    @property
    def cost_usd(self) -> float:
        """What all sessions cost, as far as that is known."""
        return sum(one.cost_usd or 0.0 for one in self.sessions)

    @property
    def left_usd(self) -> float | None:
        """What is left of the budget, None without one."""
        return None if self.budget_usd is None else max(0.0, self.budget_usd - self.cost_usd)


def load(home: str, spec_id: str) -> Planning | None:
    """The journal of a spec, None without one. Raises HandoffError for one that is damaged: a
    budget that is lost would be none.
    """
    path = path_of(home, spec_id)
    try:
        entry = file_io.load_json(path)
        return _read(entry) if entry else None
    except (HandoffError, TypeError, ValueError) as error:
        raise HandoffError(
            f"{path} is damaged, or another version's: {error}.",
            "Remove it, and write the spec by hand, or begin a new one.",
        ) from None


def save(home: str, planning: Planning) -> None:
    """Write it, durably."""
    value = asdict(planning)
    value["wish"] = {
        "text": planning.wish.text,
        "features": [features.as_entry(one) for one in planning.wish.features],
    }
    file_io.write_json(path_of(home, planning.spec), value)


def forget(home: str, spec_id: str) -> None:
    """Remove it: the spec is written."""
    if os.path.lexists(path := path_of(home, spec_id)):
        os.remove(path)


def list_specs(home: str) -> list[str]:
    """The specs that are being written, oldest first."""
    return journal_files.list_ids(home, FOLDER)


def _read(entry: dict[str, Any]) -> Planning:
    wish = fields.mapping(entry.get("wish"))
    if not isinstance(wish.get("text"), str):
        raise ValueError("wish")
    listed = json.dumps(wish.get("features") or []).encode()
    budget = entry.get("budget_usd")
    if budget is not None and fields.number(budget) is None:
        raise ValueError("budget_usd")
    if not all(fields.text(entry.get(name)) for name in ("spec", "root", "base")):
        raise ValueError("spec, root or base")
    return Planning(
        spec=fields.text(entry["spec"]),
        root=fields.text(entry["root"]),
        base=fields.text(entry["base"]),
        wish=Wish(fields.text(wish.get("text")), features.parse(listed, features.FILE)),
        asked=fields.mapping(entry.get("asked")),
        budget_usd=fields.number(budget),
        sessions=tuple(_read_session(one) for one in fields.mappings(entry.get("sessions"))),
    )


def _read_session(entry: dict[str, Any]) -> PlannerSession:
    return PlannerSession(
        session=fields.text(entry.get("session")),
        brief=fields.text(entry.get("brief")),
        cost_usd=fields.number(entry.get("cost_usd")),
        turns=fields.count(entry.get("turns")),
        seconds=fields.number(entry.get("seconds")) or 0.0,
        problem=fields.text(entry.get("problem")),
    )


def path_of(home: str, spec_id: str) -> str:
    """The file of a spec's journal."""
    return os.path.join(home, FOLDER, f"{spec_id}.json")
