"""What the model had said when a person replied, by the times of both.

File order is not time order: a prompt that was typed while the model worked may stand before the
answer that it follows, and one that was typed first answers nothing that came later. Where a record
has no time the order of the file counts.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Literal, NamedTuple

from handoff.base import truncate
from handoff.facts import short_answers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from handoff.client.transcript import events as ev

_KEPT = 2_000  # turns
_TOLD_CHARS = 4_000  # characters of the end of an answer


class _Turn(NamedTuple):
    at: str
    kind: Literal["answer", "work", "prompt", "break"]
    text: str  # of an answer: what may ask; of a prompt: its words


class AskedBefore:
    """Follows a conversation, and knows what was asked before each reply."""

    def __init__(self) -> None:
        self._turns: deque[_Turn] = deque(maxlen=_KEPT)

    def add_answer(self, event: ev.Answer) -> None:
        """The model has answered; an answer without words is work."""
        if not event.text.strip():
            self._turns.append(_Turn(event.at, "work", ""))
            return
        asks = short_answers.may_ask(event.text)
        told = truncate.last_line(event.text, _TOLD_CHARS) if asks else ""
        self._turns.append(_Turn(event.said or event.at, "answer", told))

    def add_prompt(self, event: ev.Prompt) -> None:
        """A person has said something."""
        self._turns.append(_Turn(event.at, "prompt", event.text))

    def add_break(self, at: str) -> None:
        """The conversation was compacted: a reply answers nothing that was said before."""
        self._turns.append(_Turn(at, "break", ""))

    def find(self) -> dict[tuple[str, str], str]:
        """What the model had said before each prompt, by its words and its time; as it was given.

        A question is open until the model says something else, or works after a prompt.
        """
        return dict(self._pairs())

    def _pairs(self) -> Iterator[tuple[tuple[str, str], str]]:
        told, replied = "", False
        for turn in self._in_time():
            if turn.kind == "prompt":
                if told:
                    yield (turn.text, turn.at), told
                replied = True
            elif turn.kind == "work":
                told = "" if replied else told
            else:
                told, replied = turn.text, False

    def _in_time(self) -> list[_Turn]:
        turns = list(self._turns)
        return sorted(turns, key=lambda t: t.at) if all(t.at for t in turns) else turns
