"""`handoff show --history`: the lineage of one brief, with the outcome of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from handoff.base import plain_text, wording
from handoff.brief.sections import OUTCOME
from handoff.maintenance import listing
from handoff.redact import redact
from handoff.store import lineage
from handoff.store.match_id import match_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from handoff.runtime import Runtime
    from handoff.store.places import Place


@dataclass(frozen=True)
class Link:
    """One brief of a chain; `depth` 0 is the first ancestor, `asked` the brief that was named.

    `trusted` and `origin` are as in `listing.Row`. `outcome` is the first line of a finished
    brief's Outcome, without secrets, "" for one that this machine did not write. `tokens` and
    `cost_usd` are those of its reading, None where it has none; `spent_usd` is what the session
    cost that carried it out, as its Outcome says. A `state` of `missing` is a parent that is not
    here.
    """

    id: str
    depth: int
    asked: bool
    state: str
    title: str
    created: str
    trusted: bool
    origin: str
    outcome: str
    tokens: int | None
    cost_usd: float | None
    spent_usd: float | None = None


def read_links(wanted: str, runtime: Runtime, place: Place) -> list[Link]:
    """From the first ancestor of a brief to its last descendant. HandoffError if none fits."""
    rows = {
        row.id: row for row in listing.list_rows(runtime, place, everything=True) if not row.problem
    }
    briefs = {
        item.brief.id: item.brief
        for item in listing.read_briefs(place, runtime, finished=True)
        if item.brief
    }
    asked = match_id(wanted, sorted(rows))
    parents = {row.id: row.parent for row in rows.values()}
    clean = redact.cleaner(runtime.config(place.root))
    links_found = []
    for node in lineage.list_chain(asked, parents):
        row, brief = rows.get(node.id), briefs.get(node.id)
        if row is None or brief is None:
            links_found.append(
                Link(node.id, node.depth, False, "missing", "", "", False, "", "", None, None)
            )
            continue
        outcome = brief.sections.get(OUTCOME, "") if row.trusted else ""
        tokens, cost = brief.reading.get("tokens"), brief.reading.get("cost_usd")
        links_found.append(
            Link(
                id=row.id,
                depth=node.depth,
                asked=row.id == asked,
                state=row.state,
                title=row.title,
                created=row.created,
                trusted=row.trusted,
                origin=row.origin,
                outcome=plain_text.one_line(clean(outcome).strip().partition("\n")[0], 200),
                tokens=tokens if isinstance(tokens, int) else None,
                cost_usd=float(cost) if isinstance(cost, (int, float)) else None,
                spent_usd=row.cost_usd,
            )
        )
    return links_found


def format_links(links: Sequence[Link]) -> str:
    """The chain for people, two lines a brief."""
    lines = []
    for link in links:
        indent = "  " * link.depth
        mark = "*" if link.asked else "-"
        if link.state == "missing":
            lines.append(f"{indent}{mark} {link.id}  (not here: pruned, or on another branch)")
            continue
        cost = f", ${link.cost_usd:.2f}" if link.cost_usd is not None else ""
        size = f", {link.tokens:,} tokens" if link.tokens is not None else ""
        spent = (
            f"; done for {wording.format_dollars(link.spent_usd)}"
            if link.spent_usd is not None
            else ""
        )
        lines.append(f"{indent}{mark} {link.id}  {link.created}  {link.state}{size}{cost}{spent}")
        outcome = f": {link.outcome}" if link.outcome else ""
        origin = "" if link.origin == "own" else f" ({link.origin})"
        lines.append(f"{indent}  {link.title}{origin}{outcome}")
    return "\n".join(lines)
