"""`handoff why`: a session's last decisions with their reasons, and the breaker."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from handoff.session import breaker, decision_log, policy, state
from handoff.session import hard_line as session_hard_line
from handoff.session import outlook as outlooks
from handoff.status import session_status

if TYPE_CHECKING:
    from handoff.config.model import Config
    from handoff.runtime import Here


@dataclass(frozen=True)
class Decided:
    """The `entries` of `why`, oldest first; `next` says what happens next, `open` why
    the breaker is open ("": closed), `hard_line` from how many tokens on calls are refused.
    """

    session_id: str
    mode: str
    entries: tuple[dict[str, Any], ...]
    next: str
    open: str
    hard_line: int | None

    def as_json(self) -> dict[str, Any]:
        """The stable JSON of `handoff why --json`; `at` is epoch seconds."""
        return {
            "session_id": self.session_id,
            "mode": self.mode,
            "decisions": list(self.entries),
            "next": self.next,
            "breaker": self.open or None,
            "hard_line": self.hard_line,
        }

    def lines(self) -> list[str]:
        """For a person."""
        said = [f"session {self.session_id}, mode {self.mode}"]
        for entry in self.entries:
            at = time.strftime("%a %H:%M:%S", time.localtime(entry["at"]))
            words = [str(entry.get(name) or "") for name in ("event", "act", "reason")]
            said.append(f"{at}  {words[0]:<15} {words[1]:<8}  {words[2]}".rstrip())
        if not self.entries:
            said.append("Nothing was decided yet: no answer was seen by a hook.")
        said.append(f"next: {self.next}")
        if self.hard_line:
            said.append(f"past {policy.thousands(self.hard_line)} calls are refused for a brief")
        if self.open:
            said.append(f"{self.open}; to close it: handoff breaker --close")
        return said


def of(session_id: str, cwd: str, here: Here) -> Decided:
    """What was decided in the session named, else the one this runs in, else the newest here.

    Raises HandoffError when no session is known.
    """
    found = session_status.take(here, session_id, "", cwd)
    session = state.load(here.home, found.session_id)
    project = session.project or cwd
    config = session.adapt(here.config(project))
    return Decided(
        session_id=found.session_id,
        mode=config.mode,
        entries=tuple(decision_log.entries(here.home, found.session_id)),
        next=_next(found.outlook, found.reading.tokens or 0),
        open=breaker.why_open(project, config, here.home, here.now),
        hard_line=_hard_line(found, session, config, here),
    )


def _next(outlook: outlooks.Outlook, tokens: int) -> str:
    now = outlooks.describe_briefly(outlook, "/handoff:handoff")
    coming = outlooks.describe_step(outlook.next_step(tokens))
    return now or coming or outlook.decision.reason


def _hard_line(
    found: session_status.Standing, session: state.SessionState, config: Config, here: Here
) -> int | None:
    """Where the gate would refuse a call; None where it lets all pass."""
    outlook = found.outlook
    is_open = outlook.paused or outlook.kind == outlooks.BORN_OVER
    if is_open or session_hard_line._why_open(session, config):
        return None
    largest = session_hard_line.largest_growth(here.home, found.session_id)
    env = session.window_env(here.env)
    return session_hard_line.hard_line(found.reading, largest, config, env)
