"""`handoff run`: works through open tasks, several at once, each in a worktree of its own.

A task is taken under the journal's lock: its session is entered there before anything is started.
So a task has one session at a time, whoever works in the repository, and one that was killed leaves
its sessions to the next `handoff run`, which waits for them. A task that is finished on its branch
is never taken again.
"""

from __future__ import annotations

import time
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from handoff.base import plain_text
from handoff.base.errors import HandoffError
from handoff.git import fingerprint, worktrees
from handoff.launch import start
from handoff.launch.progress import ProgressReader
from handoff.loops import queue_journal, settle, supervise, tasks, verdicts, wait_for_caps
from handoff.loops.queue_caps import QueueCaps
from handoff.loops.queue_plan import plan_session
from handoff.loops.tasks import FAILED, SKIPPED, WAITING, Row
from handoff.loops.wait_for_caps import Waiting
from handoff.process import supervisor
from handoff.runtime import Runtime
from handoff.store import places

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from handoff.brief.document import Brief
    from handoff.launch.plan import Plan
    from handoff.loops.session import Session
    from handoff.loops.wait_for_caps import Screen
    from handoff.process.signals import StopSignal
    from handoff.store.places import Place

POLL_SECONDS = 0.1
MAX_SESSIONS = 5  # for one task, in one start


class Queue:
    """One start of the queue. `show` is given the rows whenever they change, and now and then;
    with `is_watched` those of running sessions say how far these are. At most `windows` resets of
    usage caps are waited for, each on a `screen`; `tell` is given a line on each.
    """

    def __init__(
        self,
        place: Place,
        briefs: Sequence[Brief],
        asked: Mapping[str, Any],
        runtime: Runtime,
        stopping: StopSignal,
        show: Callable[[list[Row]], None],
        *,
        jobs: int,
        budget: float | None,
        is_watched: bool = False,
        windows: int = 0,
        screen: Screen = wait_for_caps.show_nothing,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.notes: list[str] = []  # of the plans that were carried out, each once
        self._place = place
        self._titles = {brief.id: plain_text.one_line(brief.title, 200) for brief in briefs}
        self._asked = dict(asked)
        self._home, self._env = runtime.home, runtime.env
        self._stopping = stopping
        self._show = show
        self._jobs, self._budget = jobs, budget
        self._run = uuid.uuid4().hex
        self._journal = queue_journal.Journal(runtime.home, place.key)
        self.caps = QueueCaps(self._journal, windows, Waiting(screen, stopping, tell))
        self._watches: dict[str, tuple[Session, supervisor.Watch]] = {}
        self._is_watched = is_watched
        self._readers: dict[str, ProgressReader] = {}  # of the sessions that run
        self._places: dict[str, Place] = {}  # of the sessions that were started here
        self._over: list[Session] = []
        # Tasks of ours that another `handoff run`, which may die, had when we last looked for one.
        self._others_have: set[str] = set()
        self._why: dict[str, tuple[str, str]] = {}  # task -> state and reason, where none ran

    def run(self) -> list[Row]:
        """Work through the tasks; the outcome of each."""
        supervisor.check_locks(self._home)
        with self._journal:
            settled = [one.session for one in self._journal.sessions() if one.verdict]
            supervisor.sweep(self._home, settled)
            self.caps.load()
        try:
            while True:
                if not self._watches and self.caps.cap and not self._wait_for_cap():
                    break
                while self._can_begin():
                    if not self._take_one():
                        break
                if not self._watches and (self._stopping.asked or not self._others_have):
                    break
                self._show(self.rows())
                if self._stopping.asked:
                    self._stop()
                self._settle_ended(stopped=False)
                time.sleep(POLL_SECONDS)
            if not self._stopping.asked:
                self.caps.close()
            return self.rows()
        except KeyboardInterrupt:
            for session, watch in self._watches.values():
                watch.kill()  # it must not go on, and spend, with nobody to hear of it
                why = "interrupted; the next run records its result"
                self._why[session.task] = (verdicts.STOPPED, why)
                watch.close()
            self._watches.clear()
            raise
        finally:
            for _, watch in self._watches.values():
                watch.close()

    def _can_begin(self) -> bool:
        return len(self._watches) < self._jobs and not self._stopping.asked and not self.caps.cap

    def _wait_for_cap(self) -> bool:
        """Wait until the cap has reset, if that is allowed and a task is left for then."""
        free = [task for task in self._titles if task not in self._why]
        left = verdicts.remaining_budget(self._over, self._budget)
        if self._stopping.asked or (left is not None and left < verdicts.MIN_USD):
            return False
        return not all(map(self._given_up, free)) and self.caps.wait()

    def plans(self) -> list[tuple[str, str, Plan | str]]:
        """What would be started: (task, title, plan or why not). Nothing is done."""
        plans: list[tuple[str, str, Plan | str]] = []
        with self._journal:
            known = self._journal.sessions()
        for task, title in self._titles.items():
            try:
                plans.append((task, title, self._plan(task, known, None)))
            except tasks.NotFreeError as error:
                plans.append((task, title, error.what))
            except HandoffError as error:
                plans.append((task, title, supervise.describe_error(error)))
        return plans

    def running(self) -> int:
        """How many sessions it cares for; after an error they go on without it."""
        return len(self._watches)

    def rows(self) -> list[Row]:
        """Where each task stands, those of the filter first."""
        running = [session for session, _ in self._watches.values()]
        names = dict.fromkeys([*self._titles, *(one.task for one in (*self._over, *running))])
        return [self._row(name, running) for name in names]

    def _row(self, task: str, running: Sequence[Session]) -> Row:
        over = [session for session in self._over if session.task == task]
        now = [session for session in running if session.task == task]
        state, why = self._why.get(task, (WAITING, ""))
        if over and task not in self._why:
            state = FAILED if self._given_up(task) else WAITING
            why = over[-1].problem or f"{over[-1].verdict}: {over[-1].words}"
        row = tasks.build_row(task, self._titles.get(task, ""), over, now, state, why)
        return self._with_progress(row, now[0]) if now and self._is_watched else row

    def _with_progress(self, row: Row, session: Session) -> Row:
        """The row of a running session, with how far it is and what it cost until now."""
        if session.session not in self._readers:
            self._readers[session.session] = ProgressReader(
                self._runtime(), session=session.session, began=session.began
            )
        progress = self._readers[session.session].read()
        usd = row.cost_usd + (progress.usd or 0.0)
        return replace(row, cost_usd=usd, why=progress.describe())

    def _given_up(self, task: str) -> str:
        mine = [session for session in self._over if session.task == task]
        return verdicts.why_given_up(mine, most=MAX_SESSIONS)

    def _take_one(self) -> bool:
        """Take over a session that nobody cares for, or begin one; False if there is none."""
        with self._journal:
            known = self._journal.sessions()
            busy = {session.task for session in known if not session.verdict}
            for session in known:
                if session.verdict or session.session in self._watches:
                    continue
                watch = supervisor.watch_session(self._home, session.session)
                if watch is None:
                    continue
                if watch.check() == supervisor.NEVER:
                    supervise.give_back(session, self._runtime())
                    self._journal.drop(session)
                    watch.forget()
                    busy.discard(session.task)
                    continue
                adopted = replace(session, run=self._run)
                self._journal.put(adopted)
                supervise.adopt_session(adopted, self._runtime())
                self._watches[session.session] = (adopted, watch)
                return True
            following = self._next(known, busy)
            if following is None:
                # From the same look: what another one has finished meanwhile is looked at again.
                self._others_have = busy.intersection(self._titles)
                return False
            planned, session = following
            self._journal.put(session)
            watch = supervisor.watch_session(self._home, session.session)
            assert watch is not None  # noqa: S101 - nobody else knows its id
            self._watches[session.session] = (session, watch)
        self._begin(planned, session, watch)
        return True

    def _next(self, known: Sequence[Session], busy: set[str]) -> tuple[Plan, Session] | None:
        """The next session to begin, None if there is none now."""
        free = [t for t in self._titles if t not in busy and t not in self._why]
        free = [task for task in free if not self._given_up(task)]
        running = [session for session, _ in self._watches.values()]
        slots = min(len(free), self._jobs - len(running))
        share = verdicts.budget_share(self._budget, self._over, running, slots)
        if share is not None and share < verdicts.MIN_USD:
            if not running:
                self._why |= dict.fromkeys(free, (WAITING, "the budget is spent"))
            return None
        for task in free:
            try:
                planned = self._plan(task, known, share)
                begun = supervise.new_session(planned, task, self._runtime())
                return planned, replace(begun, run=self._run, branch=worktrees.branch_of(task))
            except tasks.NotFreeError as error:
                self._why[task] = (SKIPPED, error.what)
            except HandoffError as error:
                self._why[task] = (FAILED, supervise.describe_error(error))
        return None

    def _plan(self, task: str, known: Sequence[Session], share: float | None) -> Plan:
        return plan_session(task, known, share, self._asked, self._place, self._runtime())

    def _begin(self, planned: Plan, session: Session, watch: supervisor.Watch) -> None:
        """Start an entered session; what cannot be started has failed, the others go on."""
        self.notes += [note for note in planned.notes if note not in self.notes]
        try:
            prepared = start.prepare(planned, self._runtime(), fingerprint.read)
            self._places[session.session] = prepared.place
            session = replace(session, before=prepared.before.mark)
            with self._journal:
                self._journal.put(session)
            self._watches[session.session] = (session, watch)
            supervise.start_session(planned, prepared, session, watch)
        except (HandoffError, OSError) as error:
            nothing = {"seconds": 0.0, "cost_usd": 0.0}
            failed = supervise.mark_failed(session, error, self._runtime(), **nothing)
            self._settled(failed, watch)
            self._why[session.task] = (FAILED, failed.problem)

    def _stop(self) -> None:
        """End all that runs, and settle it."""
        for _, watch in self._watches.values():
            watch.interrupt()
        for _, watch in self._watches.values():
            watch.stop()
        self._settle_ended(stopped=True)

    def _settle_ended(self, *, stopped: bool) -> None:
        for session, watch in list(self._watches.values()):
            if watch.check() == supervisor.RUNNING:
                continue
            try:
                settled = self._judged(session, watch.left(), stopped=stopped)
            except (HandoffError, OSError) as error:  # the others go on
                settled = supervise.mark_failed(session, error, self._runtime())
            self._settled(settled, watch)

    def _judged(self, session: Session, left: supervisor.RunOutput, *, stopped: bool) -> Session:
        runtime = self._runtime()
        known = self._places.pop(session.session, None)
        place = places.after_programs(known) if known else places.locate(session.directory)
        settled = settle.settle(session, left, place, runtime, stopped=stopped, goes_on=False)
        if settled.verdict == verdicts.DONE:
            outcome = f"Continued and finished as {settled.brief}: {settled.words}"
            supervise.finish_task(settled.task, [settled], outcome, place, runtime)
        return settled

    def _settled(self, session: Session, watch: supervisor.Watch) -> None:
        with self._journal:
            self._journal.put(session)
        self._over.append(session)
        self.caps.note(session)
        del self._watches[session.session]
        self._readers.pop(session.session, None)
        watch.forget()

    def _runtime(self) -> Runtime:
        """The surroundings at this moment."""
        return Runtime(self._env, full=True, home=self._home)
