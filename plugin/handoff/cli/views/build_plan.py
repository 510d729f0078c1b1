"""What `handoff build --dry-run` shows: what a build would do, as lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from handoff.base import plain_text
from handoff.base.wording import count_of, format_dollars
from handoff.cli.views import tables
from handoff.cli.views.tables import Column

if TYPE_CHECKING:
    from collections.abc import Mapping

    from handoff.launch.estimate import Estimate
    from handoff.launch.routes import Choice
    from handoff.specs.model import Feature, Spec

_COMMAND_CHARS = 400


class Planned(Protocol):
    """A build before it is started."""

    @property
    def spec(self) -> Spec:
        """What is built."""

    @property
    def features(self) -> tuple[Feature, ...]:
        """Those that need a session, in the order of work."""

    @property
    def commands(self) -> Mapping[str, str]:
        """Their verify commands by id, "" where there is none."""

    @property
    def choice(self) -> Choice:
        """What each session is started on."""

    @property
    def cost(self) -> Estimate:
        """What one session is likely to cost."""

    @property
    def most(self) -> int:
        """The sessions at most."""

    @property
    def budget_usd(self) -> float | None:
        """What all sessions may cost together, None without a limit."""


def lines(planned: Planned, width: int | None) -> list[str]:
    """The features in the order of work, what sessions are started on, what they may cost, and what
    code runs.
    """
    if not planned.features:
        return ["No feature is left to build."]
    return [
        *tables.render(columns(planned), width),
        "",
        *tables.hanging("", _expected(planned), width),
        *tables.hanging("", _limits(planned), width),
        *_named("Each session is started on:", _choices(planned.choice), width),
        *_named("Commands and frozen files, as accepted:", _commands(planned.spec), width),
    ]


def columns(planned: Planned) -> list[Column]:
    """The columns of the features that would be built."""
    features = planned.features
    verified_by = (planned.commands.get(one.id, "") or "nothing" for one in features)
    return [
        Column("#", tuple(str(number) for number in range(1, len(features) + 1)), right=True),
        Column("FEATURE", tuple(one.id for one in features), least=7, want=16),
        Column("DESCRIPTION", tuple(one.description for one in features), least=18, want=40),
        Column("VERIFIED BY", tuple(verified_by), drop=1, least=16, want=30),
    ]


def _choices(choice: Choice) -> dict[str, str]:
    return {key: f"{value} ({choice.origins[key]})" for key, value in choice.values.items()}


def _commands(spec: Spec) -> dict[str, str]:
    return {
        **{f"runner {name}": command for name, command in spec.runners.items()},
        "start": spec.start,
        "ready": spec.ready,
        "smoke": spec.smoke,
        "frozen": ", ".join(spec.frozen),
    }


def _named(head: str, values: Mapping[str, str], width: int | None) -> list[str]:
    """Values behind their names, below a head; nothing where all are empty."""
    shown = {name: plain_text.one_line(text, _COMMAND_CHARS) for name, text in values.items()}
    shown = {name: text for name, text in shown.items() if text}
    wide = max(map(len, shown), default=0)
    found = ["", head] if shown else []
    for name, text in shown.items():
        found += tables.hanging(f"  {name.ljust(wide)}  ", text, width)
    return found


def _expected(planned: Planned) -> str:
    """What the whole is likely to cost."""
    count, cost = len(planned.features), planned.cost
    if cost.usd is None:
        return f"{count_of(count, 'feature')}; no cost estimate: {cost.basis}."
    usual, most = cost.usd * count, (cost.most_usd or 0.0) * count
    upto = f" (up to {format_dollars(most)})" if most > usual else ""
    return (
        f"{count_of(count, 'feature')}; about {format_dollars(usual)}{upto} if each takes one "
        f"session. One session: {format_dollars(cost.usd)}, {cost.basis}."
    )


def _limits(planned: Planned) -> str:
    sessions = count_of(planned.most, "session")
    if planned.budget_usd is None:
        return f"It ends after {sessions} at most. No budget is set (--budget-usd)."
    return f"It ends after {sessions} at most, or at {format_dollars(planned.budget_usd)}."
