"""`handoff wait`: how far briefs are, wherever they are worked on, until each is settled."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from handoff.base import plain_text
from handoff.base.errors import HandoffError
from handoff.base.wording import count_of
from handoff.brief import outcome as brief_outcome
from handoff.brief.sections import OUTCOME
from handoff.launch import run_log, runners, session_cost
from handoff.maintenance import untrusted_text
from handoff.redact import redact
from handoff.runtime import Runtime
from handoff.store import (
    across_worktrees,
    brief_files,
    claim_rules,
    claims,
    ledger,
    lookup,
    trust,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from handoff.brief.document import Brief
    from handoff.launch.run_log import Run
    from handoff.store.places import Place

OPEN, WORKING, FINISHED, ABANDONED, DROPPED = "open", "working", "finished", "abandoned", "dropped"
LOOK_SECONDS = 0.5
GRACE_SECONDS = 5.0  # in which somebody may start anew what nobody has any more
_PICK_UP_SECONDS = 120.0  # a session that was started in a window takes its brief in that time
_PLACES_SECONDS = 5.0
_MAX_CHAIN = 50  # briefs in a row


@dataclass(frozen=True)
class WaitStatus:
    """One brief. `state`: `open` (unclaimed), `working`, `finished`; `abandoned` (who had it
    ended without finishing it) and `dropped` (it is nowhere) count as failed.

    `current` is the id of the brief that carries it on by now, often its own; `note` a few words on
    its state: who has it, its outcome, or what went wrong. `cost_usd` is what is known to be spent
    on `current`, None where nothing is.
    """

    id: str
    title: str
    state: str
    note: str
    current: str
    cost_usd: float | None = None

    @property
    def is_settled(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.state in (FINISHED, ABANDONED, DROPPED)


class Waiter:
    """Looks at briefs of a repository again and again."""

    def __init__(self, wanted: Sequence[str], runtime: Runtime, place: Place) -> None:
        """Raises HandoffError when one of `wanted` names no brief, or several."""
        self._runtime = runtime
        self._place = place
        self._around: list[Place] = []
        self._found_at = float("-inf")
        self._lost: dict[str, float] = {}
        self._titles: dict[str, str] = {}
        for word in wanted:
            stored = self._named(word)
            if stored.brief is None:
                raise HandoffError(
                    stored.problem, "A brief that cannot be read cannot be waited for."
                )
            self._titles[stored.brief.id] = self._title(stored, stored.brief)

    def until_settled(
        self, seconds: float | None, sleep: Callable[[float], object] = time.sleep
    ) -> Iterator[list[WaitStatus]]:
        """How the briefs stand, again and again until all are settled or so many seconds passed."""
        end = None if seconds is None else time.monotonic() + seconds
        while True:
            statuses = self.read_statuses()
            yield statuses
            if all(one.is_settled for one in statuses):
                return
            if end is not None and time.monotonic() >= end:
                return
            left = LOOK_SECONDS if end is None else max(0.0, end - time.monotonic())
            sleep(min(LOOK_SECONDS, left))

    def read_statuses(self) -> list[WaitStatus]:
        """How the briefs stand now. After a while without anybody one counts as abandoned."""
        now = time.monotonic()
        if now - self._found_at > _PLACES_SECONDS:
            self._around, self._found_at = self._places(), now
        runtime = Runtime(self._runtime.env, full=True, home=self._runtime.home)
        statuses = []
        for brief_id, title in self._titles.items():
            one = _state(brief_id, brief_id, title, self._around, runtime)
            one = one or self._nowhere(brief_id, title)
            if one.state in (ABANDONED, DROPPED):
                since = self._lost.setdefault(brief_id, now)
                if now - since < GRACE_SECONDS:
                    one = replace(one, state=OPEN)
            else:
                self._lost.pop(brief_id, None)
            statuses.append(one)
        return statuses

    def _places(self) -> list[Place]:
        """The worktrees to look in: those known before where git cannot list them just now."""
        try:
            return across_worktrees.list_places(self._place)
        except HandoffError:
            if not self._around:
                raise
            return self._around

    def _title(self, stored: brief_files.StoredBrief, brief: Brief) -> str:
        origin = trust.TrustCheck(self._place, self._runtime).classify(stored)
        title = redact.cleaner(self._runtime.config(self._place.root))(brief.title)
        return untrusted_text.mark(
            title, untrusted_text.TITLE_CHARS, self._runtime, is_trusted=origin.is_trusted
        )

    def _named(self, word: str) -> brief_files.StoredBrief:
        try:
            return lookup.find(self._place, word)
        except HandoffError:
            others = across_worktrees.list_places(self._place)[1:]
            for place in others:
                try:
                    return brief_files.find(place.root, word)
                except HandoffError:
                    continue
            raise

    def _nowhere(self, brief_id: str, title: str) -> WaitStatus:
        """A brief that no worktree has: at its ref alone, or dropped."""
        try:
            stored = lookup.find(self._place, brief_id)
        except HandoffError:
            return WaitStatus(brief_id, title, DROPPED, "it is in no worktree here", brief_id)
        if stored.folder == brief_files.DONE:
            note = f"{stored.relative} has its name but is another brief"
            return WaitStatus(brief_id, title, DROPPED, note, brief_id)
        if stored.brief and OUTCOME in stored.brief.sections:
            return _finished(brief_id, title, self._place, stored, self._runtime)
        return WaitStatus(
            brief_id, title, OPEN, "it is at refs/handoff/ only, not on the branch", brief_id
        )


def _state(
    at: str, brief_id: str, title: str, around: list[Place], runtime: Runtime, depth: int = 0
) -> WaitStatus | None:
    """How the brief `brief_id` stands, which is carried on by the brief `at`."""
    located = across_worktrees.find_last(around, at, runtime)
    if located is None or located[1].brief is None:
        return None
    place, stored = located
    if stored.folder == brief_files.DONE:
        return _finished(brief_id, title, place, stored, runtime)
    brief = located[1].brief
    status = WaitStatus(brief_id, title, OPEN, "", brief.id)
    run = run_log.load(runtime.home, brief.id)
    owner = claim_rules.held_by(brief, runtime)
    if (run and run.is_going()) or owner:
        cost = session_cost.cost_until_now(brief, runtime)
        note = f"session {owner[:8]}" if owner else "starting"
        if owner.startswith("none"):
            note = owner.partition("(")[2].rstrip(")")
        count = cost.calls if cost and cost.calls else 0
        calls = f", {count_of(count, 'call')}" if count else ""
        return replace(
            status, state=WORKING, note=note + calls, cost_usd=cost.usd if cost else None
        )
    if claims.read(runtime.home, brief.id) or (run and run.ended):
        # A session may hand a task on without an end of it: what came from it tells more.
        child = (
            across_worktrees.newest_child(around, brief.id, runtime) if depth < _MAX_CHAIN else ""
        )
        if child:
            return _state(child, brief_id, title, around, runtime, depth + 1)
    return _of_nobody(status, brief, run, runtime)


def _of_nobody(status: WaitStatus, brief: Brief, run: Run | None, runtime: Runtime) -> WaitStatus:
    """An open brief that nobody works on: not yet, or not any more."""
    run = run or (run_log.load(runtime.home, brief.parent) if brief.id != status.id else None)
    if run and run.ended and run.has_starter():
        return replace(status, state=WORKING, note="between two sessions")
    if run and run.ended:
        return _abandoned(status, brief, run.problem or "its run has ended")
    if claim := claims.read(runtime.home, brief.id):
        return _abandoned(status, brief, f"session {claim.session[:8]} ended without finishing it")
    if run and run.mode in (runners.TMUX, runners.BACKGROUND):
        if 0 <= runtime.now - run.at < _PICK_UP_SECONDS:
            return replace(status, state=WORKING, note="starting")
        return _abandoned(status, brief, "it was started, but no session picked it up")
    if run:
        return _abandoned(status, brief, "the command that started it was stopped")
    return replace(status, note="unclaimed")


def _abandoned(status: WaitStatus, brief: Brief, why: str) -> WaitStatus:
    return replace(status, state=ABANDONED, note=f"{why}; to continue: handoff start {brief.id}")


def _finished(
    brief_id: str, title: str, place: Place, stored: brief_files.StoredBrief, runtime: Runtime
) -> WaitStatus:
    brief = stored.brief
    if brief is None:
        return WaitStatus(brief_id, title, FINISHED, "it cannot be read", brief_id)
    note = "its outcome was written elsewhere"
    if ledger.digest_bytes(stored.raw) in ledger.own_entries(runtime.home, place.key):
        clean = redact.cleaner(runtime.config(place.root))
        first = brief.sections.get(OUTCOME, "").strip().partition("\n")[0]
        note = plain_text.one_line(clean(first), 200)
    return WaitStatus(brief_id, title, FINISHED, note, brief.id, brief_outcome.cost_of(brief))
