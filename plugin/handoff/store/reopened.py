"""Open briefs that were put away before: finished or dropped, and in `open` again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handoff.git import history
from handoff.store import brief_files, claims, ledger

if TYPE_CHECKING:
    from collections.abc import Iterable

    from handoff.runtime import Runtime
    from handoff.store.places import Place

_DAY = 86_400  # seconds: clocks of machines differ


class Reopened:
    """What is known of them in one place, read once; `own` is what the ledger has of it."""

    def __init__(self, place: Place, runtime: Runtime, own: Iterable[ledger.Entry]) -> None:
        self._place = place
        self._home = runtime.home
        self._known = ledger.read_ended(runtime.home, place.key)
        self._written: dict[str, float] = {}
        for entry in own:
            self._written[entry.id] = min(entry.at, self._written.get(entry.id, entry.at))
        self._taken: dict[str, int] | None = None
        self._since = 0.0

    def ended(self, stored: brief_files.StoredBrief) -> ledger.EndedBrief | None:
        """How an open brief was put away before, None if it was not: on this machine in this work
        tree, or by a commit of HEAD's history since it was written.

        It counts no more when a session took the brief up since, which it does only by its ID. What
        was finished in another worktree is open here until that is merged.
        """
        if stored.brief is None:
            return None
        brief_id = stored.brief.id
        ended = self._known.get(brief_id)
        if ended is None or ended.worktree != self._place.root:
            ended = self._taken_off(brief_id)
        claim = claims.read(self._home, brief_id) if ended else None
        return None if ended and claim and claim.at > ended.at else ended

    def _taken_off(self, brief_id: str) -> ledger.EndedBrief | None:
        written = self._written.get(brief_id)
        if written is None or self._place.checkout is None:
            return None
        if self._taken is None or written < self._since:
            self._since = written
            folder = f"{brief_files.FOLDER}/{brief_files.OPEN}"
            self._taken = history.removed_at(self._place.checkout, folder, written - _DAY)
        at = self._taken.get(brief_files.relative_path(brief_files.OPEN, brief_id))
        if at is None or at < int(written):
            return None
        return ledger.EndedBrief(brief_id, self._place.key, self._place.root, at, "removed")
