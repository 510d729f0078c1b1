"""What `handoff spec list`, `show` and `check` show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handoff.base import plain_text
from handoff.base.wording import count_of
from handoff.cli.views import tables
from handoff.cli.views.tables import Column
from handoff.specs import model

if TYPE_CHECKING:
    from collections.abc import Sequence

    from handoff.build.spec_report import FeatureRow, SpecReport, SpecRow

_SHA_CHARS = 9
_FROM_FILE = "The states are from state.json: no build of it was started on this machine."


def show_list(rows: Sequence[SpecRow]) -> None:
    """Print a table of specs on stdout."""
    width = tables.screen_width()
    tables.show(list_columns(rows, width))
    if any(row.source == "state.json" for row in rows):
        tables.print_lines(["", *tables.hanging("", f"* {_FROM_FILE}", width)])


def list_columns(rows: Sequence[SpecRow], width: int | None) -> list[Column]:
    """The columns of a list of specs; IDs are whole where there is no width."""
    ids = [row.id for row in rows]
    names = tables.short_ids(ids) if width is not None else {one: one for one in ids}
    counts = [
        Column(state.upper(), tuple(_count(row, state) for row in rows), drop=drop, right=True)
        for state, drop in _COUNTED
    ]
    return [
        Column("ID", tuple(names[one] for one in ids)),
        Column("TITLE", tuple(row.title for row in rows), drop=1, least=16, want=24),
        *counts,
        Column("ACCEPTED", tuple(row.accepted for row in rows), drop=4),
    ]


# The states in a list, and when their column is left out: verified last, dropped first.
_COUNTED = ((model.VERIFIED, 2), (model.CLAIMED, 5), (model.BLOCKED, 6), (model.OPEN, 3))


def show(report: SpecReport) -> None:
    """Print a spec on stdout."""
    from handoff.cli.console import say

    for line in lines(report, tables.screen_width()):
        say(line)


def lines(report: SpecReport, width: int | None) -> list[str]:
    """A spec's title, its counts, what is run of it, and a table of its features."""
    row = report.row
    name = row.id if width is None else tables.short_ids([row.id])[row.id]
    shown = [tables.line([Column("", (name,)), Column("", (row.title,), least=18)], width)]
    shown += tables.hanging("  ", f"{counts_in_words(row)}. {_ACCEPTED[row.accepted]}", width)
    if row.source == "state.json":
        shown += tables.hanging("  ", _FROM_FILE, width)
    shown += ["", *command_lines(report, width), ""]
    return [*shown, *tables.render(feature_columns(report.features, width), width)]


_ACCEPTED = {
    "yes": "Accepted.",
    "changed": "Changed since it was accepted.",
    "no": "Not accepted.",
}


def counts_in_words(row: SpecRow) -> str:
    """`3 of 8 features verified, 1 claimed, 4 open`: dropped ones are not of the whole."""
    total = row.features - row.counts[model.DROPPED]
    order = (model.CLAIMED, model.BLOCKED, model.OPEN, model.DROPPED)
    rest = [f"{row.counts[state]} {state}" for state in order if row.counts[state]]
    verified = f"{row.counts[model.VERIFIED]} of {count_of(total, 'feature')} verified"
    return ", ".join([verified, *rest])


def command_lines(report: SpecReport, width: int | None) -> list[str]:
    """What is run of a spec, and what verification takes as accepted."""
    labelled = [(f"runner {name}", command) for name, command in report.runners.items()]
    labelled += [("start", report.start), ("ready", report.ready), ("smoke", report.smoke)]
    labelled += [("frozen", ", ".join(report.frozen)), ("env", ", ".join(report.env))]
    labelled = [(label, text) for label, text in labelled if text]
    room = max((len(label) for label, _ in labelled), default=0)
    return [
        line
        for label, text in labelled
        for line in tables.hanging(
            f"  {label.ljust(room)}  ", " ".join(plain_text.printable(text).split()), width
        )
    ]


def feature_columns(rows: Sequence[FeatureRow], width: int | None) -> list[Column]:
    """The columns of a table of features."""
    commits = [row.commit if width is None else row.commit[:_SHA_CHARS] for row in rows]
    return [
        Column("FEATURE", tuple(row.id for row in rows), least=12, want=24),
        Column("STATE", tuple(row.state for row in rows)),
        Column("ATTEMPTS", tuple(str(row.attempts or "") for row in rows), drop=4, right=True),
        Column("EXIT", tuple(_number(row.exit_code) for row in rows), drop=3, right=True),
        Column("TIME", tuple(_took(row.seconds) for row in rows), drop=5, right=True),
        Column("COMMIT", tuple(commits), drop=2),
        Column("VERIFY", tuple(map(_verify, rows)), drop=6, least=24),
        Column("NOTE", tuple(row.reason for row in rows), drop=1, least=20),
    ]


def _verify(row: FeatureRow) -> str:
    return f"{row.verify['run']} {row.verify['target']}" if row.verify else ""


def _count(row: SpecRow, state: str) -> str:
    star = "*" if row.source == "state.json" and state == model.VERIFIED else ""
    return f"{row.counts[state]}{star}"


def _number(value: int | None) -> str:
    return "" if value is None else str(value)


def _took(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds:.1f} s"
