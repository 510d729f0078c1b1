"""What a person asked for: each request once, with as much of its text as a brief may need.

While the session is read texts are only kept; what is given out in the end has no secrets.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from handoff.base import truncate
from handoff.facts import constraint_words, pasted_text, short_answers
from handoff.facts.asked_before import AskedBefore
from handoff.facts.model import Request
from handoff.facts.word_count import count_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from handoff.client.transcript import events as ev
    from handoff.redact.redact import Clean, Redactor

LONGEST_REQUEST = 12_000
# More than these never fit a brief: of older ones the beginning and the end are enough.
REQUESTS_WHOLE, LONGEST_OLD_REQUEST = 60, 800
NEVER_DONE = 3  # of the latest that are more than a word or two: what is asked may still hold
TELLING_WORDS = 4
_SUBJECT_CHARS = 400
_AT = "\0"
_REFUSALS = ("refusal", "unconfirmed")
_SAID = ("typed", "queued")


class RequestLog:
    """Keeps the requests of a session; one that is made again counts by its last time. A short
    reply is another one each time: it answers another question.
    """

    def __init__(self) -> None:
        self._prompts: dict[str, ev.Prompt] = {}
        self._followed: set[str] = set()
        self._before = AskedBefore()
        self._refused: ev.Call | None = None
        self._calls: dict[str, ev.Call] = {}  # refused with words, by the key of these

    def add(self, event: ev.Prompt) -> None:
        """A person asked for something."""
        key = _key(event)
        self._prompts.pop(key, None)
        self._prompts[key] = event
        self._followed.discard(key)
        self._before.add_prompt(event)
        if event.source in _REFUSALS and self._refused is not None:
            self._calls[key] = self._refused
        self._refused = None

    def committed(self) -> None:
        """The session has made a commit: what was asked for so far may be in it."""
        self._followed.update(self._prompts)

    def withdraw(self, event: ev.Withdrawn) -> None:
        """One of them does not count (`events.Withdrawn`)."""
        words = _words(event.text)
        for key in reversed(self._prompts):
            if key.partition(_AT)[0] == words:
                del self._prompts[key]
                break

    def answered(self, event: ev.Answer) -> None:
        """The model has said something, perhaps a question."""
        self._before.add_answer(event)

    def refused(self, call: ev.Call) -> None:
        """A call was refused; what the person said then comes next, if anything."""
        self._refused = call

    def compacted(self, event: ev.Compaction) -> None:
        """What was asked before is behind a compaction."""
        self._before.add_break(event.at)

    def texts(self) -> Iterator[str]:
        """What is kept of each, as it was given."""
        yield from (text for _, text in self._newest_first())
        yield from self._told().values()

    def requests(self, clean: Redactor, *, may_be_done: bool = False) -> list[Request]:
        """All of them, newest first; `may_be_done` where no task is open."""
        told = self._told()
        requests: list[Request] = []
        seen: set[tuple[str, str]] = set()
        later = 0  # requests that followed and say what to do
        for prompt, text in self._newest_first():
            key = _key(prompt)
            request = _request(prompt, clean(text))
            question = self._question(key, request.text, told.get(key, ""), clean)
            if (_words(prompt.text), question) not in seen:
                seen.add((_words(prompt.text), question))
                is_followed = may_be_done and later >= NEVER_DONE and key in self._followed
                done = is_followed and not constraint_words.is_rule(request.text)
                requests.append(replace(request, question=question, done=done))
                later += count_words(prompt.text) >= TELLING_WORDS
        return requests

    def _question(self, key: str, reply: str, told: str, clean: Redactor) -> str:
        call = self._calls.get(key)
        if call is not None:
            return short_answers.name_call(clean(call.tool), clean(_subject(call)))
        return short_answers.find_question(reply, clean(told)) if told else ""

    def _told(self) -> dict[str, str]:
        """What the model had said before each of the last short replies, as it was given."""
        before = self._before.find()
        wanted = [
            prompt
            for prompt, _ in self._newest_first()[:REQUESTS_WHOLE]
            if prompt.source in _SAID and short_answers.is_reply(prompt.text)
        ]
        told = {_key(p): before.get((p.text, p.at), "") for p in wanted}
        return {key: text for key, text in told.items() if text} | {
            f"{key}{_AT}": _subject(call) for key, call in self._calls.items()
        }

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


def _key(prompt: ev.Prompt) -> str:
    words = _words(prompt.text)
    return f"{words}{_AT}{prompt.at}" if short_answers.is_reply(prompt.text) else words


def _words(text: str) -> str:
    return " ".join(text.split())


def _subject(call: ev.Call) -> str:
    """What a call was to work on: its first file, its command, or what it says of itself."""
    paths = call.paths[0].rsplit("/", 2)[-2:] if call.paths else []
    return "/".join(paths) or truncate.first_line(call.command or call.detail, _SUBJECT_CHARS)


def _in_time(prompts: list[ev.Prompt]) -> list[ev.Prompt]:
    """In time order where every record has a time, else in file order."""
    return sorted(prompts, key=lambda p: p.at) if all(p.at for p in prompts) else prompts
