"""What a brief's session cost, into the brief's Outcome."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handoff.brief import document
from handoff.brief import outcome as brief_outcome
from handoff.client import locations
from handoff.meter import cost as meter
from handoff.meter import feed as feeds
from handoff.meter import prices
from handoff.session import state
from handoff.store import brief_files, claims, finish, journal, ledger, transaction

if TYPE_CHECKING:
    from handoff.brief.document import Brief
    from handoff.client.print_result import Result
    from handoff.config.model import Config
    from handoff.runtime import Here
    from handoff.store.places import Place

_WHOSE = {"feed": "the client's own figures", "client": "the client's own figures"}


def until_now(brief: Brief, here: Here) -> brief_outcome.Cost | None:
    """What the session that has a brief cost until now, by the meter; None where no session has it,
    or nothing of it is known.
    """
    session_id = claims.owner(here.home, brief.id)
    session = state.load(here.home, session_id)
    if not session.client_pid:
        return None
    transcript = locations.transcript_of(session_id, session.transcript, here.env)
    found = meter.take(
        here.home, session_id, transcript, here.env, feeds.load(here.home, session_id)
    )
    if not found.source:
        return None
    known = {name: one.usd or 0.0 for name, one in found.models.items()}
    return brief_outcome.Cost(
        found.usd,
        session_id,
        calls=found.responses,
        model=max(known, key=lambda name: known[name]) if known else "",
        whose=_WHOSE.get(found.source, "counted from its transcript"),
        so_far=not session.is_over(here.now),
    )


def with_cost(outcome: str, stored: brief_files.Stored, here: Here) -> str:
    """An outcome, with what the session that has the brief cost until now where that is known."""
    cost = until_now(stored.brief, here) if stored.brief else None
    return brief_outcome.with_cost(outcome, cost).strip() if cost else outcome


def at_the_end(found: Result, here: Here) -> brief_outcome.Cost | None:
    """What a headless run cost, by the client's result; None without one.

    The client prices a model that it does not know as another one: then that is said.
    """
    if not found.session or found.cost_usd is None:
        return None
    table = prices.load(here.env)
    unknown = [name for name in found.models if table.row(name) is None]
    whose = "the client's own figures"
    if unknown:
        whose += f", with a guessed price for {', '.join(unknown)[:200]}"
    return brief_outcome.Cost(
        found.cost_usd, found.session, turns=found.turns, model=found.model, whose=whose
    )


def enter(
    place: Place, stored: brief_files.Stored, cost: brief_outcome.Cost, here: Here, config: Config
) -> None:
    """Put a session's cost into a finished brief of ours, in a commit of its own.

    A brief that was changed, or is somebody else's, is left as it is. HandoffError or OSError when
    it cannot be written.
    """
    own = ledger.own_entries(here.home, place.key)
    if stored.brief is None or ledger.digest(stored.raw) not in own:
        return
    text = stored.raw.decode("utf-8")
    head, found, outcome = text.rpartition(f"\n## {document.OUTCOME}\n")
    raw = f"{head}{found}{brief_outcome.with_cost(outcome, cost)}".encode()
    if not found or raw == stored.raw:
        return
    finish.record(place, raw, stored.brief.id, "", here)
    brief_files.write(place.root, brief_files.DONE, stored.brief.id, raw)
    message = f"handoff: cost: {stored.brief.title[:60]}"
    change = journal.Change(place.root, stored.brief.id, message, {stored.relative: raw}, {})
    transaction.carry_out(place, change, here, config)
