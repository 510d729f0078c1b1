"""What `handoff build --dry-run` shows: what a build would do, as lines."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from handoff.base import plain_text
from handoff.base.wording import count_of, format_dollars
from handoff.cli.views import tables
from handoff.cli.views.tables import Column

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from handoff.launch.estimate import Estimate
    from handoff.specs.model import Feature, Spec


@dataclass(frozen=True)
class PlanRow:
    """A feature that would be built: on what (the values of a `launch.routes.Choice`), and what a session is
    likely to cost.
    """

    feature: Feature
    values: Mapping[str, Any] = field(default_factory=dict)
    estimate: Estimate | None = None


def plan_lines(
    spec: Spec,
    rows: Sequence[PlanRow],
    width: int | None,
    *,
    budget_usd: float | None = None,
    most: int | None = None,
) -> list[str]:
    """What a build would do: its features in the order of work, on what, and at what cost."""
    usual = sum((one.estimate.usd or 0.0) for one in rows if one.estimate)
    columns = [
        Column("#", tuple(str(number) for number in range(1, len(rows) + 1)), right=True),
        Column("FEATURE", tuple(row.feature.id for row in rows), least=7, want=16),
        Column("DESCRIPTION", tuple(row.feature.description for row in rows), least=18, want=30),
        Column("VERIFY", tuple(map(_target, rows)), drop=4, least=12),
        Column("MODEL", tuple(map(_model, rows)), drop=2),
        Column("PROVIDER", tuple(str(row.values.get("provider") or "") for row in rows), drop=3),
        Column("COST", tuple(map(_estimated, rows)), drop=1, right=True),
    ]
    shown = tables.render(columns, width) if rows else ["No feature is left to build."]
    if rows:
        shown += ["", *tables.hanging("", _expected(rows, usual), width)]
    limits = [
        f"--budget-usd ends it at {format_dollars(budget_usd)}" if budget_usd else "",
        f"--max-sessions ends it after {count_of(most, 'session')}" if most else "",
    ]
    limit = "; ".join(filter(None, limits))
    shown += tables.hanging("", f"{limit}.", width) if limit and rows else []
    runs = {
        **{f"runner {name}": command for name, command in spec.runners.items()},
        "start": spec.start,
        "ready": spec.ready,
        "smoke": spec.smoke,
        "frozen": ", ".join(spec.frozen),
    }
    runs = {name: plain_text.one_line(text, 400) for name, text in runs.items() if text}
    wide = max(map(len, runs), default=0)
    shown += ["", "What code runs between sessions, and keeps as accepted:"] if runs else []
    for name, text in runs.items():
        shown += tables.hanging(f"  {name.ljust(wide)}  ", text, width)
    return shown


def _target(row: PlanRow) -> str:
    verify = row.feature.verify
    return f"{verify.run} {verify.target}" if verify else "none: only claimed"


def _model(row: PlanRow) -> str:
    known = row.estimate.model if row.estimate else ""
    return str(row.values.get("model") or known or "")


def _estimated(row: PlanRow) -> str:
    usd = row.estimate.usd if row.estimate else None
    return "" if usd is None else f"~{format_dollars(usd)}"


def _expected(rows: Sequence[PlanRow], usual: float) -> str:
    """What the whole may cost."""
    count = count_of(len(rows), "feature")
    estimates = [row.estimate for row in rows if row.estimate]
    if len(estimates) < len(rows) or any(one.usd is None for one in estimates):
        why = next((one.basis for one in estimates if one.usd is None), "")
        return f"{count}; no cost estimate{f': {why}' if why else ''}."
    most = sum(one.most_usd or one.usd or 0.0 for one in estimates)
    upto = f" (up to {format_dollars(most)})" if most > usual else ""
    return (
        f"{count}; about {format_dollars(usual)}{upto} if each takes one session. "
        f"A session: {estimates[0].basis}."
    )
