"""What a transcript says, in words that are not the client's: the values `transcript.read` yields.

Every `at` is the record's timestamp as written (ISO 8601, UTC), "" when there is none. Events come
in file order, which is not time order everywhere: who needs time order sorts by `at`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Source = Literal["typed", "queued", "refusal", "command", "shell"]
Kind = Literal[
    "read",
    "edit",
    "create",
    "command",
    "search",
    "task",
    "question",
    "plan",
    "agent",
    "skill",
    "web",
    "other",
]
State = Literal["pending", "in_progress", "completed", "deleted"]


@dataclass(frozen=True)
class Place:
    """Where the client runs; one at the start, and one whenever any of it changes."""

    cwd: str
    branch: str
    session: str
    client: str
    at: str


@dataclass(frozen=True)
class Prompt:
    """What a person said, in their own words.

    `source`: `typed`; `queued` (typed while the model was at work); `refusal` (said when refusing
    a tool call); `command` (a slash command with its arguments); `shell` (a `!` command).
    """

    text: str
    at: str
    source: Source


@dataclass(frozen=True)
class Withdrawn:
    """A queued prompt that its author took back before the model saw it."""

    text: str
    at: str


@dataclass(frozen=True)
class Usage:
    """Tokens of one response. `output` is a placeholder in transcripts of clients before 2.1.98."""

    input: int
    cache_write: int
    cache_read: int
    output: int

    @property
    def context(self) -> int:
        """Tokens the request carried: what the client itself calls the context."""
        return self.input + self.cache_write + self.cache_read


@dataclass(frozen=True)
class Answer:
    """One response of the model, whole: all its text (often none), and its last usage.

    `calls` counts its tool calls; a turn ends with an answer that makes none.
    """

    text: str
    model: str
    usage: Usage
    at: str
    id: str
    calls: int = 0


@dataclass(frozen=True)
class Call:
    """One tool call. `command` is set for shells only; `paths` are as given (mostly absolute).

    `detail` by kind: edit and create, the text that goes in; search, the pattern; agent, its task
    in one line, then its orders; task, the subject, then the description; question, the questions;
    plan, the plan; command, its description; skill, its name and arguments; web, address or query.
    """

    id: str
    tool: str
    kind: Kind
    paths: tuple[str, ...]
    command: str
    detail: str
    at: str


@dataclass(frozen=True)
class Result:
    """What a tool call brought. `refused`: a person or a rule said no, so nothing was run.

    `text` keeps a bounded head and tail. `background` is the id of what goes on running. `created`:
    the call wrote a file that was not there before.
    """

    id: str
    ok: bool
    text: str
    at: str
    refused: bool = False
    background: str = ""
    created: bool = False


@dataclass(frozen=True)
class Background:
    """What became of something left running (`completed`, `failed`, `killed`, ...), in words."""

    id: str
    state: str
    text: str
    at: str


@dataclass(frozen=True)
class Replied:
    """One question of the model with the person's answer."""

    question: str
    answer: str
    at: str


@dataclass(frozen=True)
class Todo:
    """One task as the model tracks it."""

    id: str
    text: str
    state: State


@dataclass(frozen=True)
class TodoList:
    """The whole list, which replaces what was known."""

    items: tuple[Todo, ...]
    at: str


@dataclass(frozen=True)
class TodoChange:
    """One task is new or has changed; an empty `text` keeps the old one, so does `state` None."""

    id: str
    text: str
    state: State | None
    at: str


@dataclass(frozen=True)
class Compaction:
    """The client summarised the conversation here. Tokens are 0 where it did not say."""

    at: str
    trigger: str
    pre_tokens: int
    post_tokens: int


@dataclass(frozen=True)
class Summary:
    """The client's own summary of what a compaction dropped: a model's words, not a person's."""

    text: str
    at: str


@dataclass(frozen=True)
class Interrupted:
    """A person stopped the model."""

    at: str


@dataclass(frozen=True)
class ApiError:
    """The API refused (`kind`: rate_limit, authentication_failed, ... or "unknown")."""

    kind: str
    text: str
    at: str


Event = (
    Place
    | Prompt
    | Withdrawn
    | Answer
    | Call
    | Result
    | Background
    | Replied
    | TodoList
    | TodoChange
    | Compaction
    | Summary
    | Interrupted
    | ApiError
)
