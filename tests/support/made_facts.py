"""Facts of a session as a test wants them, without a transcript."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from handoff.facts.gather import gather_facts
from handoff.facts.goal import is_goal
from handoff.facts.model import CommandUse, Facts, Request
from handoff.facts.test_runs import Counts


def make_facts(**fields: Any) -> Facts:
    """A session that made five tool calls; `fields` are as in `Facts`."""
    return replace(gather_facts([]), **{"calls": 5, "session": "cafe0001-77", **fields})


def command(text: str, *, ok: bool | None = True, age: int = 1, failed: int = -1) -> CommandUse:
    """A command that ran `age` calls ago; of a test run that many `failed`, of 12."""
    counts = Counts(12 - failed, failed) if failed >= 0 else None
    return CommandUse(text, text, "", 1, ok, counts, (), age, 0.5)


def asks(*texts: str, at: str = "2026-11-30T12:00:00Z") -> dict[str, Any]:
    """The fields of a session in which the user asked for this, newest first."""
    requests = tuple(
        Request(text, at, "command" if text.startswith("/") else "typed") for text in texts
    )
    return {"goal": next((r.text for r in requests if is_goal(r)), ""), "requests": requests}
