"""`handoff why`: a session's last decisions with their reasons, and the breaker."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from handoff.session import breaker, decision_log, policy, state
from handoff.session import hard_limit as session_hard_limit
from handoff.session import outlook as outlooks
from handoff.status import session_status

if TYPE_CHECKING:
    from handoff.config.model import Config
    from handoff.runtime import Runtime


@dataclass(frozen=True)
class DecisionReport:
    """The `entries` of `why`, oldest first; `next` says what happens next, `open` why
    the breaker is open ("": closed), `hard_limit` from how many tokens on calls are refused.
    """

    session_id: str
    mode: str
    entries: tuple[dict[str, Any], ...]
    next: str
    open: str
    hard_limit: int | None

    def as_json(self) -> dict[str, Any]:
        """The stable JSON of `handoff why --json`; `at` is epoch seconds."""
        return {
            "session_id": self.session_id,
            "mode": self.mode,
            "decisions": list(self.entries),
            "next": self.next,
            "breaker": self.open or None,
            "hard_limit": self.hard_limit,
        }

    def lines(self) -> list[str]:
        """For a person."""
        lines = [f"session {self.session_id}, mode {self.mode}"]
        for entry in self.entries:
            at = time.strftime("%a %H:%M:%S", time.localtime(entry["at"]))
            words = [str(entry.get(name) or "") for name in ("event", "act", "reason")]
            lines.append(f"{at}  {words[0]:<15} {words[1]:<8}  {words[2]}".rstrip())
        if not self.entries:
            lines.append("Nothing decided yet: no turn of this session has ended.")
        lines.append(f"next: {self.next}")
        if self.hard_limit:
            limit = policy.thousands(self.hard_limit)
            lines.append(f"over {limit}, tool calls are refused until a brief is written")
        if self.open:
            lines.append(f"{self.open}; to close it: handoff session breaker --close")
        return lines


def read_decisions(session_id: str, cwd: str, runtime: Runtime) -> DecisionReport:
    """What was decided in the session named, else the one this runs in, else the newest here.

    Raises HandoffError when no session is known.
    """
    status = session_status.read_status(runtime, session_id, "", cwd)
    session = state.load(runtime.home, status.session_id)
    project = session.project or cwd
    config = session.adapt(runtime.config(project))
    return DecisionReport(
        session_id=status.session_id,
        mode=config.mode,
        entries=tuple(decision_log.read_entries(runtime.home, status.session_id)),
        next=_next(status),
        open=breaker.why_open(project, config, runtime.home, runtime.now),
        hard_limit=_hard_limit(status, session, config, runtime),
    )


def _next(status: session_status.SessionStatus) -> str:
    outlook = status.outlook
    now = outlooks.describe_briefly(outlook, status.command)
    coming = outlooks.describe_step(outlook.next_step(status.reading.tokens or 0))
    return now or coming or outlook.decision.reason


def _hard_limit(
    status: session_status.SessionStatus,
    session: state.SessionState,
    config: Config,
    runtime: Runtime,
) -> int | None:
    """Where the gate would refuse a call; None where it lets all pass."""
    outlook = status.outlook
    is_open = outlook.paused or outlook.kind == outlooks.BORN_OVER
    if is_open or session_hard_limit.why_open(session, config):
        return None
    largest = session_hard_limit.largest_growth(runtime.home, status.session_id)
    env = session.window_env(runtime.env)
    return session_hard_limit.compute_limit(status.reading, largest, config, env)
