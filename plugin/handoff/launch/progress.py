"""How far a headless session is while it runs: its context, cost, turns, last tool and time.

It is read from the session's transcript, which the client writes as it goes. Nothing is read again
before a second has passed, or while the transcript has not grown.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from handoff.base.wording import count_of
from handoff.client import locations
from handoff.client.transcript import last_tool, tail
from handoff.meter import cost as meter
from handoff.session import policy, state
from handoff.store import claims

if TYPE_CHECKING:
    from handoff.runtime import Runtime

LOOK_SECONDS = 1.0


@dataclass(frozen=True)
class Progress:
    """A session that runs for `seconds`. `tokens` of context and `usd` are None while unknown."""

    seconds: float
    tokens: int | None = None
    usd: float | None = None
    turns: int = 0
    tool: str = ""

    def describe(self) -> str:
        """All but its time and cost, in a few words."""
        parts = (
            f"context {policy.thousands(self.tokens)}" if self.tokens is not None else "",
            count_of(self.turns, "turn") if self.turns else "",
            self.tool,
        )
        return ", ".join(part for part in parts if part)


class ProgressReader:
    """Reads the progress of one session: of `session`, or of the one that has claimed a brief."""

    def __init__(
        self, runtime: Runtime, *, session: str = "", brief: str = "", began: float | None = None
    ) -> None:
        self._home, self._env = runtime.home, runtime.env
        self._session, self._brief = session, brief
        self._began = time.time() if began is None else began
        self._read_at = float("-inf")
        self._stamp = (0, 0)
        self._progress = Progress(0.0)

    def read(self) -> Progress:
        """Its progress now. What cannot be read stays as it was: the session does not depend on
        who looks at it.
        """
        now = time.monotonic()
        if now - self._read_at >= LOOK_SECONDS:
            self._read_at = now
            try:
                self._look()
            except (OSError, ValueError):
                pass
        return replace(self._progress, seconds=max(0.0, time.time() - self._began))

    def _look(self) -> None:
        session = self._session or self._claimant()
        known = state.load(self._home, session).transcript
        path = locations.transcript_of(session, known, self._env)
        if not path:
            return
        about = os.stat(path)
        stamp = (about.st_size, about.st_mtime_ns)
        if stamp == self._stamp:
            return
        self._stamp = stamp
        last = tail.read_last(path)
        cost = meter.read_cost(self._home, session, path, self._env)
        self._progress = Progress(
            0.0,
            last.tokens if last else None,
            cost.usd if cost.source else None,
            cost.responses,
            last_tool.read_last_tool(path),
        )

    def _claimant(self) -> str:
        """The session that has claimed the brief since the beginning."""
        claim = claims.read(self._home, self._brief)
        return claim.session if claim and claim.at >= self._began else ""
