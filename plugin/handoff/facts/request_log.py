"""What a person asked for: each request once, with as much of its text as a brief may need.

While the session is read texts are only kept; what is given out in the end has no secrets.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from handoff.base import truncate
from handoff.facts import pasted_text
from handoff.facts.model import Request

if TYPE_CHECKING:
    from collections.abc import Iterator

    from handoff.client.transcript import events as ev
    from handoff.redact.redact import Clean, Redactor

LONGEST_REQUEST = 12_000
# More than these never fit a brief: of older ones the beginning and the end are enough.
REQUESTS_WHOLE, LONGEST_OLD_REQUEST = 60, 800
NEVER_DONE = 3  # of the latest that are more than a word or two: what is asked may still hold
TELLING_WORDS = 4


class RequestLog:
    """Keeps the requests of a session; one that is made again counts by its last time."""

    def __init__(self) -> None:
        self._prompts: dict[str, ev.Prompt] = {}
        self._followed: set[str] = set()

    def add(self, event: ev.Prompt) -> None:
        """A person asked for something."""
        self._prompts.pop(_key(event.text), None)
        self._prompts[_key(event.text)] = event
        self._followed.discard(_key(event.text))

    def committed(self) -> None:
        """The session has made a commit: what was asked for so far may be in it."""
        self._followed.update(self._prompts)

    def withdraw(self, event: ev.Withdrawn) -> None:
        """One of them does not count (`events.Withdrawn`)."""
        self._prompts.pop(_key(event.text), None)

    def texts(self) -> Iterator[str]:
        """What is kept of each, as it was given."""
        yield from (text for _, text in self._newest_first())

    def requests(self, clean: Redactor, *, may_be_done: bool = False) -> list[Request]:
        """All of them, newest first; `may_be_done` where no task is open."""
        told = 0
        requests = []
        for prompt, text in self._newest_first():
            done = may_be_done and told >= NEVER_DONE and _key(prompt.text) in self._followed
            requests.append(replace(_request(prompt, clean(text)), done=done))
            told += len(prompt.text.split()) >= TELLING_WORDS
        return requests

    def _newest_first(self) -> list[tuple[ev.Prompt, str]]:
        """The prompts, newest first, with as much of each text as is kept."""
        prompts = _in_time([*self._prompts.values()])[::-1]
        return [(p, _kept(p.text, age)) for age, p in enumerate(prompts)]


def _kept(text: str, age: int) -> str:
    """A request as far as it is kept, by how many came after it: what is pasted may be long."""
    half = LONGEST_REQUEST // 2 if age < REQUESTS_WHOLE else LONGEST_OLD_REQUEST // 2
    if len(text) <= 2 * half:
        return text
    return pasted_text.cut(
        text,
        lambda part: (
            part
            if len(part) <= 2 * half
            else f"{truncate.first_line(part, half)}\n\n{truncate.last_line(part, half)}"
        ),
    )


def _request(prompt: ev.Prompt, text: Clean) -> Request:
    return Request(
        pasted_text.label_pasted(text), prompt.at, prompt.source, pasted_text.find_pasted(text)
    )


def _key(text: str) -> str:
    return " ".join(text.split())


def _in_time(prompts: list[ev.Prompt]) -> list[ev.Prompt]:
    """In time order where every record has a time, else in file order."""
    return sorted(prompts, key=lambda p: p.at) if all(p.at for p in prompts) else prompts
