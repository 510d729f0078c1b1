"""The commands of a session: what was run, how it went last, what it committed.

While the session is read commands and outputs are only kept; in the end, without their secrets,
they are looked at. Figures and whether something failed hold no text: these are read at once.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from handoff.base import truncate
from handoff.facts import shell_commands, test_runs
from handoff.facts.model import CommandUse, Commit
from handoff.facts.relevance import command_needed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from handoff.client.transcript.events import Background, Call, Result
    from handoff.facts.test_runs import Counts
    from handoff.redact.redact import Redactor

KEPT = 800  # commands looked at; older ones say nothing about what comes next
HEAD, TAIL = 2_000, 6_000  # characters of their outputs
COMMITS_KEPT = 200
FAILURES_TOLD = 12
_WHY = 4_000  # characters at a failed command's end that say why
_TESTS = re.compile(r"test|spec|\bcheck\b|jest|mocha|nox|tox|verify|e2e|playwright|cypress", re.I)
Reasons = dict[str, tuple[str, ...]]  # by command, the lines that say why it failed
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
    output: str


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
        self.committed: deque[tuple[str, str, bool]] = deque(maxlen=COMMITS_KEPT)

    def texts(self) -> Iterator[str]:
        """What is looked at in the end, as it was given."""
        yield from (ran.call.command for ran in self.last)
        yield from (text for told in self.committed for text in told[:2])

    def ran(self, ran: Ran) -> None:
        """A shell command has brought its result."""
        if shell_commands.makes_commit(ran.call.command):
            self._commit(ran.call.command, ran.got)
        got = ran.got
        # The body of a here-document is a text, not part of the command.
        self.last.append(
            replace(
                ran,
                call=ran.call._replace(command=shell_commands.without_heredocs(ran.call.command)),
                got=got._replace(text=_shortened(got.text)),
            )
        )

    def ended(self, call: str, event: Background) -> None:
        """A command left running has ended."""
        self.ends[call] = event.state == "completed" and "exit code 0" in event.text

    def settle(self, ran: Ran, simples: list[tuple[str, shell_commands.Simple]]) -> None:
        """Count one of the last commands; `simples` are what it ran, with their folders."""
        heads = {head: (folder, s) for folder, s in simples if (head := s.head)}
        got = ran.got
        if not heads or got.refused:
            return
        ok: bool | None = self.ends.get(ran.call.id) if got.background else got.ok
        counts = test_runs.read_counts(got.text)
        if ok and test_runs.failed_quietly(got.text, counts):
            ok = False
        output = "" if ok else got.text
        tested = next((h for h in reversed(heads) if _TESTS.search(h)), list(heads)[-1])
        for head, (folder, simple) in heads.items():
            old = self.runs.pop(head, None)
            runs = old.runs + 1 if old else 1
            told = counts if head == tested else None
            self.runs[head] = _Run(
                simple.text, folder, head, frozenset(heads), ran.at, runs, ok, told, output
            )
        self.failed = [run for run in self.failed if not run.heads & set(heads)]
        if ok is False:
            self.failed.append(self.runs[tested])

    def used(self, now: int, reasons: Reasons) -> tuple[CommandUse, ...]:
        """All that matter, likeliest to be run again first."""
        used = (_use(run, now, reasons.get(run.head, ())) for run in self.runs.values())
        return tuple(sorted(used, key=lambda command: -command.likely))

    def failing(self, now: int, reasons: Reasons) -> tuple[CommandUse, ...]:
        """Failed, and not run with success since; latest first."""
        return tuple(_use(run, now, reasons.get(run.head, ())) for run in reversed(self.failed))

    def commits(self, clean: Redactor) -> tuple[Commit, ...]:
        """What was committed, newest first."""
        commits: list[Commit] = []
        for command, output, amends in self.committed:
            new_commits = [
                Commit(sha, text.strip()) for sha, text in _COMMITTED.findall(clean(output))
            ]
            if not new_commits and command:
                subject = shell_commands.commit_subject(clean(command))
                new_commits = [Commit("", subject)] if subject else []
            if new_commits and amends and commits:
                commits.pop()
            for commit in new_commits:
                commits = [c for c in commits if c.subject != commit.subject]
                commits.append(commit)
        return tuple(commits[::-1])

    def _commit(self, command: str, got: Result) -> None:
        output = "\n".join(line for line in got.text.splitlines() if _COMMITTED.match(line))
        is_told = bool(output) or not got.ok or got.background  # else: a wrapper or --quiet hid it
        self.committed.append(("" if is_told else command, output, "--amend" in command))

    def failure_reasons(self, clean: Redactor) -> Reasons:
        """The lines that say why the last failures failed, by command."""
        ends = {
            run.head: truncate.last_line(run.output, _WHY) for run in self.failed[-FAILURES_TOLD:]
        }
        clean = clean.prepare(ends.values())
        return {head: test_runs.telling_lines(clean(end)) for head, end in ends.items()}


def _shortened(text: str) -> str:
    if len(text) <= HEAD + TAIL:
        return text
    return f"{truncate.first_line(text, HEAD)}\n{truncate.last_line(text, TAIL)}"


def _use(run: _Run, now: int, why: tuple[str, ...]) -> CommandUse:
    age = now - run.at
    likely = command_needed(
        runs=run.runs,
        age=age,
        specific="/" in run.head and "..." not in run.head,
        tests=run.counts is not None,
    )
    return CommandUse(
        run.head, run.text, run.folder, run.runs, run.ok, run.counts, why, age, likely
    )
