"""What a session set out to do and left open: tasks, plan, questions, subagents, processes.

While the session is read texts are only kept; what is given out in the end has no secrets.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from handoff.base import truncate
from handoff.client.transcript import events as ev
from handoff.facts.model import AgentRun, Reply, Running, Task

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from handoff.redact.redact import Redactor

AGENTS_KEPT = 12  # the latest are told
_TOLD = 600  # characters of a subagent's orders, report, and of a command
_PORTS_KEPT = 4
_PORT = re.compile(
    r"(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1?\]):(\d{2,5})\b|--?p(?:ort)?[= ](\d{2,5})\b"
    r"|\bPORT=(\d{2,5})\b|\bhttp\.server (\d{2,5})\b|\bon port (\d{2,5})\b"
)


class WorkLog:
    """Follows what was begun to its end, as far as the session tells it."""

    def __init__(self) -> None:
        self.plan = ""
        self.todos: dict[str, ev.Todo] = {}
        self.replies: list[Reply] = []
        self.runs: dict[str, AgentRun] = {}
        self.left: dict[str, tuple[str, Running]] = {}

    def texts(self) -> Iterator[str]:
        """What is told in the end, as it was given."""
        yield self.plan
        yield from (todo.text for todo in self.todos.values())
        yield from (text for reply in self.replies for text in (reply.question, reply.answer))
        yield from (text for run in self._last_runs() for text in (run.task, run.report))
        yield from (running.text for _, running in self.left.values())

    def call(self, event: ev.Call) -> None:
        """A subagent starts to run."""
        if event.kind == "agent":
            self.runs[event.id] = AgentRun(truncate.first_line(event.detail, _TOLD), "running", "")

    def result(self, call: ev.Call, got: ev.Result) -> None:
        """A subagent, a plan or a question has its result; a command may run on, or say more."""
        self._said_more(call, got)
        if call.command and got.background:
            self.left[got.background] = (call.id, _running(got.background, call, got))
        elif call.kind == "agent" and got.background:
            self.runs[got.background] = self.runs.pop(call.id)
        elif call.kind == "agent":
            state = "done" if got.ok else "refused" if got.refused else "failed"
            self.runs[call.id] = _run(call.detail, state, got.text)
        elif call.kind == "plan" and got.ok:
            self.plan = call.detail or got.text
        elif call.kind == "question" and got.refused:
            self.replies.append(Reply(call.detail, ""))

    def _said_more(self, call: ev.Call, got: ev.Result) -> None:
        """What a process left running printed since may name its port: a call looked at it."""
        for task, (name, running) in self.left.items():
            if any(task in text for text in (call.command, call.detail, *call.paths)):
                self.left[task] = name, replace(running, ports=_ports(got.text, running.ports))

    def ended(self, event: ev.Background) -> str:
        """Something left running has ended; the id of the command it was, if it was one."""
        run = self.runs.get(event.id)
        if run is not None:
            state = "done" if event.state == "completed" else event.state
            self.runs[event.id] = _run(run.task, state, event.text or run.report)
        return self.left.pop(event.id, ("", None))[0]

    def replied(self, event: ev.Replied) -> None:
        """A person has answered a question."""
        self.replies.append(Reply(event.question, event.answer, event.at))

    def listed(self, event: ev.TodoList) -> None:
        """The whole task list is known anew."""
        self.todos = {item.id: item for item in event.items}

    def changed(self, event: ev.TodoChange) -> None:
        """One task is new or has changed."""
        old = self.todos.get(event.id)
        text = event.text or (old.text if old else "")
        state = event.state or (old.state if old else "pending")
        if text:
            self.todos[event.id] = ev.Todo(event.id, text, state)

    def tasks(self, clean: Redactor) -> tuple[Task, ...]:
        """Open tasks, those in progress first."""
        todos = sorted(self.todos.values(), key=lambda todo: todo.state != "in_progress")
        return tuple(
            Task(clean(todo.text), todo.state)
            for todo in todos
            if todo.state in ("pending", "in_progress")
        )

    def done(self, clean: Redactor) -> tuple[str, ...]:
        """Tasks that are completed."""
        return tuple(clean(todo.text) for todo in self.todos.values() if todo.state == "completed")

    def questions(self, unanswered: Iterable[ev.Call], clean: Redactor) -> tuple[Reply, ...]:
        """Questions with their answers, newest first, after those without a result."""
        asked = [Reply(call.detail, "") for call in unanswered if call.kind == "question"]
        replies = (*asked, *self.replies[::-1])
        return tuple(Reply(clean(one.question), clean(one.answer), one.at) for one in replies)

    def agents(self, clean: Redactor) -> tuple[AgentRun, ...]:
        """Subagents, latest first."""
        return tuple(
            AgentRun(clean(run.task).partition("\n")[0], run.state, clean(run.report))
            for run in self._last_runs()
        )

    def running(self, clean: Redactor) -> tuple[Running, ...]:
        """Processes of which no end was told, latest first."""
        return tuple(
            Running(clean(running.id), clean(running.text), running.ports)
            for _, running in self.left.values()
        )[::-1]

    def _last_runs(self) -> list[AgentRun]:
        return [*self.runs.values()][::-1][:AGENTS_KEPT]


def _running(task: str, call: ev.Call, got: ev.Result) -> Running:
    return Running(
        task, truncate.first_line(call.command, _TOLD), _ports(f"{call.command}\n{got.text}")
    )


def _ports(text: str, known: tuple[int, ...] = ()) -> tuple[int, ...]:
    """The ports that a text names, behind those already `known`."""
    named = [int("".join(digits)) for digits in _PORT.findall(text)]
    return tuple(dict.fromkeys((*known, *named)))[:_PORTS_KEPT]


def _run(task: str, state: str, report: str) -> AgentRun:
    return AgentRun(truncate.first_line(task, _TOLD), state, truncate.first_line(report, _TOLD))
