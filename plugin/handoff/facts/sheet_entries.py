"""What a sheet of facts could show: sections of entries, each with what it is worth.

The facts' texts come as `fact_sheet` hands them in: each on one line, fit to be quoted.
Worth is what an entry saves the next stretch of work, as a share of all; `fact_sheet` takes entries
by worth for their length.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from handoff.base import quoting, truncate
from handoff.base.wording import count_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from handoff.facts.model import CommandUse, Facts, FileUse

_HOME = re.compile(r"^(?:[A-Za-z]:)?/(?:Users|home)/[^/]+/")
LONG_REQUEST = 1200
UNCONFIRMED = "unconfirmed"  # a refusal's words where the client does not record who refused
_PASTED_SHOWN = 400
_GIST_CHARS = 168  # of a request's words, where it is shown in short
PASTED = 1000  # characters from which on a request is mostly pasted: what is asked may end it
UNLIKELY = 0.06
# What one kind of thing is worth to the next stretch of work, all of its kind together; what is
# likelier to be needed gets a larger share of it.
WORTH = {
    "last requests": 0.60,
    "request": 0.28,
    "task": 0.10,
    "file": 0.095,
    "command": 0.035,
    "commit": 0.05,
    "failure": 0.05,
    "running": 0.10,
}


@dataclass
class Item:
    """One entry: its text, and how much a reader is likely to need it.

    `more` replaces `text` when there is room for it, worth `more_worth` on top.
    """

    text: str
    worth: float
    more: str = ""
    more_worth: float = 0.0
    taken: bool = False


@dataclass
class Section:
    """Entries under one label; `inline` ones stand in one line, separated by commas."""

    label: str
    noun: str
    items: list[Item]
    inline: bool = False

    @property
    def overhead(self) -> int:
        """What the section takes beside its entries: label, line ends, the count of the rest."""
        rest = len(f"- and {len(self.items)} more {self.noun}s\n") if len(self.items) > 1 else 0
        return len(f"**{self.label}**: ") + rest

    def render(self) -> str:
        """The section's Markdown, "" when nothing of it is taken."""
        shown = [item.text for item in self.items if item.taken]
        if not shown:
            return ""
        left = len(self.items) - len(shown)
        rest = [f"and {count_of(left, f'more {self.noun}')}"] if left else []
        if self.inline:
            return f"**{self.label}**: {', '.join(shown + rest)}"
        return "\n".join([f"**{self.label}**", *(f"- {text}" for text in shown + rest)])


def sections(facts: Facts) -> Iterator[Section]:
    """All sections that a sheet may have, in their order; some are empty."""
    yield Section("Requests, newest first", "request", list(_requests(facts)))
    yield Section("Where it stopped", "reason", list(_stopped(facts)))
    yield Section("Approved plan", "plan", list(_plan(facts)))
    yield Section("Open tasks", "task", list(_tasks(facts)))
    yield Section("Failing", "failure", list(_failures(facts)))
    yield from _files(facts)
    yield Section("Commands", "command", list(_commands(facts)))
    yield Section("Commits, newest first", "commit", list(_commits(facts)), inline=True)
    yield Section("Questions and answers", "question", list(_replies(facts)))
    yield Section("Left running", "job", list(_running(facts)))
    yield Section("Subagents", "subagent", list(_agents(facts)))
    yield Section("Names in play", "name", list(_names(facts)), inline=True)
    yield Section("Names in recent edits", "file", list(_edited_names(facts)))


def _requests(facts: Facts) -> Iterator[Item]:
    telling = [
        request.source not in ("command", "shell") and len(request.text.split()) > 3
        for request in facts.requests
    ]
    number, place = sum(telling), 0
    for tells, request in zip(telling, facts.requests, strict=True):
        text = request.text
        if request.source == "unconfirmed":
            text = f"({UNCONFIRMED}) {text}"
        worth = WORTH["request"] / max(number, 6)
        if tells:
            worth += WORTH["last requests"] / min(3, number) if place < 3 else 0.0
            place += 1
        else:
            worth *= min(1.0, len(text) / 150)
        short = _cut(text, _gist(text))
        if len(text) > PASTED:
            short += truncate.keep_tail(text, 60).lstrip()
        more = _cut(text, LONG_REQUEST)
        given = "".join(f" (pasted: “{_cut(part, _PASTED_SHOWN)}”)" for part in request.pasted[:2])
        yield Item(short, worth, more + given if len(more + given) > len(short) else "", 0.01)


def _gist(text: str) -> int:
    """Where to cut a request: after so many characters of words, whatever stands between them."""
    length = 0
    for word in re.finditer(r"\w+", text):
        length += len(word[0]) + 1
        if length > _GIST_CHARS:
            return word.end() + 1
    return len(text)


def _stopped(facts: Facts) -> Iterator[Item]:
    if facts.stopped:
        yield Item(_cut(facts.stopped, 160), 0.05)


def _plan(facts: Facts) -> Iterator[Item]:
    plan = quoting.line(facts.plan.lstrip("\\# "))  # again: the backslash may have held a fence
    if plan:
        more = _cut(plan, 900)
        yield Item(_cut(plan, 100), 0.02, more if len(more) > 100 else "", 0.05)


def _tasks(facts: Facts) -> Iterator[Item]:
    for task in facts.tasks:
        mark = " (in progress)" if task.state == "in_progress" else ""
        yield Item(_cut(task.text, 110) + mark, WORTH["task"] / max(2, len(facts.tasks)))


def _failures(facts: Facts) -> Iterator[Item]:
    for place, run in enumerate(facts.failures[:8]):
        worth = WORTH["failure"] / 3 if place < 3 else 0.004
        counts = f": {run.counts}" if run.counts else ""
        why = "".join(f"\n  > {line}" for line in run.why)
        yield Item(f"`{run.head}`", worth, f"{_command(run)}{counts}{why}", worth / 2)


def _commands(facts: Facts) -> Iterator[Item]:
    failing = {run.head for run in facts.failures}
    for run in facts.commands:
        if run.head in failing:
            continue
        state = {True: "ok", False: "failed", None: "not ended"}[run.ok]
        more = f"{_command(run)} {run.counts or state}"
        yield Item(f"`{run.head}`", WORTH["command"] * run.likely, more, 0.006 * run.likely)


def _command(run: CommandUse) -> str:
    where = f" (in {run.folder})" if run.folder else ""
    return f"`{_cut(run.text, 90)}`{where}"


def _commits(facts: Facts) -> Iterator[Item]:
    for place, commit in enumerate(facts.commits):
        worth = WORTH["commit"] / max(3, min(5, len(facts.commits))) if place < 5 else 0.001
        subject = _cut(commit.subject, 72)
        full = f"{commit.sha[:7]} {subject}".strip()
        yield Item(commit.sha[:7] or subject, worth, full if commit.sha else "", worth / 3)


def _files(facts: Facts) -> Iterator[Section]:
    labels = ("Edited", "Created", "Deleted", "Read", "Seen in output")
    groups: dict[str, list[Item]] = {label: [] for label in labels}
    for file in facts.files:
        short = _HOME.sub("~/", file.path)
        more = f"{short} {file.edits}x" if file.edits > 1 else ""
        groups[_group(file)].append(Item(short, _file_worth(file), more, 0.0005 * file.likely))
    for label, items in groups.items():
        yield Section(label, "file", items, inline=True)


def _file_worth(file: FileUse) -> float:
    """A reader has little use for long listings: the unlikely is worth less than its chance."""
    return WORTH["file"] * file.likely * math.sqrt(min(1.0, file.likely / UNLIKELY))


def _group(file: FileUse) -> str:
    if file.deleted:
        return "Deleted"
    if file.edits:
        return "Created" if file.created else "Edited"
    return "Read" if file.reads or file.named else "Seen in output"


def _replies(facts: Facts) -> Iterator[Item]:
    for reply in filter(lambda r: r.question, facts.replies):
        answer = _cut(reply.answer, 160) or "no answer yet"
        yield Item(f"{_cut(reply.question, 120)} -> {answer}", 0.01)


def _running(facts: Facts) -> Iterator[Item]:
    for process in facts.running:
        ports = f" on port {', '.join(map(str, process.ports))}" if process.ports else ""
        worth = WORTH["running"] / max(2, len(facts.running))
        yield Item(f"`{_cut(process.text, 80)}`{ports} (task {process.id})", worth)


def _agents(facts: Facts) -> Iterator[Item]:
    for place, agent in enumerate(facts.agents[:12]):
        worth = (0.01 if agent.state == "running" else 0.005) / (1 + place / 3)
        short = f"{_cut(agent.task, 80)}: {agent.state}"
        report = _cut(agent.report, 300)
        yield Item(short, worth, f"{short}. {report}" if report else "", 0.02 / (1 + place))


def _names(facts: Facts) -> Iterator[Item]:
    for place, name in enumerate(facts.names[:80]):
        yield Item(f"`{name}`", 0.0012 / (1 + place / 40))


def _edited_names(facts: Facts) -> Iterator[Item]:
    for place, file in enumerate(f for f in facts.files if f.edits and f.names):
        text = f"`{file.path.rsplit('/', 1)[-1]}`: {', '.join(file.names[:12])}"
        yield Item(text, 0.005 / (1 + place / 3))


def _cut(text: str, most: int) -> str:
    """A long text without its middle: how it starts says what, how it ends says what for."""
    if len(text) <= most:
        return text
    tail = most // 4 if most > 400 else 0
    begin, end = truncate.keep_head(text, most - tail - 1), truncate.keep_tail(text, tail)
    return f"{begin.rstrip()}…{end.lstrip()}"
