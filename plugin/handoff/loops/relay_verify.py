"""The verify commands of a relay: run with the task's frozen tests, and what the user is told."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from handoff.loops import frozen_tests, verification

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from handoff.loops.relay_journal import Journal
    from handoff.loops.verification import VerifyRequest
    from handoff.process.signals import StopSignal
    from handoff.runtime import Runtime
    from handoff.store.places import Place

VERIFY_SECONDS = 600.0


@dataclass(frozen=True)
class Commands:
    """The commands, and what is needed to run them. `tell` is given a line for people."""

    wanted: VerifyRequest
    runtime: Runtime
    stopping: StopSignal
    tell: Callable[[str], None]

    def run(self, directory: str, env: Mapping[str, str], *, counts: bool) -> bool:
        """Run them in order until one fails, which is told if the run `counts`; whether none did.
        Raises KeyboardInterrupt at the first signal.
        """
        wanted = replace(self.wanted, root=directory)
        with self.stopping.at_once():
            for command in wanted.commands:
                ran = verification.run(
                    command, wanted, VERIFY_SECONDS, self.runtime, lambda _: None, env
                )
                if not ran.passed:
                    if counts:
                        self.tell(f"    verify: {command}: {ran.describe()}")
                    return False
        return True


def run_commands(
    journal: Journal, place: Place, commands: Commands
) -> tuple[frozen_tests.Verified, Mapping[str, Any]]:
    """Run a relay's commands with the tests as they were when the brief was written.

    What was not run as it is on disk is told, each file once; the second value is what has been
    told by now (the journal's `changed_tests`).
    """
    verified = frozen_tests.run_frozen(
        journal.task,
        place,
        commands.runtime.home,
        lambda env, counts: commands.run(journal.directory, env, counts=counts),
    )
    if not verified.is_frozen and not journal.sessions:
        commands.tell(
            f"No test files were kept when {journal.task} was written: the verify commands run "
            "them as they are."
        )
    known = journal.changed_tests
    untold = {path: how for path, how in verified.differing.items() if known.get(path) != how}
    by_session = bool(journal.sessions) and not journal.worktree
    for path, how in untold.items():
        commands.tell(f"    {frozen_tests.describe(path, how, by_session=by_session)}")
    if verified.own_pass:
        only = frozen_tests.ONLY_CHANGED
        commands.tell(f"    {only[0].upper()}{only[1:]}.")
    return verified, {**known, **untold}


def tell_new(journal: Journal, place: Place, home: str, tell: Callable[[str], None]) -> None:
    """Tell which tests the commands ran that were not there when the brief was written."""
    new = frozen_tests.list_new(journal.task, place, home)
    if new:
        tell(f"    {frozen_tests.describe_new(new)}")
