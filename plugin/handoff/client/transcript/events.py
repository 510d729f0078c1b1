"""What a transcript says, in words that are not the client's: the values `reader.read` yields.

Every `at` is the record's timestamp as written (ISO 8601, UTC), "" when there is none. Events come
in file order, which is not time order everywhere: who needs time order sorts by `at`.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

# Around each part of a prompt that its author pasted: not their own words.
PASTED_FROM, PASTED_TO = "\x02", "\x03"
Source = Literal["typed", "queued", "refusal", "unconfirmed", "command", "shell"]
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
    "move",
]
State = Literal["pending", "in_progress", "completed", "deleted"]


class Place(NamedTuple):
    """Where the client runs; one at the start, and one whenever any of it changes."""

    cwd: str
    branch: str
    session: str
    client: str
    at: str


class Prompt(NamedTuple):
    """What a person said, in their own words.

    What they pasted stands in it between `PASTED_FROM` and `PASTED_TO`, where the client tells.
    `source`: `typed`; `queued` (typed while the model was at work); `refusal` (said when refusing
    a tool call); `unconfirmed` (a refusal's words where the client does not record who refused);
    `command` (a slash command with its arguments); `shell` (a `!` command).
    """

    text: str
    at: str
    source: Source


class Withdrawn(NamedTuple):
    """A queued prompt that does not count: its author took it back before the model saw it, or
    the client said at its delivery that no person wrote it.
    """

    text: str
    at: str


class Instructions(NamedTuple):
    """What the client put in for the model to read, such as a skill's text: no person's words."""

    text: str
    at: str


class Usage(NamedTuple):
    """Tokens of one response. `output` is a placeholder in transcripts of clients before 2.1.98."""

    input: int
    cache_write: int
    cache_read: int
    output: int

    @property
    def context(self) -> int:
        """Tokens the request carried: what the client itself calls the context."""
        return self.input + self.cache_write + self.cache_read


class Answer(NamedTuple):
    """One response of the model, whole: all its text (often none), and its last usage.

    `calls` counts its tool calls; a turn ends with an answer that makes none. `said` is when the
    last of its text was written, "" if it has none: `at` is when it began.
    """

    text: str
    model: str
    usage: Usage
    at: str
    id: str
    calls: int = 0
    said: str = ""


class Call(NamedTuple):
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


class Result(NamedTuple):
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


class Background(NamedTuple):
    """What became of something left running (`completed`, `failed`, `killed`, ...), in words."""

    id: str
    state: str
    text: str
    at: str


class Replied(NamedTuple):
    """One question of the model with the person's answer."""

    question: str
    answer: str
    at: str


class Todo(NamedTuple):
    """One task as the model tracks it."""

    id: str
    text: str
    state: State


class TodoList(NamedTuple):
    """The whole list, which replaces what was known."""

    items: tuple[Todo, ...]
    at: str


class TodoChange(NamedTuple):
    """One task is new or has changed; an empty `text` keeps the old one, so does `state` None."""

    id: str
    text: str
    state: State | None
    at: str


class Compaction(NamedTuple):
    """The client summarised the conversation here. Tokens are 0 where it did not say."""

    at: str
    trigger: str
    pre_tokens: int
    post_tokens: int


class Summary(NamedTuple):
    """The client's own summary of what a compaction dropped: a model's words, not a person's."""

    text: str
    at: str


class Interrupted(NamedTuple):
    """A person stopped the model."""

    at: str


class ApiError(NamedTuple):
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
    | Instructions
    | Interrupted
    | ApiError
)
