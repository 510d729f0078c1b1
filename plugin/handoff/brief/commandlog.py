"""The commands of a session: what was run, how it went last, what it committed."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from handoff.brief import commands, testruns
from handoff.brief.factmodel import CommandUse, Commit
from handoff.brief.likely import command_needed

if TYPE_CHECKING:
    from collections.abc import Callable

    from handoff.brief.testruns import Counts
    from handoff.client.events import Background, Call, Result

KEPT = 400  # heads remembered; the oldest goes first
_TESTS = re.compile(r"test|spec|\bcheck\b|jest|mocha|nox|tox|verify|e2e|playwright|cypress", re.I)
_COMMITTED = re.compile(r"^\[[^\]\n]*?\b([0-9a-f]{7,12})\] (.+)$", re.MULTILINE)


@dataclass
class _Run:
    """The last run of a command."""

    text: str
    folder: str
    head: str
    heads: list[str]
    at: int
    runs: int = 1
    ok: bool | None = None
    counts: Counts | None = None
    why: tuple[str, ...] = field(default=())


class CommandLog:
    """Keeps one entry a head, the last run of each."""

    def __init__(self) -> None:
        self.runs: dict[str, _Run] = {}
        self.failed: list[_Run] = []
        self.commits: list[Commit] = []
        self.waiting: dict[str, list[str]] = {}

    def ran(self, call: Call, got: Result, at: int, folder: Callable[[str], str]) -> None:
        """A shell command has brought its result; `folder` makes its folder relative."""
        if commands.commits(call.command):
            self._commit(call.command, got)
        simples = {s.head: s for s in commands.split(call.command) if s.head}
        if not simples or got.refused:
            return
        if got.background:
            self.waiting[call.id] = list(simples)
        ok: bool | None = None if got.background else got.ok
        counts = testruns.counts(got.text)
        why: tuple[str, ...] = ()
        if ok is False or (ok and testruns.failed_quietly(got.text)):
            ok, why = False, testruns.telling_lines(got.text)
        tested = next((h for h in reversed(simples) if _TESTS.search(h)), list(simples)[-1])
        for head, simple in simples.items():
            old = self.runs.pop(head, None)
            runs = old.runs + 1 if old else 1
            told = counts if head == tested else None
            self.runs[head] = _Run(
                simple.text, folder(simple.folder), head, list(simples), at, runs, ok, told, why
            )
        if len(self.runs) > KEPT:
            del self.runs[next(iter(self.runs))]
        self.failed = [run for run in self.failed if not set(run.heads) & set(simples)]
        if ok is False:
            self.failed.append(self.runs[tested])

    def ended(self, call: str, event: Background) -> None:
        """A command left running has ended."""
        for head in self.waiting.pop(call, []):
            if head in self.runs and self.runs[head].ok is None:
                self.runs[head].ok = event.state == "completed" and "exit code 0" in event.text

    def used(self, now: int) -> tuple[CommandUse, ...]:
        """All that matter, likeliest to be run again first."""
        used = (_use(run, now) for run in self.runs.values())
        return tuple(sorted(used, key=lambda command: -command.likely))

    def failing(self, now: int) -> tuple[CommandUse, ...]:
        """Failed, and not run with success since; latest first."""
        return tuple(_use(run, now) for run in reversed(self.failed))

    def _commit(self, command: str, got: Result) -> None:
        made = [Commit(sha, subject.strip()) for sha, subject in _COMMITTED.findall(got.text)]
        if not made and got.ok and not got.background:  # a wrapper or --quiet hid git's line
            subject = commands.commit_subject(command)
            made = [Commit("", subject)] if subject else []
        if made and "--amend" in command and self.commits:
            self.commits.pop()
        for commit in made:
            self.commits = [c for c in self.commits if c.subject != commit.subject]
            self.commits.append(commit)


def _use(run: _Run, now: int) -> CommandUse:
    age = now - run.at
    likely = command_needed(runs=run.runs, age=age)
    return CommandUse(
        run.head, run.text, run.folder, run.runs, run.ok, run.counts, run.why, age, likely
    )
