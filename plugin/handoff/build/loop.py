"""`handoff build`: headless sessions one after another, one feature each, verified by code.

One process runs a build at a time (a lock that the kernel frees). What it does next follows from
the journal, the branch and the user's consent alone, so a build that was killed or stopped goes on
by being started again: a step that was cut off is done once more, and finds what it did before.

A round: what worked still works and a feature is chosen (`choose`), its session begins (`begin`),
and when it has ended, code verifies what it left (`judge`).
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from handoff.build import app as apps
from handoff.build import begin, choose, judge, select
from handoff.build import journal as journals
from handoff.launch.progress import ProgressReader
from handoff.loops import settle, supervise, verdicts, wait_for_caps
from handoff.process import supervisor
from handoff.store import places

if TYPE_CHECKING:
    from collections.abc import Callable

    from handoff.build.journal import Journal
    from handoff.build.run import Run
    from handoff.launch.progress import Progress
    from handoff.loops.session import Session
    from handoff.loops.wait_for_caps import Screen

POLL_SECONDS = 0.1
_ENDING = (verdicts.STOPPED, verdicts.UNREACHED)


class Build:
    """One start of a build. `show` is given the label and the progress of the session that runs;
    `screen` shows the wait for a usage cap.
    """

    def __init__(
        self,
        run: Run,
        show: Callable[[str, Progress], object] | None = None,
        screen: Screen = wait_for_caps.show_nothing,
    ) -> None:
        self._run = run
        self._show = show
        self._waiting = wait_for_caps.Waiting(screen, run.stopping, run.tell)

    def run(self) -> Journal:
        """Run it to its end; the journal then. Raises HandoffError where it cannot go on."""
        run = self._run
        with journals.lock_build(run.home, run.spec.id):
            try:
                self._go_on()
                return run.journal
            except KeyboardInterrupt:
                if run.watch is not None:
                    run.watch.kill()  # it must not go on, and spend, with nobody to hear of it
                raise
            finally:
                if run.watch is not None:
                    run.watch.close()

    def _go_on(self) -> None:
        run = self._run
        supervisor.sweep(run.home, (one.session for one in run.journal.settled))
        apps.App.end_left_behind(run.home, run.spec.id)
        self._catch_up()
        if not run.journal.pending:
            judge.tidy(run)
        while True:
            feature = None if self._has_stopped() else choose.choose_feature(run)
            end = select.end_of_build(run.journal, run.spec, next_is_there=feature is not None)
            if end == journals.VERIFIED and not choose.all_still_work(run):
                continue
            end = end or (verdicts.STOPPED if run.stopping.asked else "")
            if feature is not None:
                end = self._wait_for_cap(end)
            if end or feature is None:
                break
            begin.begin(run, feature)
            self._catch_up()
        run.save(end=end)
        run.commit(None)

    def _has_stopped(self) -> bool:
        now = self._run.journal.sessions[self._run.journal.since :]
        return self._run.stopping.asked or bool(now and now[-1].verdict in _ENDING)

    def _wait_for_cap(self, end: str) -> str:
        """Why it is over once a usage cap was waited for, if that is asked for."""
        journal = self._run.journal
        return wait_for_caps.wait_or_end(
            end,
            journal.caps,
            journal.sessions,
            lambda caps: self._run.save(caps=caps),
            self._waiting,
        )

    def _catch_up(self) -> None:
        """Wait for the session that runs, if one does; settle it, and verify what it left."""
        run = self._run
        session = run.journal.sessions[-1] if run.journal.sessions else None
        if session is not None and not session.verdict:
            settled = self._wait(session)
            if settled is None:
                run.save(sessions=run.journal.sessions[:-1])
                run.forget()
            else:
                run.enter_settled(settled)
        if run.journal.pending:
            pending = (one for one in run.journal.sessions if one.session == run.journal.pending)
            judge.judge(run, next(pending))

    def _wait(self, session: Session) -> Session | None:
        """The session when it is over, with its verdict; None where it never began."""
        run = self._run
        if run.watch is None:
            run.watch = supervise.watch_session(run.home, session)
            if run.watch.check() == supervisor.RUNNING:
                run.tell(f"Session {session.session} is still running. Waiting for it to end.")
                supervise.adopt_session(session, run.runtime())
        watch, stopped = run.watch, False
        reader = ProgressReader(run.runtime(), session=session.session, began=session.began)
        while watch.check() == supervisor.RUNNING:
            if self._show is not None:
                self._show(session.feature, reader.read())
            if run.stopping.asked:
                run.tell("Ending the session. Press Ctrl-C again to end it at once.")
                stopped = True
                watch.stop()
            time.sleep(POLL_SECONDS)
        if watch.check() == supervisor.NEVER:
            return None
        run.place = places.after_programs(run.place)
        return settle.settle(
            session,
            watch.left(),
            run.place,
            run.runtime(),
            stopped=stopped,
            goes_on=False,
            verified_later=True,
        )
