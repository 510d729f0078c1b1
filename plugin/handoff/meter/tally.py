"""Adding up what responses cost, each response once, in a state that is small and JSON-able.

The same response comes as several lines, and again in other files (a fork, a subagent that was
given the conversation). Within a file its last line is right; in another file it is a copy, which
counts only where it knows of more output.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from handoff.client.transcript.charges import Charge
    from handoff.client.transcript.usage import ClientTotal, Spend
    from handoff.meter.prices import Prices

MAIN = ""  # the session's own file, as opposed to its subagents'
# Columns of a model's sums: tokens by class, web searches, billionths of a dollar, charges without
# a known price.
INPUT, WRITE_5M, WRITE_1H, READ, OUTPUT, SEARCHES, NANOS, UNPRICED = range(8)
# So many latest responses can still be corrected by a later line of theirs. A response's lines are
# neighbours; what comes later is a copy of what is counted.
_OPEN = 64
_FEW = 20
_ID_TAIL, _REQUEST_TAIL = 14, 6  # random characters enough to tell a session's responses apart


class Tally:
    """The sums over the responses added so far."""

    def __init__(self, state: dict[str, Any], prices: Prices) -> None:
        self._prices = prices
        self.models: dict[str, list[int]] = state.get("models", {})
        # key -> [file, after which client total, model's part of the charges…]
        self._open: dict[str, list[Any]] = state.get("open", {})
        self._closed: str = state.get("closed", "\n")
        self._newly_closed: list[str] = []
        self._closed_set: set[str] | None = None
        self._asked = 0
        self.responses: int = state.get("responses", 0)
        # The client's latest total, and the sums of what was added behind it.
        self.client: list[Any] | None = state.get("client")
        self._totals: int = state.get("totals", 0)
        self._behind_since: str = state.get("behind_since", "")
        self.behind: list[int] = state.get("behind", [0] * 8)

    def state(self) -> dict[str, Any]:
        """What a later Tally goes on from."""
        return {
            "models": self.models,
            "open": self._open,
            "closed": "\n".join([self._closed[:-1], *self._newly_closed, ""]),
            "responses": self.responses,
            "client": self.client,
            "totals": self._totals,
            "behind_since": self._behind_since,
            "behind": self.behind,
        }

    def add(self, spend: Spend, file: str) -> None:
        """Count a line of a response, from the file of that name."""
        key = _short(spend.key)
        entry = self._open.get(key)
        if entry is None:
            if self._is_closed(key):
                return
            self.responses += 1
            entry = self._open[key] = [file, self._place(spend, file), []]
        elif entry[0] != file and spend.output <= sum(part[1 + OUTPUT] for part in entry[2]):
            return
        else:
            self._sum(entry, -1)
        entry[2] = [
            self._part(charge, spend.at[:10]) for charge in spend.charges if any(charge[1:7])
        ]
        self._sum(entry, 1)
        while len(self._open) > _OPEN:
            oldest = next(iter(self._open))
            del self._open[oldest]
            self._newly_closed.append(oldest)
            if self._closed_set is not None:
                self._closed_set.add(oldest)

    def add_total(self, total: ClientTotal) -> None:
        """Take the client's own total: it covers all that the session's file holds before it."""
        self.client = [total.usd, total.tokens, total.guessed]
        self._totals += 1
        self._behind_since = ""
        self.behind = [0] * 8

    def _place(self, spend: Spend, file: str) -> int:
        """The number of the client's total that this response came after; 0 if one covers it.

        A subagent's responses are in another file: those since the session's first response after
        the total are not covered.
        """
        if file == MAIN:
            self._behind_since = self._behind_since or spend.at
            return self._totals
        behind = self._behind_since and spend.at >= self._behind_since
        return self._totals if behind else 0

    def _part(self, charge: Charge, day: str) -> list[Any]:
        nanos = self._prices.nanos(charge, day)
        model, tokens = charge.model, charge[1 : 1 + NANOS]
        return [model, *tokens, nanos or 0, int(nanos is None)]

    def _sum(self, entry: list[Any], sign: int) -> None:
        for part in entry[2]:
            sums = self.models.setdefault(part[0], [0] * 8)
            for column in range(8):
                sums[column] += sign * part[1 + column]
                if entry[1] == self._totals:
                    self.behind[column] += sign * part[1 + column]

    def _is_closed(self, key: str) -> bool:
        if self._closed_set is None:
            self._asked += 1
            if self._asked <= _FEW and not self._newly_closed:
                return f"\n{key}\n" in self._closed
            self._closed_set = {*self._closed.split("\n"), *self._newly_closed}
        return key in self._closed_set


def _short(key: str) -> str:
    message, _, request = key.rpartition(":")
    return f"{message[-_ID_TAIL:]}:{request[-_REQUEST_TAIL:]}"
