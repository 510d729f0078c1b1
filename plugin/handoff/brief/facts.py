"""The facts of a session: what code takes from its transcript, with no model to believe.

`gather` is pure: events in, values out, in one pass and with bounded memory.
"""

from __future__ import annotations

import contextlib
import gc
import re
from collections import deque
from typing import TYPE_CHECKING, Any

from handoff.brief import commands, names
from handoff.brief.commandlog import CommandLog, Ran
from handoff.brief.factmodel import (
    AgentRun,
    CommandUse,
    Commit,
    Facts,
    FileUse,
    Reply,
    Request,
    Running,
    Task,
)
from handoff.brief.filelog import FileLog
from handoff.brief.worklog import WorkLog
from handoff.client import events as ev

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = [
    "AgentRun",
    "CommandUse",
    "Commit",
    "Facts",
    "FileUse",
    "Reply",
    "Request",
    "Running",
    "Task",
    "gather",
    "is_goal",
]

ANSWERS_KEPT = 12
TELLING = 240  # characters from which on words between tool calls are more than narration
SEARCHES_KEPT = 80
NAMES_KEPT = 400
# What was searched for is searched for again; what was only printed, seldom.
NAME_WORTH = {"search": 4.0, "edit": 3.0, "answer": 0.5, "output": 0.3, "summary": 0.1}
_ASSENT = re.compile(
    r"(?:ok(?:ay)?|yes|yeah|yep|y|sure|right|go|ahead|on|continue|proceed|please|do|it|that|this|"
    r"resume|next|thanks?|thank|you|great|good|nice|perfect|cool|fine|done|keep|going|with|carry|"
    r"commit|push|and|the|now|all|both|\d+|lgtm|sounds|looks|weiter|ja|oui|si|ok)+\Z"
)


def gather(events: Iterable[ev.Event], root: str = "") -> Facts:
    """The facts in a session's events. `root`: the repository's; "" takes the first folder seen."""
    log = _Log(root)
    with _uncollected():
        for event in events:
            log.take(event)
        return log.facts()


def is_goal(request: Request) -> bool:
    """Whether a request can be the goal: it says what to do, not just "ok" or "go on"."""
    if request.source in ("shell", "unconfirmed"):
        return False
    said = re.findall(r"\w+", request.text.lower())
    return bool(said) and not (len(said) < 8 and all(_ASSENT.match(word) for word in said))


@contextlib.contextmanager
def _uncollected() -> Iterator[None]:
    """Without the collector of cycles: a pass makes many small objects, and none of them."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


class _Log:
    """Takes events one by one and knows the facts at the end."""

    def __init__(self, root: str) -> None:
        self.files = FileLog(root)
        self.commands = CommandLog()
        self.work = WorkLog()
        self.place = ev.Place("", "", "", "", "")
        self.requests: dict[str, ev.Prompt] = {}
        self.answers: deque[ev.Answer] = deque(maxlen=ANSWERS_KEPT)
        self.searches: deque[tuple[int, str]] = deque(maxlen=SEARCHES_KEPT)
        self.open: dict[str, ev.Call] = {}
        self.summary = ""
        self.errors: list[str] = []
        self.model = ""
        self.last: ev.Event | None = None
        self.compactions = 0
        self.calls = 0

    def take(self, event: ev.Event) -> None:
        """Add one event."""
        take = _TAKES.get(type(event))
        if take is not None:
            take(self, event)
        if not isinstance(event, ev.Place):
            self.last = event

    def _place(self, event: ev.Place) -> None:
        self.place = event
        self.files.enter(event.cwd)

    def _prompt(self, event: ev.Prompt) -> None:
        self.requests.pop(_key(event.text), None)
        self.requests[_key(event.text)] = event

    def _withdrawn(self, event: ev.Withdrawn) -> None:
        self.requests.pop(_key(event.text), None)

    def _answer(self, event: ev.Answer) -> None:
        self.model = event.model or self.model
        if self.answers and self.answers[-1].calls and len(self.answers[-1].text) < TELLING:
            self.answers.pop()  # "Let me look at ...": said on the way, and over now
        if event.text.strip():
            self.answers.append(event)

    def _call(self, event: ev.Call) -> None:
        self.calls += 1
        self.open[event.id] = event
        if event.kind == "search":
            self.searches.append((self.calls, event.detail))
        if event.command:
            self.searches.append((self.calls, " ".join(_GREP.findall(event.command))))
        self.work.call(event)
        if event.kind in ("agent", "task", "plan"):
            self.files.told(event.detail, self.calls)

    def _result(self, event: ev.Result) -> None:
        call = self.open.pop(event.id, None)
        if call is None:
            return
        self.files.result(call, event, self.calls)
        self.work.result(call, event)
        if call.command:
            self.commands.ran(Ran(call, event, self.files.cwd, self.calls))

    def _background(self, event: ev.Background) -> None:
        if event.state in ("", "running"):
            return
        self.files.told(event.text, self.calls)
        command = self.work.ended(event)
        if command:
            self.commands.ended(command, event)

    def _replied(self, event: ev.Replied) -> None:
        self.work.replied(event)

    def _todos(self, event: ev.TodoList) -> None:
        self.work.listed(event)

    def _todo(self, event: ev.TodoChange) -> None:
        self.work.changed(event)

    def _error(self, event: ev.ApiError) -> None:
        self.errors.append(event.text)

    def _summary(self, event: ev.Summary) -> None:
        self.summary = event.text

    def _compaction(self, _: ev.Compaction) -> None:
        self.compactions += 1

    def facts(self) -> Facts:
        """Everything, most needed first; to be asked for once."""
        self._settle()
        prompts = _in_time([*self.requests.values()])
        requests = [Request(p.text, p.at, p.source) for p in reversed(prompts)]
        goal = next((r.text for r in requests if is_goal(r)), "")
        answers = tuple(a.text for a in reversed(self.answers))
        used = self.commands.used(self.calls)
        return Facts(
            root=self.files.paths.root,
            cwd=self.place.cwd,
            branch=self.place.branch,
            session=self.place.session,
            client=self.place.client,
            model=self.model,
            goal=goal,
            requests=tuple(requests),
            answers=answers,
            files=self.files.used(self.calls, [r.text for r in requests], [*answers, self.summary]),
            commands=used,
            failures=self.commands.failing(self.calls),
            tests=tuple(c for c in used if c.counts is not None),
            commits=tuple(self.commands.commits[::-1]),
            tasks=self.work.tasks(),
            done=self.work.done(),
            plan=self.work.plan,
            replies=self.work.questions(self.open.values()),
            agents=self.work.agents(),
            running=self.work.running(),
            names=self._names(),
            errors=tuple(self.errors[::-1]),
            stopped=self._stopped(),
            compactions=self.compactions,
            calls=self.calls,
        )

    def _stopped(self) -> str:
        if isinstance(self.last, ev.Interrupted):
            return "interrupted by the user"
        return self.last.text if isinstance(self.last, ev.ApiError) else ""

    def _settle(self) -> None:
        """Look at the last commands: what they ran, on which files."""
        for ran in self.commands.last:
            simples = []
            for simple in commands.split(ran.call.command):
                folder = self.files.folder(simple.folder, ran.cwd)
                simples.append((folder, simple))
                self.files.named(simple, folder, ran.at)
            self.commands.settle(ran, simples)

    def _names(self) -> tuple[str, ...]:
        now = self.calls
        texts = [(text, NAME_WORTH["search"] / (2 + now - at)) for at, text in self.searches]
        texts += [(text, NAME_WORTH["edit"] / (3 + now - at)) for at, text in self.files.edited]
        texts += [
            (text[-4000:], NAME_WORTH["output"] / (3 + now - at))
            for at, _, text in list(self.files.outputs)[-40:]
        ]
        texts += [
            (answer.text, NAME_WORTH["answer"] / (1 + age))
            for age, answer in enumerate(reversed(self.answers))
        ]
        texts.append((self.summary, NAME_WORTH["summary"]))
        return names.ranked(texts, NAMES_KEPT)


_GREP = re.compile(r"\b(?:grep|rg|ag|Select-String)\b[^|;\n]*")
_TAKES: dict[type, Callable[[_Log, Any], None]] = {
    ev.Place: _Log._place,
    ev.Prompt: _Log._prompt,
    ev.Withdrawn: _Log._withdrawn,
    ev.Answer: _Log._answer,
    ev.Call: _Log._call,
    ev.Result: _Log._result,
    ev.Background: _Log._background,
    ev.Replied: _Log._replied,
    ev.TodoList: _Log._todos,
    ev.TodoChange: _Log._todo,
    ev.ApiError: _Log._error,
    ev.Compaction: _Log._compaction,
    ev.Summary: _Log._summary,
}


def _key(text: str) -> str:
    return " ".join(text.split())


def _in_time(prompts: list[ev.Prompt]) -> list[ev.Prompt]:
    """In time order where every record has a time, else in file order."""
    return sorted(prompts, key=lambda p: p.at) if all(p.at for p in prompts) else prompts
