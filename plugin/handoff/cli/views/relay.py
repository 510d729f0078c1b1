"""What `handoff relay --show` shows: the sessions of a relay, and where it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handoff.base.wording import format_clock, format_dollars
from handoff.cli.views import tables
from handoff.cli.views.tables import Column

if TYPE_CHECKING:
    from collections.abc import Sequence

    from handoff.loops.relay_journal import Journal
    from handoff.loops.session import Session


def show(journal: Journal, end: str) -> None:
    """Print a relay on stdout; `end` says where it stands."""
    from handoff.cli.console import say

    for line in lines(journal, end, tables.screen_width()):
        say(line)


def lines(journal: Journal, end: str, width: int | None) -> list[str]:
    """The relay's task, a table of its sessions, and its end."""
    shown = [_head(journal, width)]
    if journal.sessions:
        room = None if width is None else max(1, width - 2)
        shown += [f"  {line}" for line in tables.render(columns(journal.sessions, room), room)]
    return [*shown, *tables.hanging("  ", end, width)]


def columns(sessions: Sequence[Session], width: int | None) -> list[Column]:
    """The columns of a relay's sessions; IDs are whole where there is no width."""
    names = [session.session for session in sessions]
    left = [session.left for session in sessions]
    if width is not None:
        ids = tables.short_ids(filter(None, left))
        names, left = [name[:8] for name in names], [ids.get(name, "") for name in left]
    return [
        Column("#", tuple(str(number) for number in range(1, len(sessions) + 1)), right=True),
        Column("SESSION", tuple(names), drop=3),
        Column("OUTCOME", tuple(session.verdict or "running" for session in sessions)),
        Column("TIME", tuple(map(took, sessions)), drop=4, right=True),
        Column("COST", tuple(map(cost, sessions)), right=True),
        Column("LEFT", tuple(left), drop=2),
        Column("NOTE", tuple(session.problem for session in sessions), drop=1, least=20),
    ]


def _head(journal: Journal, width: int | None) -> str:
    name = journal.task if width is None else tables.short_ids([journal.task])[journal.task]
    return tables.line([Column("", (name,)), Column("", (journal.title,), least=18)], width)


def took(session: Session) -> str:
    """How long a session ran, "" while that is unknown."""
    return "" if session.seconds is None else format_clock(session.seconds)


def cost(session: Session) -> str:
    """What a session cost, "" while it runs; `~` before our own count."""
    if not session.verdict:
        return ""
    if session.cost_usd is None:
        return "unknown"
    about = "~" if session.counted and session.cost_usd else ""
    return f"{about}{format_dollars(session.cost_usd)}"
