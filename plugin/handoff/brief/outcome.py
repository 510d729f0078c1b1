"""What stands in a finished brief's Outcome besides its words: who went on, and what it cost.

A line of code's own says the cost, one a session:

    Cost: $0.0421, 12 turns. Session 5c1d…, claude-opus-5-5; the client's own figures.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from handoff.base import plain_text
from handoff.base.wording import count_of
from handoff.brief import document
from handoff.brief.sections import OUTCOME

if TYPE_CHECKING:
    from handoff.brief.document import Brief

_CONTINUED = re.compile(rf"Continued by ({document.ID_PATTERN.pattern})\.")
_COST = re.compile(
    r"^Cost: (?:\$(?P<usd>\d{1,7}(?:\.\d{1,9})?)|unknown)(?: until then)?"
    r"(?:, (?P<count>\d{1,7}) (?P<what>turns?|calls?))?\. Session (?P<session>[\w-]{1,128})[,;].*$",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Cost:
    """What one session cost: dollars (None: unknown), turns or calls of the model (None: unknown),
    its id, its model, and a few words on whose figures these are. `so_far`: it goes on.
    """

    usd: float | None
    session: str
    turns: int | None = None
    calls: int | None = None
    model: str = ""
    whose: str = "the client's own figures"
    so_far: bool = False

    def line(self) -> str:
        """The line of an Outcome."""
        dollars = "unknown" if self.usd is None else f"${format_cost(self.usd)}"
        until = " until then" if self.so_far else ""
        count = ""
        if self.turns is not None:
            count = f", {count_of(self.turns, 'turn')}"
        elif self.calls is not None:
            count = f", {count_of(self.calls, 'call')}"
        model = f", {plain_text.one_line(self.model, 80)}" if self.model else ""
        return f"Cost: {dollars}{until}{count}. Session {self.session}{model}; {self.whose}."


def format_cost(usd: float) -> str:
    """Dollars with as many digits as there are, two at least."""
    whole, _, part = f"{usd:.9f}".partition(".")
    return f"{whole}.{part.rstrip('0').ljust(2, '0')}"


def cost_of(brief: Brief) -> float | None:
    """What the sessions that a finished brief names cost together; None where none says it."""
    costs = {m["session"]: m["usd"] for m in _COST.finditer(_outcome(brief))}
    known = [float(usd) for usd in costs.values() if usd is not None]
    return round(sum(known), 9) if known else None


def continued_by(brief: Brief) -> str:
    """The id of the brief that carries a finished one on, "" if it is finished for good."""
    words = _COST.sub("", _outcome(brief)).strip()
    match = _CONTINUED.fullmatch(words)
    return match[1] if match else ""


def with_cost(text: str, cost: Cost) -> str:
    """An outcome's text, or a finished brief's, with the line of a session's cost at its end; an
    earlier line of the same session is replaced.
    """
    kept = _COST.sub(lambda match: "" if match["session"] == cost.session else match[0], text)
    return f"{kept.rstrip()}\n\n{cost.line()}\n"


def _outcome(brief: Brief) -> str:
    return brief.sections.get(OUTCOME, "")
