"""What a brief's session cost, into the brief's Outcome."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handoff.brief import outcome as brief_outcome
from handoff.brief.sections import OUTCOME
from handoff.client import locations
from handoff.meter import cost as meter
from handoff.meter import feed as feeds
from handoff.meter import prices
from handoff.session import state
from handoff.store import (
    brief_files,
    claims,
    commit_message,
    finish,
    journal,
    ledger,
    transaction,
)

if TYPE_CHECKING:
    from handoff.brief.document import Brief
    from handoff.client.print_result import Result
    from handoff.config.model import Config
    from handoff.runtime import Runtime
    from handoff.store.places import Place

_WHOSE = {"feed": "the client's own figures", "client": "the client's own figures"}


def cost_until_now(brief: Brief, runtime: Runtime) -> brief_outcome.Cost | None:
    """What the session that has a brief cost until now, by the meter; None where no session has it,
    or nothing of it is known.
    """
    session_id = claims.owner(runtime.home, brief.id)
    session = state.load(runtime.home, session_id)
    if not session.client_pid:
        return None
    transcript = locations.transcript_of(session_id, session.transcript, runtime.env)
    cost = meter.read_cost(
        runtime.home, session_id, transcript, runtime.env, feeds.load(runtime.home, session_id)
    )
    if not cost.source:
        return None
    known = {name: one.usd or 0.0 for name, one in cost.models.items()}
    return brief_outcome.Cost(
        cost.usd,
        session_id,
        calls=cost.responses,
        model=max(known, key=lambda name: known[name]) if known else "",
        whose=_WHOSE.get(cost.source, "counted from its transcript"),
        so_far=not session.is_over(runtime.now),
    )


def with_cost(outcome: str, stored: brief_files.StoredBrief, runtime: Runtime) -> str:
    """An outcome, with what the session that has the brief cost until now where that is known."""
    cost = cost_until_now(stored.brief, runtime) if stored.brief else None
    return brief_outcome.with_cost(outcome, cost).strip() if cost else outcome


def cost_at_end(result: Result, runtime: Runtime) -> brief_outcome.Cost | None:
    """What a headless run cost, by the client's result; None without one.

    The client prices a model that it does not know as another one: then that is said.
    """
    if not result.session or result.cost_usd is None:
        return None
    table = prices.load(runtime.env)
    unknown = [name for name in result.models if table.row(name) is None]
    whose = "the client's own figures"
    if unknown:
        whose += f", with a guessed price for {', '.join(unknown)[:200]}"
    return brief_outcome.Cost(
        result.cost_usd, result.session, turns=result.turns, model=result.model, whose=whose
    )


def record_cost(
    place: Place,
    stored: brief_files.StoredBrief,
    cost: brief_outcome.Cost,
    runtime: Runtime,
    config: Config,
) -> None:
    """Put a session's cost into a finished brief of ours, in a commit of its own.

    A brief that was changed, or is somebody else's, is left as it is. HandoffError or OSError when
    it cannot be written.
    """
    own = ledger.own_entries(runtime.home, place.key)
    if stored.brief is None or ledger.digest_bytes(stored.raw) not in own:
        return
    text = stored.raw.decode("utf-8")
    head, separator, outcome = text.rpartition(f"\n## {OUTCOME}\n")
    raw = f"{head}{separator}{brief_outcome.with_cost(outcome, cost)}".encode()
    if not separator or raw == stored.raw:
        return
    finish.record_brief(place, raw, stored.brief.id, "", runtime)
    brief_files.write(place.root, brief_files.DONE, stored.brief.id, raw)
    named = commit_message.Named(stored.brief.id, stored.brief.title)
    message = commit_message.cost_recorded(named)
    change = journal.Change(place.root, stored.brief.id, message, {stored.relative: raw}, {})
    transaction.carry_out(place, change, runtime, config)
