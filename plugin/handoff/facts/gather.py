"""The facts of a session: what code takes from its transcript, with no model to believe.

`gather` is pure: events in, values out, in one pass and with bounded memory. While events come,
their texts are only kept, what matters of them. In the end secrets are taken out of what was kept,
and only then anything is derived from it: names, files, commands, subjects.
"""

from __future__ import annotations

import contextlib
import gc
from collections import deque
from typing import TYPE_CHECKING, Any

from handoff.base import truncate
from handoff.client.transcript import events as ev
from handoff.facts import names, shell_commands
from handoff.facts.command_log import CommandLog, Ran
from handoff.facts.file_log import FileLog
from handoff.facts.goal import find_goal
from handoff.facts.model import Facts
from handoff.facts.request_log import RequestLog
from handoff.facts.search_log import SearchLog
from handoff.facts.work_log import WorkLog
from handoff.redact import redact
from handoff.redact.redact import Redactor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from handoff.redact.redact import Clean

ANSWERS_KEPT = 12
TELLING = 240  # characters from which on words between tool calls are more than narration
NAMES_KEPT = 400
LONGEST_SUMMARY = 12_000
OUTPUTS_WITH_NAMES, OUTPUT_END = 40, 4_000
# What was searched for is searched for again; what was only printed, seldom.
NAME_WORTH = {"search": 4.0, "edit": 3.0, "answer": 0.5, "output": 0.3, "summary": 0.1}


def gather_facts(
    events: Iterable[ev.Event], root: str = "", clean: Redactor | None = None
) -> Facts:
    """The facts in a session's events, without secrets.

    `root`: the repository's; "" takes the first folder seen. `clean` takes the secrets out, by our
    own patterns if none is given.
    """
    log = _Log(root, clean or Redactor())
    with _uncollected():
        for event in events:
            log.add_event(event)
        return log.facts()


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

    def __init__(self, root: str, clean: Redactor) -> None:
        self.clean = clean
        self.folders: dict[str, Clean] = {}
        self.files = FileLog(root)
        self.commands = CommandLog()
        self.work = WorkLog()
        self.place = ev.Place("", "", "", "", "")
        self.requests = RequestLog()
        self.answers: deque[ev.Answer] = deque(maxlen=ANSWERS_KEPT)
        self.searches = SearchLog()
        self.open: dict[str, ev.Call] = {}
        self.summary = ""
        self.errors: list[str] = []
        self.model = ""
        self.last: ev.Event | None = None
        self.compactions = 0
        self.calls = 0
        self.last_call = ""

    def add_event(self, event: ev.Event) -> None:
        """Add one event."""
        take = _TAKES.get(type(event))
        if take is not None:
            take(self, event)
        if not isinstance(event, ev.Place | ev.Instructions):
            self.last = event

    def _place(self, event: ev.Place) -> None:
        self.place = event
        if event.cwd not in self.folders:
            self.folders[event.cwd] = self.clean(event.cwd)
        self.files.enter(self.folders[event.cwd])

    def _prompt(self, event: ev.Prompt) -> None:
        self.requests.add(event)

    def _withdrawn(self, event: ev.Withdrawn) -> None:
        self.requests.withdraw(event)

    def _answer(self, event: ev.Answer) -> None:
        self.requests.answered(event)
        self.model = event.model or self.model
        if self.answers and self.answers[-1].calls and len(self.answers[-1].text) < TELLING:
            self.answers.pop()  # "Let me look at ...": said on the way, and over now
        if event.text.strip():
            self.answers.append(event)

    def _call(self, event: ev.Call) -> None:
        if event.kind == "move" or _is_ours(event):
            return
        self.calls += 1
        self.last_call = event.id
        self.open[event.id] = event
        self.searches.call(event, self.calls)
        self.work.call(event)
        if event.kind in ("agent", "task", "plan"):
            self.files.told(event.detail, self.calls)

    def _result(self, event: ev.Result) -> None:
        call = self.open.pop(event.id, None)
        if call is None:
            return
        if event.refused:
            self.requests.refused(call)
        self.files.result(call, event, self.calls)
        self.work.result(call, event)
        if call.command:
            self.commands.ran(Ran(call, event, self.files.cwd, self.calls))
            if event.ok and shell_commands.makes_commit(call.command):
                self.requests.committed()

    def _background(self, event: ev.Background) -> None:
        if event.state in ("", "running"):
            return
        self.files.told(event.text, self.calls)
        command = self.work.ended(event)
        if command:
            self.commands.ended(command, event)

    def _instructed(self, event: ev.Instructions) -> None:
        self.files.told(event.text, self.calls)

    def _replied(self, event: ev.Replied) -> None:
        self.work.replied(event)

    def _todos(self, event: ev.TodoList) -> None:
        self.work.listed(event)

    def _todo(self, event: ev.TodoChange) -> None:
        self.work.changed(event)

    def _error(self, event: ev.ApiError) -> None:
        self.errors.append(event.text)

    def _summary(self, event: ev.Summary) -> None:
        self.summary = truncate.first_line(event.text, LONGEST_SUMMARY)

    def _compaction(self, event: ev.Compaction) -> None:
        self.requests.compacted(event)
        self.compactions += 1

    def facts(self) -> Facts:
        """Everything, most needed first; to be asked for once."""
        for call in self.open.values():
            self.files.opened(call, self.calls)
        clean = self.clean.prepare(self._texts())
        self.files.settle(clean)
        self._settle(clean)
        tasks = self.work.tasks(clean)
        requests = self.requests.requests(clean, may_be_done=not tasks)
        asked = [clean(request.text) for request in requests]
        answers = [clean(answer.text) for answer in reversed(self.answers)]
        reasons = self.commands.failure_reasons(clean)
        used = self.commands.used(self.calls, reasons)
        pasted = [clean(text) for request in requests for text in request.pasted]
        texts_told = [*answers, clean(self.summary), *pasted]
        place = self.place
        return Facts(
            root=clean(self.files.paths.root),
            cwd=clean(place.cwd),
            branch=clean(place.branch),
            session=clean(place.session),
            client=clean(place.client),
            model=clean(self.model),
            goal=find_goal(requests),
            requests=tuple(requests),
            answers=tuple(answers),
            files=self.files.used(
                self.calls, asked, [clean(t.text) for t in tasks], texts_told, clean
            ),
            commands=used,
            failures=self.commands.failing(self.calls, reasons),
            tests=tuple(c for c in used if c.counts is not None),
            commits=self.commands.commits(clean),
            tasks=tasks,
            done=self.work.done(clean),
            plan=clean(self.work.plan),
            replies=self.work.questions(self.open.values(), clean),
            agents=self.work.agents(clean),
            running=self.work.running(clean),
            names=self._names(clean),
            errors=tuple(clean(text) for text in self.errors[::-1]),
            stopped=clean(self._stopped()),
            compactions=self.compactions,
            calls=self.calls,
            last_call=self.last_call,
            summary=clean(self.summary),
        )

    def _texts(self) -> Iterator[str]:
        """All that something is derived from, as it was given."""
        yield from self.requests.texts()
        yield from (answer.text for answer in self.answers)
        yield from self.searches.texts()
        yield from self.errors
        yield from self.files.texts()
        yield from self._outputs_with_names()
        yield from self.commands.texts()
        yield from self.work.texts()
        yield from (self.summary, self.place.cwd, self.place.branch, self.files.paths.root)
        yield from (self.place.session, self.place.client, self.model)

    def _stopped(self) -> str:
        if isinstance(self.last, ev.Interrupted):
            return "interrupted by the user"
        return self.last.text if isinstance(self.last, ev.ApiError) else ""

    def _settle(self, clean: Redactor) -> None:
        """Look at the last commands: what they ran, on which files."""
        for ran in self.commands.last:
            simples = []
            for simple in shell_commands.split(clean(ran.call.command)):
                folder = self.files.folder(simple.folder, ran.cwd)
                simples.append((folder, simple))
                self.files.named(simple, folder, ran.at)
            self.commands.settle(ran, simples)

    def _outputs_with_names(self) -> dict[str, int]:
        """The ends of the last outputs, with the calls until then."""
        last = list(self.files.outputs)[-OUTPUTS_WITH_NAMES:]
        return {truncate.last_line(text, OUTPUT_END): at for at, _, text in last}

    def _names(self, clean: Redactor) -> tuple[str, ...]:
        now = self.calls
        worth = NAME_WORTH
        texts = [
            (pattern, worth["search"] / (2 + now - at))
            for at, pattern in self.searches.patterns(clean)
        ]
        texts += [(clean(text), worth["edit"] / (3 + now - at)) for at, text in self.files.edited]
        texts += [
            (clean(text), worth["output"] / (3 + now - at))
            for text, at in self._outputs_with_names().items()
        ]
        texts += [
            (clean(answer.text), worth["answer"] / (1 + age))
            for age, answer in enumerate(reversed(self.answers))
        ]
        texts.append((clean(self.summary), worth["summary"]))
        return names.rank_names(texts, NAMES_KEPT)


def _is_ours(call: ev.Call) -> bool:
    """Whether a call is one of our own, which keeps the books and is no work of the session's."""
    if call.kind == "skill":
        return call.detail.partition(" ")[0] in _SKILLS
    return bool(call.command) and shell_commands.is_ours(redact.clean_judged(call.command))


_SKILLS = ("handoff:handoff", "handoff:pickup")
_TAKES: dict[type, Callable[[_Log, Any], None]] = {
    ev.Place: _Log._place,
    ev.Prompt: _Log._prompt,
    ev.Withdrawn: _Log._withdrawn,
    ev.Answer: _Log._answer,
    ev.Call: _Log._call,
    ev.Result: _Log._result,
    ev.Background: _Log._background,
    ev.Instructions: _Log._instructed,
    ev.Replied: _Log._replied,
    ev.TodoList: _Log._todos,
    ev.TodoChange: _Log._todo,
    ev.ApiError: _Log._error,
    ev.Compaction: _Log._compaction,
    ev.Summary: _Log._summary,
}
