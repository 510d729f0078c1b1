"""What a session set out to do and left open: tasks, plan, questions, subagents, processes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from handoff.brief.factmodel import AgentRun, Reply, Running, Task
from handoff.client import events as ev

if TYPE_CHECKING:
    from collections.abc import Iterable

_PORT = re.compile(
    r"(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::\]):(\d{2,5})\b|--?p(?:ort)?[= ](\d{2,5})\b"
)


class WorkLog:
    """Follows what was begun to its end, as far as the session tells it."""

    def __init__(self) -> None:
        self.plan = ""
        self.todos: dict[str, ev.Todo] = {}
        self.replies: list[Reply] = []
        self.runs: dict[str, AgentRun] = {}
        self.left: dict[str, tuple[str, Running]] = {}

    def call(self, event: ev.Call) -> None:
        """A subagent starts to run."""
        if event.kind == "agent":
            self.runs[event.id] = AgentRun(_title(event), "running", "")

    def result(self, call: ev.Call, got: ev.Result) -> None:
        """A subagent, a plan or a question has its result; a command may run on."""
        if call.command and got.background:
            self.left[got.background] = (call.id, _running(got.background, call, got))
        elif call.kind == "agent" and got.background:
            self.runs[got.background] = self.runs.pop(call.id)
        elif call.kind == "agent":
            state = "done" if got.ok else "refused" if got.refused else "failed"
            self.runs[call.id] = AgentRun(_title(call), state, got.text)
        elif call.kind == "plan" and got.ok:
            self.plan = call.detail or got.text
        elif call.kind == "question" and got.refused:
            self.replies.append(Reply(call.detail, ""))

    def ended(self, event: ev.Background) -> str:
        """Something left running has ended; the id of the command it was, if it was one."""
        run = self.runs.get(event.id)
        if run is not None:
            state = "done" if event.state == "completed" else event.state
            self.runs[event.id] = AgentRun(run.task, state, event.text or run.said)
        return self.left.pop(event.id, ("", None))[0]

    def replied(self, event: ev.Replied) -> None:
        """A person has answered a question."""
        self.replies.append(Reply(event.question, event.answer))

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

    def tasks(self) -> tuple[Task, ...]:
        """Open tasks, those in progress first."""
        todos = sorted(self.todos.values(), key=lambda todo: todo.state != "in_progress")
        return tuple(
            Task(todo.text, todo.state)
            for todo in todos
            if todo.state in ("pending", "in_progress")
        )

    def done(self) -> tuple[str, ...]:
        """Tasks that are completed."""
        return tuple(todo.text for todo in self.todos.values() if todo.state == "completed")

    def questions(self, unanswered: Iterable[ev.Call]) -> tuple[Reply, ...]:
        """Questions with their answers, newest first, after those without a result."""
        asked = [Reply(call.detail, "") for call in unanswered if call.kind == "question"]
        return (*asked, *self.replies[::-1])

    def agents(self) -> tuple[AgentRun, ...]:
        """Subagents, latest first."""
        return tuple(self.runs.values())[::-1]

    def running(self) -> tuple[Running, ...]:
        """Processes of which no end was told, latest first."""
        return tuple(running for _, running in self.left.values())[::-1]


def _running(task: str, call: ev.Call, got: ev.Result) -> Running:
    ports = [int(a or b) for a, b in _PORT.findall(f"{call.command}\n{got.text}")]
    return Running(task, call.command, tuple(dict.fromkeys(ports)))


def _title(call: ev.Call) -> str:
    return call.detail.partition("\n")[0]
