"""What code runs of a spec around sessions: a feature's verify command, and what worked before.

The app runs only while something is checked, so that a session finds its port free.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from handoff.base import plain_text
from handoff.build import app as apps
from handoff.build import select
from handoff.git import run as git
from handoff.specs import frozen
from handoff.specs import run as spec_run

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from handoff.build.journal import Journal
    from handoff.loops.verification import CommandRun
    from handoff.runtime import Runtime
    from handoff.specs.model import Acceptance, Feature, Spec

_MAX_LINES = 25


@dataclass(frozen=True)
class Checked:
    """What was found before new work. `found` has the verify runs by feature; `broken` the lines of
    what worked before and fails now, "" where nothing does.
    """

    found: tuple[tuple[str, select.Found], ...] = ()
    broken: str = ""
    app_ready: bool = False
    smoke_passed: bool = False


class Checks:
    """Runs the accepted commands of a spec in the build's worktree. `tell` is given a line for
    people on each run.
    """

    def __init__(
        self,
        spec: Spec,
        acceptance: Acceptance,
        root: str,
        runtime: Runtime,
        tell: Callable[[str], None],
    ) -> None:
        self._spec = spec
        self._acceptance = acceptance
        self._root = root
        self._runtime = runtime
        self._tell = tell

    def command_of(self, feature: Feature) -> str:
        """A feature's verify command, "" without one."""
        return spec_run.command_of(feature, self._spec) if feature.verify else ""

    def verify(
        self, feature: Feature, commit: str, *, has_work: bool, files: Sequence[str]
    ) -> select.Found:
        """Run a feature's verify command, with the app where the spec has one."""
        with apps.App(self._spec, self._root, self._runtime) as app:
            problem = app.start()
            return self._verify(feature, commit, problem, has_work=has_work, files=files)

    def check(self, features: Sequence[Feature], journal: Journal, commit: str) -> Checked:
        """Start the app, run the smoke command and the verify commands of `features`: what passed
        once and fails now is broken.
        """
        if not (features or self._spec.smoke or self._spec.start):
            return Checked()
        found, broken = [], []
        with apps.App(self._spec, self._root, self._runtime) as app:
            problem = app.start()
            app_ready = bool(self._spec.start) and not problem
            if problem and journal.app_ready:
                broken.append(f"The app does not start: {problem}")
            smoke_passed = False
            if self._spec.smoke:
                ran = spec_run.run_command(self._spec.smoke, self._spec, self._root, self._runtime)
                smoke_passed = ran.passed
                if not ran.passed and journal.smoke_passed:
                    self._tell(f"    smoke: {self._spec.smoke}: {ran.describe()}")
                    broken.append(_describe_failure("The smoke command", ran))
            for feature in features:
                one = self._verify(feature, commit, problem, has_work=True, files=())
                found.append((feature.id, one))
                if not one.passed:
                    name = f"The verify command of `{feature.id}`"
                    broken.append(f"{name} {one.text}:\n{_last_lines(one.tail)}")
        return Checked(tuple(found), "\n\n".join(broken), app_ready, smoke_passed)

    def _verify(
        self,
        feature: Feature,
        commit: str,
        problem: str,
        *,
        has_work: bool,
        files: Sequence[str],
    ) -> select.Found:
        proves = self._acceptance.proves(feature)
        at = time.time()
        if feature.verify is None:
            return select.Found(
                False, None, proves=False, has_work=has_work, commit=commit, at=at,
                files=tuple(files),
            )  # fmt: skip
        ran = spec_run.run_verify(feature, self._spec, self._root, self._runtime)
        text, code = ran.describe(), ran.code
        if ran.passed and (changed := self._find_changed()):
            text, code = f"FAILED: {changed} was changed while it ran", None
        self._tell(f"    verify {feature.id}: {text}")
        tail = ran.tail if not problem else f"{ran.tail}\nThe app was not ready: {problem}"
        return select.Found(
            True, code, proves=proves, has_work=has_work, commit=commit, at=at,
            seconds=ran.seconds, text=text, tail=tail, files=tuple(files),
        )  # fmt: skip

    def _find_changed(self) -> str:
        """A frozen file that is not as accepted after a run that passed, "" without one: a process
        that got away may have written it, and then the accepted test is not what was run.
        """
        checkout = git.find_checkout(self._root)
        if checkout is None:
            return self._root
        found = frozen.find_tampering(checkout, self._acceptance)
        return plain_text.one_line(found[0].path, 120) if found else ""


def _describe_failure(name: str, ran: CommandRun) -> str:
    return f"{name} {ran.describe()}:\n{_last_lines(ran.tail)}"


def _last_lines(text: str) -> str:
    return "\n".join(text.splitlines()[-_MAX_LINES:])
