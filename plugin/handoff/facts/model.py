"""The facts of a session as values. `facts.gather` makes them, `fact_sheet` shows them.

"Age" is counted in tool calls back from the end, which says more about relevance than minutes do;
`likely` is the probability of being needed in the next stretch of work (see `likely`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from handoff.client.transcript.events import Source, State
    from handoff.facts.test_runs import Counts


@dataclass(frozen=True)
class Request:
    """What a person asked for, verbatim. `pasted` is what they pasted, in `text` is a label.

    `question` is what a short reply answers, or the call that was refused: the model's words, a
    few of them (`short_answers.describe` shows both).
    `done` is true by evidence: a commit followed it, then other requests, and no task is open; a
    rule is never done.
    """

    text: str
    at: str
    source: Source
    pasted: tuple[str, ...] = ()
    done: bool = False
    question: str = ""


@dataclass(frozen=True)
class FileUse:
    """What was done to one file; `path` is relative to the root, or absolute when outside.

    `named` counts the commands that named it, `seen` the outputs and answers that did. `names` are
    names of code that recent edits put in. `deleted` is true when a command removed it last.
    """

    path: str
    edits: int
    reads: int
    named: int
    seen: int
    created: bool
    deleted: bool
    age: int
    likely: float
    names: tuple[str, ...]


@dataclass(frozen=True)
class CommandUse:
    """A command that matters, under its `head` (program and first arguments), as last run.

    `ok` is None when it was refused or has not ended. `why` are the telling lines of a failure.
    """

    head: str
    text: str
    folder: str
    runs: int
    ok: bool | None
    counts: Counts | None
    why: tuple[str, ...]
    age: int
    likely: float


@dataclass(frozen=True)
class Commit:
    """A commit of the session; `sha` is "" when git was told to be quiet."""

    sha: str
    subject: str


@dataclass(frozen=True)
class Task:
    """A task of the model's own list that is not done."""

    text: str
    state: State


@dataclass(frozen=True)
class Reply:
    """A question of the model with the person's answer, given `at`; `answer` is "" while it is
    open.
    """

    question: str
    answer: str
    at: str = ""


@dataclass(frozen=True)
class AgentRun:
    """A subagent: what for, its state (`done`, `running`, `failed`, ...), what it said last."""

    task: str
    state: str
    report: str


@dataclass(frozen=True)
class Running:
    """A process left running, with the ports its command or output names."""

    id: str
    text: str
    ports: tuple[int, ...]


@dataclass(frozen=True)
class Facts:
    """All of it; every list has what is likeliest to be needed next in front.

    `stopped` says why the session ends in the middle of something, "" when it does not. `summary`
    is the client's of the last compaction: a model's words. `calls` counts the tool calls that were
    read, but for this plugin's own and moves to another worktree; `last_call` is the id of the
    last one, "" if there was none.
    """

    root: str
    cwd: str
    branch: str
    session: str
    client: str
    model: str
    goal: str
    requests: tuple[Request, ...]
    answers: tuple[str, ...]
    files: tuple[FileUse, ...]
    commands: tuple[CommandUse, ...]
    failures: tuple[CommandUse, ...]
    tests: tuple[CommandUse, ...]
    commits: tuple[Commit, ...]
    tasks: tuple[Task, ...]
    done: tuple[str, ...]
    plan: str
    replies: tuple[Reply, ...]
    agents: tuple[AgentRun, ...]
    running: tuple[Running, ...]
    names: tuple[str, ...]
    errors: tuple[str, ...]
    stopped: str
    compactions: int
    calls: int
    last_call: str = ""
    summary: str = ""
