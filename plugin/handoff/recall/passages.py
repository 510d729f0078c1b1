"""A session's events as passages that can be searched: each with its turn and what it is.

A turn is one answer of the model with its calls and their results, as the client counts turns; a
person's words open the next one. Numbers begin at 1. Memory does not grow with the session: only
calls that wait for their result are remembered.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from handoff.client.transcript import events as ev

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Voice = Literal["user", "model", "call", "output", "summary"]
PASSAGE = 800  # characters: a paragraph or two, so that eight fit into 1,500 tokens
_OVERHANG = 120  # characters by which a passage may be longer, to end with a line


@dataclass(frozen=True)
class Entry:
    """One thing that was said or done in a turn, whole. `number` counts entries from 0.

    `about` says what it is ("output of `pytest -q`"), at whatever length: it is cut where it is
    shown, behind the redaction. `state` is ", failed" or ", refused" or "". `paths` are files as
    the call named them; `command` is the shell command that was run or that brought this output.
    """

    number: int
    turn: int
    at: str
    voice: Voice
    about: str
    text: str
    paths: tuple[str, ...] = ()
    command: str = ""
    state: str = ""


def read_entries(events: Iterable[ev.Event]) -> Iterator[Entry]:
    """What was said and done, in file order; turns count up, but a late output may bring its own
    turn's number after a later one.
    """
    teller = _Teller()
    for event in events:
        tell = _TELLS.get(type(event))
        if tell is not None:
            yield from tell(teller, event)


def split_text(text: str, most: int = PASSAGE) -> list[str]:
    """A text in pieces of about `most` characters, each ending with a line or a word if it can."""
    pieces = []
    start = 0
    while len(text) - start > most + _OVERHANG:
        end = text.rfind("\n", start + most // 2, start + most + _OVERHANG)
        if end < 0:
            end = text.rfind(" ", start + most // 2, start + most)
        end = end + 1 if end >= 0 else start + most
        pieces.append(text[start:end])
        start = end
    pieces.append(text[start:])
    return [piece for piece in pieces if piece.strip()]


class _Teller:
    """Counts turns, and knows which call an output belongs to."""

    def __init__(self) -> None:
        self.turn = 0
        self.number = 0
        self.answered = True  # what comes next opens a turn
        self.calls: dict[str, tuple[int, ev.Call]] = {}

    def prompt(self, event: ev.Prompt) -> Iterator[Entry]:
        if event.source != "queued":  # typed while the model was at work: of the turn at hand
            self._open()
        yield self._entry(event.at, "user", _SOURCES[event.source], event.text)

    def answer(self, event: ev.Answer) -> Iterator[Entry]:
        self._open()
        self.answered = True
        if event.text.strip():
            yield self._entry(event.at, "model", "the model said", event.text)

    def call(self, event: ev.Call) -> Iterator[Entry]:
        self._open()
        self.calls[event.id] = (self.turn, event)
        text = "\n".join(part for part in (event.command, event.detail) if part)
        if text and event.kind not in ("read", "search"):
            yield self._entry(
                event.at, "call", _called(event), text, event.paths, event.command
            )  # fmt: skip

    def result(self, event: ev.Result) -> Iterator[Entry]:
        turn, call = self.calls.pop(event.id, (self.turn, None))
        says_nothing = call is not None and call.kind in ("edit", "create", "task") and event.ok
        if not event.text.strip() or says_nothing:
            return
        state = "" if event.ok else ", refused" if event.refused else ", failed"
        paths, command = (call.paths, call.command) if call else ((), "")
        told = self._entry(event.at, "output", _output(call), event.text, paths, command, turn)
        yield replace(told, state=state)

    def background(self, event: ev.Background) -> Iterator[Entry]:
        if event.text.strip():
            about = f"a background task {event.state or 'said'}"
            yield self._entry(event.at, "output", about, event.text)

    def replied(self, event: ev.Replied) -> Iterator[Entry]:
        text = f"{event.question}\n-> {event.answer}"
        yield self._entry(event.at, "user", "the user answered a question", text)

    def summary(self, event: ev.Summary) -> Iterator[Entry]:
        yield self._entry(event.at, "summary", "the client's summary at a compaction", event.text)

    def error(self, event: ev.ApiError) -> Iterator[Entry]:
        yield self._entry(event.at, "output", "the API refused", event.text)

    def _open(self) -> None:
        """A new turn, unless the one at hand still waits for its answer."""
        self.turn += self.answered
        self.answered = False

    def _entry(
        self,
        at: str,
        voice: Voice,
        about: str,
        text: str,
        paths: tuple[str, ...] = (),
        command: str = "",
        turn: int = 0,
    ) -> Entry:
        entry = Entry(
            self.number, turn or max(self.turn, 1), at, voice, about, text, paths, command
        )
        self.number += 1
        return entry


_SOURCES = {
    "typed": "the user said",
    "queued": "the user said meanwhile",
    "refusal": "the user said, refusing a call",
    "unconfirmed": "said in refusing a call, unconfirmed",
    "command": "the user called a command",
    "shell": "the user ran",
}
_VERBS = {
    "edit": "edited",
    "create": "wrote",
    "command": "ran",
    "task": "noted a task",
    "question": "asked the user",
    "plan": "made a plan",
    "agent": "started a subagent",
    "skill": "used a skill",
    "web": "looked up",
}


def _called(call: ev.Call) -> str:
    verb = _VERBS.get(call.kind) or f"called {call.tool}"
    return " ".join(["the model", verb, *call.paths[:1]])


def _output(call: ev.Call | None) -> str:
    if call is None:
        return "output"
    if call.command:
        return f"output of `{call.command.strip()}`"
    named = call.paths[0] if call.paths else call.detail
    return f"output of {call.tool or 'a call'} {named}".rstrip()


_TELLS: dict[type, Callable[[_Teller, Any], Iterator[Entry]]] = {
    ev.Prompt: _Teller.prompt,
    ev.Answer: _Teller.answer,
    ev.Call: _Teller.call,
    ev.Result: _Teller.result,
    ev.Background: _Teller.background,
    ev.Replied: _Teller.replied,
    ev.Summary: _Teller.summary,
    ev.ApiError: _Teller.error,
}
