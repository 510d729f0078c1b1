"""One start of a build: what its steps share. The journal is saved with every change of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from handoff.build import checks, record, workspace
from handoff.build import journal as journals
from handoff.runtime import Runtime
from handoff.store import brief_files

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from handoff.brief.document import Brief
    from handoff.build.journal import Journal
    from handoff.git.run import Checkout
    from handoff.loops.session import Session
    from handoff.process import supervisor
    from handoff.process.signals import StopSignal
    from handoff.specs.model import Acceptance, FeatureState, Spec
    from handoff.store.places import Place


class Run:
    """A build in the `place` of its own worktree. `tell` is given a line for people at each step,
    `update` the journal. `watch` is the care for the session that runs; `looked_at` the commit at
    which it was looked whether what worked still works, "" before.
    """

    def __init__(
        self,
        journal: Journal,
        spec: Spec,
        acceptance: Acceptance,
        place: Place,
        runtime: Runtime,
        stopping: StopSignal,
        tell: Callable[[str], None],
        update: Callable[[Journal], object],
    ) -> None:
        self.journal = journal
        self.spec = spec
        self.acceptance = acceptance
        self.place = place
        self.home, self._env = runtime.home, runtime.env
        self.stopping = stopping
        self.tell = tell
        self._update = update
        self.watch: supervisor.Watch | None = None
        self.looked_at = ""
        self.workspace = workspace.Workspace(self.checkout, journal.branch, runtime.home)
        self.checks = checks.Checks(spec, acceptance, place.root, self.runtime(), tell)

    @property
    def checkout(self) -> Checkout:
        """The build's worktree."""
        return self.place.need_checkout("cannot be built in", "Run it in a git repository.")

    def head(self) -> str:
        """The last commit of the build's branch."""
        return self.workspace.head()

    def changed_files(self, since: str) -> list[str]:
        """The files that changed since a commit but our own."""
        own = f"{brief_files.FOLDER}/"
        return [p for p in self.workspace.changed_files(since) if not p.startswith(own)]

    def save(self, **changes: Any) -> None:
        """Change the journal, durably."""
        self.journal = replace(self.journal, **changes)
        journals.save(self.home, self.journal)
        self._update(self.journal)

    def set_state(self, feature_id: str, state: FeatureState) -> None:
        """Enter how far a feature is."""
        self.save(features={**self.journal.features, feature_id: state})

    def enter_settled(self, session: Session) -> None:
        """Enter the last session as over; its work is to be verified."""
        self.save(sessions=(*self.journal.sessions[:-1], session), pending=session.session)
        self.forget()

    def forget(self) -> None:
        """Take away what is left of the session's run, which is in the journal."""
        if self.watch is not None:
            self.watch.forget()
        self.watch = None

    def commit(self, brief: Brief | None) -> None:
        """Have the branch say what the journal says, with the next `brief` in place."""
        record.commit(self.journal, self.spec, brief, self.place, self.workspace, self.runtime())

    def runtime(self) -> Runtime:
        """The surroundings at this moment."""
        return Runtime(self._env, full=True, home=self.home)
