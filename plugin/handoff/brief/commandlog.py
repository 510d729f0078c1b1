"""The commands of a session: what was run, how it went last, what it committed."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from handoff import cutting
from handoff.brief import commands, testruns
from handoff.brief.factmodel import CommandUse, Commit
from handoff.brief.likely import command_needed

if TYPE_CHECKING:
    from handoff.brief.testruns import Counts
    from handoff.client.events import Background, Call, Result

KEPT = 400  # commands looked at; older ones say nothing about what comes next
HEAD, TAIL = 2_000, 6_000  # characters of their outputs
_TESTS = re.compile(r"test|spec|\bcheck\b|jest|mocha|nox|tox|verify|e2e|playwright|cypress", re.I)
_COMMITTED = re.compile(r"^\[[^\]\n]*?\b([0-9a-f]{7,12})\] (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class _Run:
    """The last run of a command."""

    text: str
    folder: str
    head: str
    heads: frozenset[str]
    at: int
    runs: int
    ok: bool | None
    counts: Counts | None
    why: tuple[str, ...]


@dataclass(frozen=True)
class Ran:
    """A command with its result, to be looked at when the session is over."""

    call: Call
    got: Result
    cwd: str
    at: int


class CommandLog:
    """Keeps the last commands, and of these one entry a head: its last run."""

    def __init__(self) -> None:
        self.last: deque[Ran] = deque(maxlen=KEPT)
        self.ends: dict[str, bool] = {}
        self.runs: dict[str, _Run] = {}
        self.failed: list[_Run] = []
        self.commits: list[Commit] = []

    def ran(self, ran: Ran) -> None:
        """A shell command has brought its result."""
        if commands.commits(ran.call.command):
            self._commit(ran.call.command, ran.got)
        got = ran.got
        if len(got.text) > HEAD + TAIL:
            ran = replace(ran, got=got._replace(text=_shortened(got.text)))
        self.last.append(ran)

    def ended(self, call: str, event: Background) -> None:
        """A command left running has ended."""
        self.ends[call] = event.state == "completed" and "exit code 0" in event.text

    def settle(self, ran: Ran, simples: list[tuple[str, commands.Simple]]) -> None:
        """Count one of the last commands; `simples` are what it ran, with their folders."""
        heads = {head: (folder, s) for folder, s in simples if (head := s.head)}
        got = ran.got
        if not heads or got.refused:
            return
        ok: bool | None = self.ends.get(ran.call.id) if got.background else got.ok
        counts = testruns.counts(got.text)
        why: tuple[str, ...] = ()
        if ok is False or (ok and testruns.failed_quietly(got.text, counts)):
            ok, why = False, testruns.telling_lines(got.text)
        tested = next((h for h in reversed(heads) if _TESTS.search(h)), list(heads)[-1])
        for head, (folder, simple) in heads.items():
            old = self.runs.pop(head, None)
            runs = old.runs + 1 if old else 1
            told = counts if head == tested else None
            self.runs[head] = _Run(
                simple.text, folder, head, frozenset(heads), ran.at, runs, ok, told, why
            )
        self.failed = [run for run in self.failed if not run.heads & set(heads)]
        if ok is False:
            self.failed.append(self.runs[tested])

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


def _shortened(text: str) -> str:
    return f"{cutting.head(text, HEAD)}\n{cutting.tail(text, TAIL)}"


def _use(run: _Run, now: int) -> CommandUse:
    age = now - run.at
    likely = command_needed(runs=run.runs, age=age)
    return CommandUse(
        run.head, run.text, run.folder, run.runs, run.ok, run.counts, run.why, age, likely
    )
