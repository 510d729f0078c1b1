"""What a sheet of facts could show: sections of entries, each with what it is worth.

The facts' texts come as `fact_sheet` hands them in: each on one line, fit to be quoted.
Worth is what an entry saves the next stretch of work, as a share of all; `fact_sheet` takes entries
by worth for their length.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from handoff.base import quoting, truncate
from handoff.facts import short_answers
from handoff.facts.relevance import share
from handoff.facts.word_count import count_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from handoff.facts.model import CommandUse, Facts, FileUse

_HOME = re.compile(r"^(?:[A-Za-z]:)?/(?:Users|home)/[^/]+/")
_COMMAND_CHARS = 90
_REST_OF_WORD = re.compile(r"[!-~]*")
LONG_REQUEST = 1200
UNCONFIRMED = "unconfirmed"  # a refusal's words where the client does not record who refused
NO_ANSWER = "no answer yet"
_PASTED_SHOWN = 400
_LONGEST_WORD = 40  # characters of one that is kept whole at the end
_GIST_CHARS = 160  # of a request's words, where it is shown in short
PASTED = 1000  # characters from which on a request is mostly pasted: what is asked may end it
# What one kind of thing is worth to the next stretch of work, all of its kind together.
WORTH = {
    "last requests": 0.25,
    "request": 0.13,
    "task": 0.10,
    "file": 0.30,
    "command": 0.15,
    "commit": 0.05,
    "failure": 0.08,
    "running": 0.10,
    "name": 0.0006,  # each, the first
    "edited names": 0.002,
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
    items: list[Item]
    inline: bool = False

    @property
    def overhead(self) -> int:
        """What the section takes beside its entries: label, line ends, the count of all."""
        count = len(str(len(self.items)))
        return len(f"**{self.label}**\n") + (len(" ( of )") + 2 * count if count else 0)

    def cost(self, item: Item) -> int:
        """What an entry takes in it."""
        return len(item.text) + (len(", ") if self.inline else len("- \n"))

    def is_shown(self) -> bool:
        """Whether anything of it is taken."""
        return any(item.taken for item in self.items)

    def length(self) -> int:
        """What it takes now, with its end of line."""
        return len(self.render()) + 1 if self.is_shown() else 0

    def render(self) -> str:
        """The section's Markdown, "" when nothing of it is taken."""
        shown = [item.text for item in self.items if item.taken]
        if not shown:
            return ""
        label = f"**{self.label}**"
        if len(shown) < len(self.items):
            label += f" ({len(shown)} of {len(self.items)})"
        if self.inline:
            return f"{label}: {', '.join(shown)}"
        return "\n".join([label, *(f"- {text}" for text in shown)])


def sections(facts: Facts) -> Iterator[Section]:
    """All sections that a sheet may have, in their order; some are empty."""
    requests = list(zip(facts.requests, _requests(facts), strict=True))
    yield Section("Requests, newest first", [item for one, item in requests if not one.done])
    yield Section("Where it stopped", list(_stopped(facts)))
    yield Section("Approved plan", list(_plan(facts)))
    yield Section("Open tasks", list(_tasks(facts)))
    yield Section("Failing", list(_failures(facts)))
    yield from _files(facts)
    yield Section("Commands", list(_commands(facts)))
    yield Section("Commits, newest first", list(_commits(facts)), inline=True)
    yield Section("Earlier requests, with commits since", [i for one, i in requests if one.done])
    yield Section("Questions and answers", list(_replies(facts)))
    yield Section("Left running", list(_running(facts)))
    yield Section("Subagents", list(_agents(facts)))
    yield Section("Names in play", list(_names(facts)), inline=True)
    yield Section("Names in recent edits", list(_edited_names(facts)))


def _requests(facts: Facts) -> Iterator[Item]:
    telling = [
        request.source not in ("command", "shell") and count_words(request.text) > 3
        for request in facts.requests
    ]
    number, place = sum(telling), 0
    for tells, request in zip(telling, facts.requests, strict=True):
        text, whole = request.text, short_answers.describe(request)
        if request.source == "unconfirmed":
            text, whole = f"({UNCONFIRMED}) {text}", f"({UNCONFIRMED}) {whole}"
        worth = WORTH["request"] / max(number, 1)
        if tells:
            worth += WORTH["last requests"] / min(3, number) if place < 3 else 0.0
            place += 1
        else:
            is_last_reply = bool(request.question) and request is facts.requests[0]
            worth *= 1.0 if is_last_reply else min(1.0, len(text) / 150)
            text = whole  # alone it says nothing
        short = truncate.keep_head(text, _gist(text))
        short += "…" if len(short) < len(text) else ""
        if len(text) > PASTED:
            short += truncate.keep_tail(text, 60).lstrip()
        more = _cut(whole, LONG_REQUEST)
        pasted = (quoting.quoted(_cut(part, _PASTED_SHOWN)) for part in request.pasted[:2])
        given = "".join(f" (pasted: {part})" for part in pasted)
        yield Item(short, worth, more + given if len(more + given) > len(short) else "", 0.004)


def _gist(text: str) -> int:
    """Where to cut a request: after so many characters of words, whatever stands between them."""
    length = 0
    for word in re.finditer(r"\w+", text):
        length += len(word[0]) + 1
        if length > _GIST_CHARS:  # a script without blanks has long words
            end = min(word.end(), word.end() - length + _GIST_CHARS + _LONGEST_WORD)
            return _REST_OF_WORD.match(text, end).end()  # type: ignore[union-attr]
    return len(text)


def _stopped(facts: Facts) -> Iterator[Item]:
    if facts.stopped:
        yield Item(_cut(facts.stopped, 160), 0.02)


def _plan(facts: Facts) -> Iterator[Item]:
    plan = quoting.line(facts.plan.lstrip("\\# "))  # again: the backslash may have held a fence
    if plan:
        more = _cut(plan, 900)
        yield Item(_cut(plan, 100), 0.01, more if len(more) > 100 else "", 0.02)


def _tasks(facts: Facts) -> Iterator[Item]:
    for task in facts.tasks:
        mark = " (in progress)" if task.state == "in_progress" else ""
        yield Item(_cut(task.text, 110) + mark, WORTH["task"] / max(2, len(facts.tasks)))


def _failures(facts: Facts) -> Iterator[Item]:
    for place, run in enumerate(facts.failures[:8]):
        worth = WORTH["failure"] / 3 if place < 3 else 0.002
        counts = f": {run.counts}" if run.counts else ""
        why = "".join(f"\n  > {line}" for line in run.why)
        yield Item(f"`{run.head}`", worth, f"{_command(run)}{counts}{why}", worth / 2)


def _commands(facts: Facts) -> Iterator[Item]:
    failing = {run.head for run in facts.failures}
    expected = sum(run.likely for run in facts.commands)
    for run in facts.commands:
        if run.head in failing:
            continue
        state = {True: "ok", False: "failed", None: "not ended"}[run.ok]
        more = f"{_command(run)} {run.counts or state}"
        worth = WORTH["command"] * share(run.likely, expected)
        yield Item(f"`{run.head}`", worth, more, worth / 8)


def _command(run: CommandUse) -> str:
    where = f" (in {run.folder})" if run.folder else ""
    return f"`{_shortened(run)}`{where}"


def _shortened(run: CommandUse) -> str:
    """A command's text; of a long one the words that name it, and as many others as have room."""
    if len(run.text) <= _COMMAND_CHARS:
        return run.text
    words = run.text.split(" ")
    naming: list[int] = [0]
    for name in run.head.split(" ")[1:]:
        rest = range(naming[-1] + 1, len(words))
        naming += [at for at in rest if words[at].rstrip("/") == name][:1]
    room = _COMMAND_CHARS - sum(len(words[at]) + 1 for at in naming)
    shown: list[str] = []
    for at, word in enumerate(words):
        room -= 0 if at in naming else len(word) + 1
        if at in naming or room >= 0:
            shown.append(word)
        elif shown[-1] != "…":
            shown.append("…")
    return _cut(" ".join(shown), 2 * _COMMAND_CHARS)


def _commits(facts: Facts) -> Iterator[Item]:
    for place, commit in enumerate(facts.commits):
        worth = WORTH["commit"] / max(3, min(5, len(facts.commits))) if place < 5 else 0.0004
        subject = _cut(commit.subject, 72)
        full = f"{commit.sha[:7]} {subject}".strip()
        yield Item(commit.sha[:7] or subject, worth, full if commit.sha else "", worth / 8)


def _files(facts: Facts) -> Iterator[Section]:
    edited = [file for file in facts.files if file.edits or file.deleted]
    others = [file for file in facts.files if not file.edits and not file.deleted]
    expected = sum(file.likely for file in facts.files)
    for label, files in (("Edited", edited), ("Read or seen in output", others)):
        yield Section(label, list(_paths(files, expected)), inline=True)


def _paths(files: list[FileUse], expected: float) -> Iterator[Item]:
    for file in files:
        mark = " (deleted)" if file.deleted else " (new)" if file.created else ""
        text = _HOME.sub("~/", file.path) + mark
        yield Item(text, WORTH["file"] * share(file.likely, expected))


def _replies(facts: Facts) -> Iterator[Item]:
    for reply in filter(lambda r: r.question, facts.replies):
        answer = _cut(reply.answer, 160) or NO_ANSWER
        yield Item(f"{_cut(reply.question, 120)} -> {answer}", 0.004)


def _running(facts: Facts) -> Iterator[Item]:
    for process in facts.running:
        ports = f" on port {', '.join(map(str, process.ports))}" if process.ports else ""
        worth = WORTH["running"] / max(2, len(facts.running))
        yield Item(f"`{_cut(process.text, 80)}`{ports} (task {process.id})", worth)


def _agents(facts: Facts) -> Iterator[Item]:
    for place, agent in enumerate(facts.agents[:12]):
        worth = (0.005 if agent.state == "running" else 0.002) / (1 + place / 3)
        short = f"{_cut(agent.task, 80)}: {agent.state}"
        report = _cut(agent.report, 300)
        yield Item(short, worth, f"{short}. {report}" if report else "", 0.008 / (1 + place))


def _names(facts: Facts) -> Iterator[Item]:
    for place, name in enumerate(facts.names[:80]):
        yield Item(name, WORTH["name"] / (1 + place / 40))


def _edited_names(facts: Facts) -> Iterator[Item]:
    for place, file in enumerate(f for f in facts.files if f.edits and f.names):
        text = f"`{file.path.rsplit('/', 1)[-1]}`: {', '.join(file.names[:12])}"
        yield Item(text, WORTH["edited names"] / (1 + place / 3))


def _cut(text: str, most: int) -> str:
    """A long text without its middle: how it starts says what, how it ends says what for."""
    if len(text) <= most:
        return text
    tail = most // 4 if most > 400 else 0
    begin, end = truncate.keep_head(text, most - tail - 1), truncate.keep_tail(text, tail)
    return f"{begin.rstrip()}…{end.lstrip()}"
