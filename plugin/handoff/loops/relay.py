"""`handoff relay`: headless sessions one after another, each with the last one's brief.

One process runs a relay at a time (a lock that the kernel frees). What it does next hangs on the
journal and the disk alone, so a relay that was killed or stopped goes on by being started again.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from handoff.base.errors import HandoffError
from handoff.base.wording import count_of
from handoff.git import fingerprint
from handoff.launch import plan, routes, runners, start
from handoff.launch.progress import ProgressReader
from handoff.loops import (
    frozen_tests,
    relay_journal,
    relay_verify,
    settle,
    supervise,
    verdicts,
    wait_for_caps,
)
from handoff.loops.relay_order import describe_session
from handoff.process import supervisor
from handoff.runtime import Runtime
from handoff.store import frozen_files, places, swapped_files

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from handoff.launch.plan import Plan
    from handoff.launch.progress import Progress
    from handoff.loops.relay_journal import Journal
    from handoff.loops.session import Session
    from handoff.loops.verification import VerifyRequest
    from handoff.loops.wait_for_caps import CapWaits, Screen
    from handoff.process.signals import StopSignal
    from handoff.store.places import Place

POLL_SECONDS = 0.1
_GREEN = "Its verify commands pass."


class Relay:
    """One start of a relay, in the `place` that its journal names. `tell` is given a line for
    people at each step, `show` the label and the progress of the session that runs; `screen` shows
    the wait for a usage cap, where the journal allows it.
    """

    def __init__(
        self,
        journal: Journal,
        place: Place,
        wanted: VerifyRequest | None,
        runtime: Runtime,
        stopping: StopSignal,
        tell: Callable[[str], None],
        show: Callable[[str, Progress], object] | None = None,
        screen: Screen = wait_for_caps.show_nothing,
    ) -> None:
        self.journal = journal
        self._place = place
        self._wanted = wanted
        self._home = runtime.home
        self._env = runtime.env
        self._stopping = stopping
        self._tell = tell
        self._show = show
        self._waiting = wait_for_caps.Waiting(screen, stopping, tell)
        self._watch: supervisor.Watch | None = None

    def run(self) -> Journal:
        """Run it to its end; the journal then. Raises HandoffError where it cannot go on."""
        with relay_journal.lock_relay(self._home, self.journal.task):
            try:
                return self._run()
            except KeyboardInterrupt:
                if self._watch is not None:
                    self._watch.kill()  # it must not go on, and spend, with nobody to hear of it
                raise
            finally:
                if self._watch is not None:
                    self._watch.close()

    def _run(self) -> Journal:
        swapped_files.recover(self._home, self.journal.directory)  # of a verification cut off
        supervisor.sweep(self._home, (one.session for one in self.journal.settled))
        proven = self._catch_up()
        if self._is_good_already(proven):
            return self._ended(verdicts.VERIFIED)
        while not (end := self._end(proven)):
            self._begin()
            proven = self._catch_up()
        return self._ended(end)

    def _ended(self, end: str) -> Journal:
        self._save(end=end)
        if end in relay_journal.GOOD:
            frozen_files.forget(self._home, self._place, [self.journal.task], relayed=True)
        return self.journal

    def _end(self, proven: bool | None) -> str:
        verdict = verdicts.end_of_loop(
            self.journal.sessions,
            most=self.journal.most,
            budget=self.journal.budget_usd,
            since=self.journal.since,
            proven=proven,
        )
        if not verdict and self._stopping.asked:
            return verdicts.STOPPED
        caps, sessions = self.journal.caps, self.journal.sessions
        return wait_for_caps.wait_or_end(verdict, caps, sessions, self._save_caps, self._waiting)

    def _is_good_already(self, proven: bool | None) -> bool:
        """Verify before the first session of this start.

        Commands that pass before the relay's first session say nothing later: `red` is false then.
        """
        journal = self.journal
        if self._wanted is None or self._stopping.asked or proven is not None:
            return False
        if not journal.sessions:
            if journal.red is None:
                self._save(red=not self._verify().passed)
            if not self.journal.red:
                self._tell(
                    "The verify commands already pass, so they cannot show when the task is done."
                )
            return False
        if not (journal.red and self._verify().passed):
            return False
        self._close(journal.sessions, _GREEN)
        return True

    def _begin(self) -> None:
        """Start the next session; it is in the journal before."""
        runtime, journal = self._runtime(), self.journal
        brief = supervise.next_brief(journal.task, journal.sessions, self._place, runtime)
        if not brief:
            raise HandoffError(
                f"There is no open brief of {journal.task} in {journal.directory}.",
                f"Its outcome: handoff show {journal.task} --history",
            )
        planned = self._plan(brief, runtime)
        prepared = start.prepare(planned, runtime, fingerprint.read)
        if planned.directory != journal.directory:
            self._place = prepared.place
            following = supervise.next_brief(journal.task, journal.sessions, self._place, runtime)
            if following not in ("", brief):  # its branch was there already, and further on
                self._save(directory=planned.directory)
                self._begin()
                return
        session = supervise.new_session(planned, journal.task, runtime, before=prepared.before.mark)
        self._save(directory=planned.directory, sessions=(*journal.sessions, session))
        self._watch = supervise.watch_session(self._home, session)
        cap = f", at most ${session.cap_usd:.2f}" if session.cap_usd is not None else ""
        self._tell(f"[{len(self.journal.sessions)}/{journal.most}] {brief}{cap}")
        for note in planned.notes if len(self.journal.sessions) == journal.since + 1 else ():
            self._tell(f"handoff: {note}")
        try:
            supervise.start_session(planned, prepared, session, self._watch)
        except HandoffError as error:
            self._settled(supervise.mark_failed(session, error, runtime, seconds=0.0, cost_usd=0.0))
            raise

    def _plan(self, brief: str, runtime: Runtime) -> Plan:
        """The next session's plan. What is left of the relay's budget caps the session's own."""
        journal = self.journal
        is_first = journal.worktree and journal.directory == journal.root
        asked = dict(journal.asked)
        orders = plan.LaunchOptions(runners.PRINT, asked, worktree=is_first)
        planned = plan.plan_start(brief, runtime, self._place, orders)
        if not routes.is_client(planned.choice):
            raise HandoffError(
                f"{planned.choice.text('runner')} cannot be relayed: only the client's "
                "sessions hand off.",
                "Use --runner claude, or start it once: handoff start ID --print",
            )
        left = verdicts.remaining_budget(journal.sessions, journal.budget_usd)
        own = planned.choice.values.get("budget_usd")
        if left is None or (own is not None and own <= left):
            return planned
        orders = replace(orders, asked={**asked, "budget_usd": round(left, 4)})
        return plan.plan_start(brief, runtime, self._place, orders)

    def _catch_up(self) -> bool | None:
        """Wait for the session that runs, if one does, and settle it; what verify says then."""
        session = self.journal.sessions[-1] if self.journal.sessions else None
        if session is None or session.verdict:
            return None
        if self._watch is None:
            self._watch = supervise.watch_session(self._home, session)
            if self._watch.check() == supervisor.RUNNING:
                self._tell(f"Session {session.session} is still running. Waiting for it to end.")
                supervise.adopt_session(session, self._runtime())
        watch, stopped = self._watch, False
        reader = ProgressReader(self._runtime(), session=session.session, began=session.began)
        while watch.check() == supervisor.RUNNING:
            if self._show is not None:
                self._show(f"session {len(self.journal.sessions)}", reader.read())
            if self._stopping.asked:
                self._tell("Ending the session. Press Ctrl-C again to end it at once.")
                stopped = True
                watch.stop()
            time.sleep(POLL_SECONDS)
        if watch.check() == supervisor.NEVER:
            self._save(sessions=self.journal.sessions[:-1])
            self._forget()
            return None
        self._place = supervise.place_after(session, self._place, self._runtime())
        if self._place.root != session.directory:
            session = replace(session, directory=self._place.root)
            self._save(directory=session.directory)
        settled = settle.settle(
            session, watch.left(), self._place, self._runtime(), stopped=stopped, goes_on=True
        )
        return self._proven(settled)

    def _proven(self, session: Session) -> bool | None:
        """Verify after a session and save it; None where the commands were not run."""
        sessions = (*self.journal.sessions[:-1], session)
        proven = None
        can_tell = self._wanted is not None and self.journal.red
        if can_tell and session.verdict != verdicts.STOPPED:
            verified = self._verify()
            proven = verified.passed
            if verified.own_pass:
                session = replace(session, problem=session.problem or frozen_tests.ONLY_CHANGED)
            if proven:
                session = replace(session, verdict=verdicts.VERIFIED, problem="")
        if proven:
            self._close(sessions, _GREEN)
        elif session.verdict == verdicts.DONE and proven is None:
            self._close(sessions, f"Continued and finished as {session.brief}: {session.words}")
        self._settled(session)
        return proven

    def _close(self, sessions: Sequence[Session], outcome: str) -> None:
        if outcome == _GREEN:
            relay_verify.tell_new(self.journal, self._place, self._home, self._tell)
        count = count_of(len(sessions), "session")
        cost = f"${verdicts.sum_cost(sessions):.4f} in {count} of `handoff relay`."
        outcome = f"{outcome} {cost}"
        supervise.finish_task(self.journal.task, sessions, outcome, self._place, self._runtime())

    def _settled(self, session: Session) -> None:
        self._save(sessions=(*self.journal.sessions[:-1], session))
        self._forget()
        self._tell(f"    {describe_session(session)}")

    def _verify(self) -> frozen_tests.Verified:
        """Run the verify commands with the tests as they were when the brief was written."""
        assert self._wanted is not None  # noqa: S101 - for mypy
        commands = relay_verify.Commands(self._wanted, self._runtime(), self._stopping, self._tell)
        try:
            verified, told = relay_verify.run_commands(self.journal, self._place, commands)
        finally:
            self._place = places.after_programs(self._place)
        if told != self.journal.changed_tests:
            self._save(changed_tests=told)
        return verified

    def _save(self, **changes: Any) -> None:
        self.journal = replace(self.journal, **changes)
        relay_journal.save(self._home, self.journal)

    def _save_caps(self, caps: CapWaits) -> None:
        self._save(caps=caps)

    def _forget(self) -> None:
        if self._watch is not None:
            self._watch.forget()
        self._watch = None

    def _runtime(self) -> Runtime:
        """The surroundings at this moment."""
        return Runtime(self._env, full=True, home=self._home)
