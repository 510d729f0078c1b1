"""`handoff build`: headless sessions one after another, one feature each, verified by code.

One process runs a build at a time (a lock that the kernel frees). What it does next follows from
the journal, the branch and the user's consent alone, so a build that was killed or stopped goes on
by being started again: a step that was cut off is done once more, and finds what it did before.

The model never decides that a feature works (HARNESS rule 1): after a session what it left running
is ended, what it left uncommitted is kept at a ref, what it changed of the frozen files is put
back, and the feature's verify command is run on that commit.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from handoff.base.errors import HandoffError
from handoff.base.wording import count_of
from handoff.build import app as apps
from handoff.build import checks, feature_brief, processes, record, select, workspace
from handoff.build import journal as journals
from handoff.git import fingerprint, wip
from handoff.launch import plan, routes, runners, start
from handoff.launch.progress import ProgressReader
from handoff.loops import settle, supervise, verdicts, wait_for_caps
from handoff.loops.relay_order import describe_session
from handoff.process import supervisor
from handoff.runtime import Runtime
from handoff.specs import frozen, model, progress_file, spec_folder
from handoff.store import brief_files, places, trusted_prompts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from handoff.brief.document import Brief
    from handoff.build.journal import Journal
    from handoff.git.run import Checkout
    from handoff.launch.plan import Plan
    from handoff.launch.progress import Progress
    from handoff.loops.session import Session
    from handoff.loops.wait_for_caps import Screen
    from handoff.process.signals import StopSignal
    from handoff.specs.model import Acceptance, Feature, FeatureState, Spec
    from handoff.store.places import Place

POLL_SECONDS = 0.1
_ENDING = (verdicts.STOPPED, verdicts.UNREACHED)
_INTERRUPTED = (verdicts.STOPPED, verdicts.LOST, verdicts.CAP)


class Build:
    """One start of a build, in the `place` of its own worktree. `tell` is given a line for people
    at each step, `update` the journal, `show` the label and the progress of the session that runs.
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
        show: Callable[[str, Progress], object] | None = None,
        screen: Screen = wait_for_caps.show_nothing,
    ) -> None:
        self.journal = journal
        self.spec = spec
        self._acceptance = acceptance
        self._place = place
        self._home, self._env = runtime.home, runtime.env
        self._stopping = stopping
        self._tell = tell
        self._update = update
        self._show = show
        self._watch: supervisor.Watch | None = None
        self._looked_at = ""
        self._waiting = wait_for_caps.Waiting(screen, stopping, tell)
        self._workspace = workspace.Workspace(self._checkout, journal.branch, runtime.home)
        self._checks = checks.Checks(spec, acceptance, place.root, self._runtime(), tell)

    def run(self) -> Journal:
        """Run it to its end; the journal then. Raises HandoffError where it cannot go on."""
        with journals.BuildLock(self._home, self.spec.id):
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
        supervisor.sweep(self._home, (one.session for one in self.journal.settled))
        apps.App.end_left_behind(self._home, self.spec.id)
        self._catch_up()
        while True:
            feature = None if self._has_stopped() else self._choose()
            end = select.end_of_build(self.journal, self.spec, next_is_there=feature is not None)
            if end == journals.VERIFIED and not self._all_still_work():
                continue
            end = end or (verdicts.STOPPED if self._stopping.asked else "")
            if feature is not None:
                end = self._wait_for_cap(end)
            if end or feature is None:
                break
            self._begin(feature)
            self._catch_up()
        self._save(end=end)
        self._commit(None)
        return self.journal

    def _wait_for_cap(self, end: str) -> str:
        """Why it is over once a usage cap was waited for, if that is asked for."""
        return wait_for_caps.wait_or_end(
            end,
            self.journal.caps,
            self.journal.sessions,
            lambda caps: self._save(caps=caps),
            self._waiting,
        )

    # What is worked on next

    def _has_stopped(self) -> bool:
        now = self.journal.sessions[self.journal.since :]
        return self._stopping.asked or bool(now and now[-1].verdict in _ENDING)

    def _choose(self) -> Feature | None:
        """The next feature that needs a session; what works already is verified without one."""
        self._look_at_what_worked(everything=False)
        while (feature := self._next()) is not None:
            state = self.journal.features[feature.id]
            is_new = feature.id != self.journal.current or not self.journal.brief
            if not is_new or not self._acceptance.proves(feature) or not self._has_moved(state):
                return feature
            with self._stopping.at_once():
                found = self._checks.verify(feature, self._head(), has_work=True, files=())
            if not found.passed:
                self._set(feature.id, replace(state, commit=found.commit, checked=found.at))
                return feature
            state = select.judge_attempt(state, found, continues=False, counts=False)
            self._set(feature.id, state)
        return self._last_feature() if self.journal.broken else None

    def _last_feature(self) -> Feature | None:
        """Whose session repairs what broke when no feature is open."""
        sessions = self.journal.sessions
        return self.spec.feature(sessions[-1].feature) if sessions else None

    def _next(self) -> Feature | None:
        """The feature in work, as long as it is open, else the first that can be begun."""
        ready = select.ready_features(self.spec, self.journal.features)
        current = [feature for feature in ready if feature.id == self.journal.current]
        return next(iter([*current, *ready]), None)

    def _has_moved(self, state: FeatureState) -> bool:
        """Whether the work on the branch changed since a feature was verified last."""
        return bool(self._changed(state.commit or self._acceptance.commit))

    def _changed(self, since: str) -> list[str]:
        """The files that changed since a commit but our own."""
        own = f"{brief_files.FOLDER}/"
        return [p for p in self._workspace.changed_files(since) if not p.startswith(own)]

    def _look_at_what_worked(self, *, everything: bool) -> None:
        """Before new work: the app, the smoke command, and the features that changes may have
        broken. What is broken twice repaired in vain is undone: back to the last green commit.
        """
        if self.journal.brief:
            return  # a session is to continue, or was not started yet: nothing changed since
        head = self._head()
        if self._looked_at == head and self.journal.broken:
            return
        states = self.journal.features
        commits = {one.commit for one in states.values() if one.state == model.VERIFIED}
        changed = {commit: self._changed(commit) for commit in commits if commit}
        features = select.check_again(self.spec, states, changed, everything=everything)
        is_green = self.journal.green and not self._changed(self.journal.green)
        if is_green and not features and not self.journal.broken:
            return
        with self._stopping.at_once():
            checked = self._checks.check(features, self.journal, head)
        self._enter(checked)
        self._looked_at = head
        if not self.journal.broken:
            self._save(green=head, repairs=0)
        elif self.journal.repairs >= select.MAX_REPAIRS:
            self._go_back()

    def _all_still_work(self) -> bool:
        """Whether every verified feature still works at the last commit."""
        self._look_at_what_worked(everything=True)
        states = self.journal.features.values()
        is_broken = bool(self.journal.broken)
        return not is_broken and all(one.state != model.OPEN for one in states)

    def _enter(self, checked: checks.Checked) -> None:
        features = dict(self.journal.features)
        for name, found in checked.found:
            state = features[name]
            features[name] = (
                select.judge_attempt(state, found, continues=False, counts=False)
                if found.passed
                else select.reopen(state, found)
            )
        self._save(
            features=features,
            broken=checked.broken,
            app_ready=self.journal.app_ready or checked.app_ready,
            smoke_passed=self.journal.smoke_passed or checked.smoke_passed,
        )
        if checked.broken:
            self._tell(f"    broken: {checked.broken.partition(chr(10))[0]}")

    def _go_back(self) -> None:
        """Back to the last green commit; what was done since is kept, and its features are open."""
        journal = self.journal
        green = journal.green or journal.base
        ref = self._workspace.return_to(green, journal.sessions[-1].session)

        def is_in_green(commit: str) -> bool:
            return bool(commit) and bool(wip.contains(self._checkout, green, commit))

        features = {
            name: select.undo_since(
                state,
                green,
                is_in_green=is_in_green(state.worked_at),
                commit_in_green=is_in_green(state.commit),
            )
            for name, state in journal.features.items()
        }
        note = (
            f"{count_of(journal.repairs, 'session')} did not repair what broke, so the branch is "
            f"back at {green[:10]}, where everything worked. What was done since is kept at {ref}."
        )
        self._tell(f"    {note}")
        self._save(features=features, broken="", repairs=0, current="", notes=(note,))

    # A session

    def _begin(self, feature: Feature) -> None:
        """Start the next session; it is in the journal before."""
        runtime = self._runtime()
        brief_id = self._prepare_brief(feature, runtime)
        planned = self._plan(brief_id, runtime)
        prepared = start.prepare(planned, runtime, fingerprint.read)
        session = supervise.new_session(planned, brief_id, runtime, before=prepared.before.mark)
        attempt = self.journal.features[feature.id].attempts + 1
        session = replace(
            session, feature=feature.id, attempt=attempt, head=self._head(),
            branch=self.journal.branch,
        )  # fmt: skip
        repairs = self.journal.repairs + bool(self.journal.broken)
        self._save(sessions=(*self.journal.sessions, session), notes=(), repairs=repairs)
        self._watch = supervise.watch_session(self._home, session)
        cap = f", at most ${session.cap_usd:.2f}" if session.cap_usd is not None else ""
        count = len(self.journal.sessions)
        self._tell(f"[{count}/{self.journal.most}] {feature.id}, attempt {attempt}{cap}")
        for note in planned.notes if count == self.journal.since + 1 else ():
            self._tell(f"handoff: {note}")
        env = {**prepared.env, processes.MARK: session.session}
        try:
            supervise.start_session(planned, replace(prepared, env=env), session, self._watch)
        except HandoffError as error:
            failed = supervise.mark_failed(session, error, runtime, seconds=0.0, cost_usd=0.0)
            self._settled(failed)
            raise

    def _prepare_brief(self, feature: Feature, runtime: Runtime) -> str:
        """The id of the brief of the next session, which is in place and committed."""
        journal = self.journal
        is_open = f"{journal.brief}.md" in brief_files.list_names(self._place.root)
        is_same = feature.id == journal.current
        if journal.brief and is_same and is_open:
            self._commit(None)
            return journal.brief
        brief_id = journal.brief if is_same and journal.brief else ""
        brief_id = brief_id or feature_brief.new_id(feature, runtime)
        self._save(current=feature.id, brief=brief_id)
        self._commit(self._compose(brief_id, feature, runtime))
        return brief_id

    def _compose(self, brief_id: str, feature: Feature, runtime: Runtime) -> Brief:
        journal, config = self.journal, runtime.config(self._place.root)
        progress = record.render_files(journal, self.spec)
        text = progress[spec_folder.relative_path(self.spec.id, record.PROGRESS)].decode()
        bearings = feature_brief.Bearings(
            command=self._checks.command_of(feature),
            counts=journal.counts(),
            broken=journal.broken,
            progress=progress_file.last_entries(text),
            notes=journal.notes,
        )
        prompts = trusted_prompts.load(runtime, self._place.root)
        state = journal.features[feature.id]
        return feature_brief.compose(
            brief_id, self.spec, feature, state, bearings, runtime, config, prompts
        )

    def _plan(self, brief_id: str, runtime: Runtime) -> Plan:
        """The next session's plan. What is left of the build's budget caps the session's own."""
        asked = dict(self.journal.asked)
        prompt = trusted_prompts.load(runtime, self._place.root).render("build_prompt")
        orders = plan.LaunchOptions(runners.PRINT, asked, prompt=prompt)
        planned = plan.plan_start(brief_id, runtime, self._place, orders)
        if not routes.is_client(planned.choice):
            raise HandoffError(
                f"{planned.choice.text('runner')} cannot build: only the client's sessions are "
                "given a feature.",
                "Use --runner claude.",
            )
        left = verdicts.remaining_budget(self.journal.sessions, self.journal.budget_usd)
        own = planned.choice.values.get("budget_usd")
        if left is None or (own is not None and own <= left):
            return planned
        orders = replace(orders, asked={**asked, "budget_usd": round(left, 4)})
        return plan.plan_start(brief_id, runtime, self._place, orders)

    def _catch_up(self) -> None:
        """Wait for the session that runs, if one does; settle it, and verify what it left."""
        session = self.journal.sessions[-1] if self.journal.sessions else None
        if session is not None and not session.verdict:
            settled = self._wait(session)
            if settled is None:
                self._save(sessions=self.journal.sessions[:-1])
                self._forget()
            else:
                self._settled(settled)
        if self.journal.pending:
            self._judge(next(s for s in self.journal.sessions if s.session == self.journal.pending))

    def _wait(self, session: Session) -> Session | None:
        """The session when it is over, with its verdict; None where it never began."""
        if self._watch is None:
            self._watch = supervise.watch_session(self._home, session)
            if self._watch.check() == supervisor.RUNNING:
                self._tell(f"Session {session.session} is still running. Waiting for it to end.")
                supervise.adopt_session(session, self._runtime())
        watch, stopped = self._watch, False
        reader = ProgressReader(self._runtime(), session=session.session, began=session.began)
        while watch.check() == supervisor.RUNNING:
            if self._show is not None:
                self._show(f"{session.feature}", reader.read())
            if self._stopping.asked:
                self._tell("Ending the session. Press Ctrl-C again to end it at once.")
                stopped = True
                watch.stop()
            time.sleep(POLL_SECONDS)
        if watch.check() == supervisor.NEVER:
            return None
        self._place = places.after_programs(self._place)
        return settle.settle(
            session, watch.left(), self._place, self._runtime(), stopped=stopped, goes_on=False,
            verified_later=True,
        )  # fmt: skip

    def _settled(self, session: Session) -> None:
        sessions = (*self.journal.sessions[:-1], session)
        self._save(sessions=sessions, pending=session.session)
        self._forget()

    # After a session

    def _judge(self, session: Session) -> None:
        """Clean up after a session and verify its feature; done again where it was cut off."""
        ended = processes.end_processes(session.session)
        cleaned = self._workspace.clean_up(session.session, session.head)
        tampered = self._restore()
        notes = [
            *(f"It left a process running, which was ended: {name}" for name in ended),
            *cleaned.notes,
            *_describe_leftovers(cleaned),
            *(_describe_tampering(one) for one in tampered),
        ]
        for note in notes:
            self._tell(f"    {note}")
        if self._stopping.asked:
            return  # the next start verifies it
        if session.verdict == verdicts.UNREACHED:
            self._close(session, {}, notes)
            return
        feature = self.spec.feature(session.feature)
        head = self._head()
        files = self._changed(session.head)
        has_work = bool(files) or bool(self.journal.features[feature.id].files)
        with self._stopping.at_once():
            found = self._checks.verify(feature, head, has_work=has_work, files=files)
        before = self.journal.features[feature.id]
        after = select.judge_attempt(
            before,
            found,
            continues=bool(session.left),
            counts=not self.journal.broken,
            interrupted=session.verdict in _INTERRUPTED,
        )
        proof = after.state if after.state != model.OPEN else "not verified"
        proof += f" ({found.text or after.reason})"
        self._close(replace(session, proof=proof), {feature.id: after}, notes)

    def _close(
        self, session: Session, changed: Mapping[str, FeatureState], notes: list[str]
    ) -> None:
        """Enter what came of a session, and which brief its feature is continued with."""
        features = {**self.journal.features, **changed}
        state = features[session.feature]
        before = self.journal.features[session.feature]
        continues = bool(session.left) and state.state == model.OPEN
        continues = continues and state.attempts == before.attempts
        stays = session.verdict in (verdicts.UNREACHED, verdicts.CAP) and not continues
        stays = stays and state.state == model.OPEN
        sessions = tuple(
            session if s.session == session.session else s for s in self.journal.sessions
        )
        self._save(
            sessions=sessions,
            features=features,
            pending="",
            current=session.feature if continues or stays else "",
            brief=session.left if continues else session.brief if stays else "",
            notes=tuple(notes),
        )
        self._tell(f"    {describe_session(session)}")
        if session.proof:
            self._tell(f"    {session.feature}: {session.proof}")
        if state.state == model.BLOCKED:
            self._tell(f"    {session.feature} is blocked after {state.attempts} attempts.")

    def _restore(self) -> list[model.Tampering]:
        """Put back what a session changed of the frozen files and of the build's own, and commit
        that.
        """
        own = {
            spec_folder.relative_path(self.spec.id, "spec.md"): self.spec.raw_spec,
            spec_folder.relative_path(self.spec.id, "features.json"): self.spec.raw_features,
            **record.render_files(self.journal, self.spec),
        }
        tampered = frozen.restore(self._checkout, self._acceptance, own)
        if tampered:
            self._workspace.commit_all(
                f"handoff: put back {count_of(len(tampered), 'accepted file')}\n\n"
                + "\n".join(f"{one.path}: {one.how}" for one in tampered[:50])
            )
        return tampered

    def _commit(self, brief: Brief | None) -> None:
        record.commit(self.journal, self.spec, brief, self._place, self._workspace, self._runtime())

    # Small things

    @property
    def _checkout(self) -> Checkout:
        return self._place.need_checkout("cannot be built in", "Run it in a git repository.")

    def _head(self) -> str:
        return self._workspace.head()

    def _set(self, feature_id: str, state: FeatureState) -> None:
        self._save(features={**self.journal.features, feature_id: state})

    def _save(self, **changes: Any) -> None:
        self.journal = replace(self.journal, **changes)
        journals.save(self._home, self.journal)
        self._update(self.journal)

    def _forget(self) -> None:
        if self._watch is not None:
            self._watch.forget()
        self._watch = None

    def _runtime(self) -> Runtime:
        """The surroundings at this moment."""
        return Runtime(self._env, full=True, home=self._home)


def _describe_leftovers(cleaned: workspace.CleanUp) -> list[str]:
    if not cleaned.leftovers:
        return []
    count = count_of(len(cleaned.leftovers), "file")
    names = ", ".join(cleaned.leftovers[:5]) + (", …" if len(cleaned.leftovers) > 5 else "")
    return [f"It left {count} uncommitted ({names}), kept at {cleaned.ref}."]


def _describe_tampering(one: model.Tampering) -> str:
    return f"{one.path} was {one.how} by the session; the accepted version is back."
