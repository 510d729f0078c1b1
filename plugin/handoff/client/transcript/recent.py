"""The end of a transcript, looked at more closely than the hooks do: for `handoff status`.

The last answers one by one, what was appended since the last one, the prompt cache's life, and the
rate limit the session stands at. Format: docs/client.md, "Transcript".
"""

from __future__ import annotations

import datetime
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from handoff.base import fields
from handoff.client.transcript import branches, limits, tail

if TYPE_CHECKING:
    from collections.abc import Iterator

CHARACTERS_PER_TOKEN = 3  # the client's own estimate of what is unsent (2.1.330)
_PICTURE_CHARACTERS = 1_600 * CHARACTERS_PER_TOKEN  # the most that a picture costs
_FIRST_BLOCK = 1024 * 1024
_LAST_BLOCK = 64 * 1024 * 1024
_SECONDS = {"5m": 300.0, "1h": 3600.0}
_HINTS = (b'"assistant"', b'"user"', b'"attachment"', b'"compact_boundary"')


@dataclass
class Answer:
    """One answer of the main chain: its context and output in tokens, when it came (epoch s)."""

    key: str
    model: str
    tokens: int
    output: int
    at: float
    ttl: str
    caches: bool


@dataclass(frozen=True)
class Recent:
    """What the end of a transcript says.

    `answers` are the latest of this cycle, oldest first; `appended` is an estimate in tokens of
    what the next request holds beyond the last answer's context: that answer itself, and the tool
    results, prompts and reminders behind it. `limit` is the rate limit nothing was answered after.
    """

    answers: tuple[Answer, ...] = ()
    appended: int | None = None
    limit: limits.Limit | None = None

    @property
    def growth(self) -> float | None:
        """Tokens by which a call made the context grow, on average; None with fewer than two."""
        if len(self.answers) < 2:
            return None
        grown = self.answers[-1].tokens - self.answers[0].tokens
        return max(0.0, grown / (len(self.answers) - 1))

    @property
    def output(self) -> float:
        """Tokens of output of a call, on average."""
        return sum(answer.output for answer in self.answers) / max(1, len(self.answers))

    @property
    def cache_expires_at(self) -> float | None:
        """When the prompt cache goes cold (epoch seconds); None without one."""
        last = self.answers[-1] if self.answers else None
        if last is None or not last.caches or not last.at:
            return None
        return last.at + _SECONDS.get(last.ttl, 300.0)


def read(path: str) -> Recent:
    """The end of the transcript at `path`; empty if there is none."""
    try:
        with open(path, "rb", opener=tail.open_regular) as file:
            size = os.fstat(file.fileno()).st_size
            block = _FIRST_BLOCK
            while True:
                start = max(0, size - block)
                file.seek(start)
                if start:
                    file.readline()  # half of one
                start = file.tell()
                content = file.read(size)
                turns = branches.Turns(file)
                turns.add_block(content, len(content), start)
                reader = _Reader()
                for line in _kept(content, start, turns.spans):
                    reader.add_line(line)
                # With one answer alone its first lines may lie before the block.
                if reader.is_enough or start == 0 or block >= _LAST_BLOCK:
                    return reader.recent()
                block *= 8
    except (OSError, ValueError):
        return Recent()


def _kept(content: bytes, offset: int, spans: list[tuple[int, int]]) -> Iterator[bytes]:
    """The lines of `content`, which stands at `offset`, but for those that a person took back."""
    for line in content.split(b"\n"):
        if not any(start < offset < end for start, end in spans):
            yield line
        offset += len(line) + 1


class _Reader:
    """The records from some place on, in their order."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.characters = 0
        self.compacted = False
        self.limit: limits.Limit | None = None

    @property
    def is_enough(self) -> bool:
        return len(self.answers) > 1 or self.compacted

    def add_line(self, line: bytes) -> None:
        if any(hint in line for hint in _HINTS):
            for record in tail.read_objects(line):
                self._record(record)

    def recent(self) -> Recent:
        output = self.answers[-1].output if self.answers else 0
        known = self.answers or self.compacted
        appended = output + self.characters // CHARACTERS_PER_TOKEN if known else None
        return Recent(tuple(self.answers), appended, self.limit)

    def _record(self, record: dict[str, Any]) -> None:
        if record.get("isSidechain") is True:
            return
        kind = record.get("type")
        figures = tail.read_figures(record)
        if kind == "system" and figures is not None:
            # A compaction is an answer too: no limit stood in its way.
            self.answers, self.characters, self.compacted, self.limit = [], 0, True, None
        elif kind == "assistant" and figures is not None:
            self._answer(record, figures)
        elif kind == "assistant" and record.get("isApiErrorMessage"):
            self.limit = limits.read_limit(record) or self.limit
        elif kind == "user" and not record.get("isCompactSummary"):
            self.characters += _characters(fields.mapping(record.get("message")).get("content"))
        elif kind == "attachment":
            attached = fields.mapping(record.get("attachment"))
            if attached.get("type") in ("queued_command", "hook_additional_context"):
                self.characters += _characters(attached.get("prompt") or attached.get("content"))

    def _answer(self, record: dict[str, Any], figures: tail.Last) -> None:
        message = fields.mapping(record.get("message"))
        usage = fields.mapping(message.get("usage"))
        answer = Answer(
            key=fields.text(message.get("id")) or fields.text(record.get("requestId")),
            model=figures.model,
            tokens=figures.tokens,
            output=fields.count(usage.get("output_tokens")) or 0,
            at=parse_time(record.get("timestamp")) or 0.0,
            ttl=_ttl(record, usage),
            caches=bool(fields.count(usage.get("cache_creation_input_tokens")))
            or bool(fields.count(usage.get("cache_read_input_tokens"))),
        )
        self.limit = None
        # An answer is several lines; tool results may stand between them.
        if self.answers and answer.key and self.answers[-1].key == answer.key:
            self.answers[-1] = answer
            return
        self.answers.append(answer)
        self.characters = 0


def parse_time(stamp: object) -> float | None:
    """Epoch seconds of a record's timestamp."""
    if not isinstance(stamp, str):
        return None
    try:
        time = datetime.datetime.fromisoformat(stamp.replace("Z", "+00:00"))
        return time.timestamp() if time.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _ttl(record: dict[str, Any], usage: dict[str, Any]) -> str:
    """How long the cache lives: as the API wrote it, else as the client asked (2.1.330)."""
    written = fields.mapping(usage.get("cache_creation"))
    if fields.count(written.get("ephemeral_1h_input_tokens")):
        return "1h"
    if fields.count(written.get("ephemeral_5m_input_tokens")):
        return "5m"
    return fields.text(record.get("promptCacheRequested")) or "5m"


def _characters(content: object) -> int:
    """Characters that a message's content puts before the model."""
    if isinstance(content, str):
        return len(content)
    if not isinstance(content, list):
        return 0
    count = 0
    for block in content:
        if isinstance(block, str):
            count += len(block)
        elif isinstance(block, dict) and block.get("type") == "text":
            count += len(fields.text(block.get("text")))
        elif isinstance(block, dict) and block.get("type") == "tool_result":
            count += _characters(block.get("content"))
        elif isinstance(block, dict) and block.get("type") in ("image", "document"):
            count += _PICTURE_CHARACTERS
    return count
