"""A usage cap in a queue: all tasks share the subscription, so none is begun until the reset."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from handoff.base.wording import DAY
from handoff.loops import verdicts, wait_for_caps
from handoff.loops.wait_for_caps import CapWaits

if TYPE_CHECKING:
    from handoff.loops.queue_journal import Journal
    from handoff.loops.session import Session
    from handoff.loops.wait_for_caps import Waiting
    from handoff.session.cap_resets import Cap

_FORGOTTEN_SECONDS = DAY  # a run that was killed so long ago is none that is continued now


class QueueCaps:
    """The caps of one start of a queue that waits for at most `allowed` resets. What was waited for
    is in the journal until a run ends by itself: it counts for the start after a kill.
    """

    def __init__(self, journal: Journal, allowed: int, waiting: Waiting) -> None:
        self._journal = journal
        self._allowed = allowed
        self._waiting = waiting
        self._waits = CapWaits(allowed)
        self._session: Session | None = None

    @property
    def cap(self) -> Cap | None:
        """The cap that keeps tasks from being begun, None if none does."""
        return wait_for_caps.cap_of_session(self._session)

    def load(self) -> None:
        """Take over what an earlier start left, if this one waits. In the journal's `with`."""
        if not self._allowed:
            return
        now = self._waiting.clock()
        known = self._journal.waits()
        if now - known.until < _FORGOTTEN_SECONDS:
            self._waits = replace(known, allowed=self._allowed)
        for session in self._journal.sessions():
            if session.resets_at > now:
                self.note(session)

    def note(self, session: Session) -> None:
        """Hear of a session that is over. Of several caps the one that resets last counts."""
        if session.verdict != verdicts.CAP or wait_for_caps.is_waited_out(self._waits, session):
            return
        if self._session is None or session.resets_at > self._session.resets_at:
            self._session = session

    def wait(self) -> bool:
        """Wait for the reset; False if it is not waited for, or the person ended the wait."""
        if self._session is None:
            return True
        if wait_for_caps.wait_out(self._waits, self._session, self._save, self._waiting):
            return False
        self._session = None
        return True

    def close(self) -> None:
        """A run ended by itself: the next one counts anew."""
        if self._waits.used:
            self._save(CapWaits())

    def _save(self, waits: CapWaits) -> None:
        self._waits = waits
        with self._journal:
            self._journal.put_waits(waits)
