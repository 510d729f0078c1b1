"""Reads a session's transcript: `read(path)` yields what happened, in neutral words.

The format is internal to the client and changes with it; this module and its neighbours (`lines`,
`words`, `tools`) are the only ones that know it. Seen: clients 2.1.38 to 2.1.330.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from handoff.base import fields
from handoff.client.transcript import fork_origin, prompts, refusals, tools
from handoff.client.transcript.events import (
    ApiError,
    Background,
    Compaction,
    Instructions,
    Place,
    Prompt,
    Summary,
    Withdrawn,
)
from handoff.client.transcript.lines import TAKEN_BACK
from handoff.client.transcript.response import Response

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from handoff.client.transcript.events import Call, Event


RECENT = 5_000_000  # bytes: some 500 calls, beyond which age says nothing more


def read(path: str, recent: int | None = None) -> Iterator[Event]:
    """What happened in the session of the transcript at `path`, in file order.

    What a forked session was forked from comes first (`origin`), up to the fork.
    Streams: memory does not grow with the file. Subagents' own records and what a person took back
    (`branches`) are left out. A queued prompt comes once, when it was typed. An `Answer` comes when
    its response is over, so after the calls it makes. Bad lines are passed over. With `recent`
    (`RECENT` is a good value), what is older than the last so many bytes is thinned out to what
    stays true: a person's words, edits, tasks, questions, subagents, commits. Raises HandoffError
    for a path that is no file.
    """
    return events(fork_origin.records(path, recent))


def events(records: Iterable[dict[str, Any]]) -> Iterator[Event]:
    """The events in transcript records."""
    reader = _Reader()
    for record in records:
        if record.get("isSidechain"):
            continue
        if record.get(TAKEN_BACK):
            yield from reader.taken_back(record)
            continue
        kind = record.get("type")
        if kind == "assistant":
            yield from reader.assistant(record)
        elif kind == "user":
            yield from reader.user(record)
        elif kind == "queue-operation":
            yield from reader.queue(record)
        elif kind == "attachment":
            yield from reader.attachment(record)
        elif kind == "system":
            yield from reader.system(record)
    yield from reader.close()


class _Reader:
    """What must be remembered between records: the open response, open calls, queued prompts."""

    def __init__(self) -> None:
        self.response: Response | None = None
        self.calls: dict[str, Call] = {}
        self.stops: dict[str, str] = {}
        self.seen: set[str] = set()
        self.queued: dict[str, int] = {}
        self.scheduled: set[str] = set()
        self.place = Place("", "", "", "", "")
        self.told_place: tuple[object, ...] = ()

    def assistant(self, record: dict[str, Any]) -> Iterator[Event]:
        at = tools.clean(record.get("timestamp"))
        message = fields.mapping(record.get("message"))
        if message.get("model") == "<synthetic>" or record.get("isApiErrorMessage"):
            yield from _api_error(record, message, at)
            return
        yield from self._where(record, at)
        key = tools.clean(message.get("id") or record.get("requestId"))
        if self.response is None or not key or key != self.response.key:
            yield from self.close()
            self.response = Response(key)
        self.response.add(message, at)
        for block in fields.mappings(message.get("content")):
            if block.get("type") == "tool_use":
                yield from self._call(block, at)

    def user(self, record: dict[str, Any]) -> Iterator[Event]:
        at = tools.clean(record.get("timestamp"))
        yield from self._where(record, at)
        content = fields.mapping(record.get("message")).get("content")
        if isinstance(content, str):
            content = [{"type": "text", "text": content}]
        for block in fields.mappings(content):
            kind = block.get("type")
            if kind == "tool_result":
                yield from self._result(block, record, content, at)
            elif kind == "text":
                text = tools.clean(block.get("text"))
                if record.get("isCompactSummary"):
                    yield Summary(prompts.read_summary(text), at)
                elif prompts.is_person(record):
                    yield from self._said(text, at)
                else:
                    yield from self._not_said(text, at)
                    if record.get("isMeta"):
                        yield Instructions(text, at)

    def queue(self, record: dict[str, Any]) -> Iterator[Event]:
        at = tools.clean(record.get("timestamp"))
        text = tools.clean(record.get("content"))
        if record.get("operation") == "enqueue":
            if _key(text) in self.scheduled:
                return
            for event in prompts.read_prompt(text, at, "queued"):
                if isinstance(event, Prompt):
                    key = _key(event.text)
                    self.queued[key] = self.queued.get(key, 0) + 1
                yield event
        elif record.get("operation") == "popAll" and text:
            self.queued.pop(_key(text), None)
            yield Withdrawn(text, at)

    def attachment(self, record: dict[str, Any]) -> Iterator[Event]:
        attached = fields.mapping(record.get("attachment"))
        if (
            attached.get("type") == "goal_status"
            and attached.get("sentinel")
            and not attached.get("met")
        ):
            goal = tools.clean(attached.get("condition")).strip()  # what `/goal` was given
            if goal:
                yield Prompt(goal, tools.clean(record.get("timestamp")), "typed")
        if attached.get("type") != "queued_command":
            return
        at = tools.clean(attached.get("timestamp") or record.get("timestamp"))
        given = attached.get("prompt")
        texts = (
            [given] if isinstance(given, str) else [b.get("text") for b in fields.mappings(given)]
        )
        for text in texts:
            if prompts.is_person(attached):
                yield from self._said(tools.clean(text), at, queued=True)
            else:
                yield from self._not_said(tools.clean(text), at)

    def system(self, record: dict[str, Any]) -> Iterator[Event]:
        if record.get("subtype") != "compact_boundary":
            return
        yield from self.close()
        told = fields.mapping(record.get("compactMetadata"))
        yield Compaction(
            tools.clean(record.get("timestamp")),
            tools.clean(told.get("trigger")),
            fields.count(told.get("preTokens")) or 0,
            fields.count(told.get("postTokens")) or 0,
        )

    def taken_back(self, record: dict[str, Any]) -> Iterator[Event]:
        """A prompt was taken back: if it was queued before, it has been told already."""
        attached = fields.mapping(record.get("attachment"))
        given = attached.get("prompt") or fields.mapping(record.get("message")).get("content")
        texts = (
            [given] if isinstance(given, str) else [b.get("text") for b in fields.mappings(given)]
        )
        for event in (e for text in texts for e in prompts.read_prompt(tools.clean(text), "")):
            if isinstance(event, Prompt) and self._was_queued(event.text):
                yield Withdrawn(event.text, tools.clean(record.get("timestamp")))

    def close(self) -> Iterator[Event]:
        """The response in hand is over."""
        if self.response is not None:
            yield self.response.answer()
            self.response = None

    def _where(self, record: dict[str, Any], at: str) -> Iterator[Event]:
        get = record.get
        told = (get("cwd"), get("gitBranch"), get("sessionId"), get("version"))
        if told == self.told_place:
            return
        self.told_place = told
        old = self.place
        new = (
            tools.clean(record.get("cwd")) or old.cwd,
            tools.clean(record.get("gitBranch")) or old.branch,
            tools.clean(record.get("sessionId")) or old.session,
            tools.clean(record.get("version")) or old.client,
        )
        if new != (old.cwd, old.branch, old.session, old.client):
            self.place = Place(*new, at)
            yield self.place

    def _call(self, block: dict[str, Any], at: str) -> Iterator[Event]:
        call = tools.read_call(block, at)
        if call.id and call.id in self.seen:
            return
        self.seen.add(call.id)
        self.calls[call.id] = call
        stopped = tools.stopped_task(block)
        if stopped:
            self.stops[call.id] = stopped
        scheduled = tools.scheduled_prompt(block)
        if scheduled:
            self.scheduled.add(_key(scheduled))
        yield call
        yield from tools.read_todos(call, block)

    def _result(
        self, block: dict[str, Any], record: dict[str, Any], content: object, at: str
    ) -> Iterator[Event]:
        call = self.calls.pop(tools.clean(block.get("tool_use_id")), None)
        # Of several results in one record the client's word on refusals is no single one's.
        told = record if len(fields.mappings(content)) == 1 else {}
        text = tools.text_of(block.get("content")) if block.get("is_error") else ""
        refuser = refusals.who_refused(told, text, call) if text else ""
        got = tools.read_call_result(block, call, at, refused=bool(refuser))
        yield got
        if refuser in ("person", "unconfirmed"):
            words = refusals.persons_words(told, text)
            if words:
                yield Prompt(words, at, "refusal" if refuser == "person" else "unconfirmed")
        yield from tools.read_effects(got, call, record.get("toolUseResult"))
        stopped = self.stops.pop(got.id, "")
        if stopped and got.ok:
            yield Background(stopped, "killed", "", at)

    def _said(self, text: str, at: str, queued: bool = False) -> Iterator[Event]:
        yield from self.close()
        command = prompts.local_command(text)
        if command and self._was_queued(command):
            yield Withdrawn(command, at)
        for event in prompts.read_prompt(text, at, "queued" if queued else "typed"):
            if not isinstance(event, Prompt) or not self._was_queued(event.text):
                yield event

    def _not_said(self, text: str, at: str) -> Iterator[Event]:
        """A text that the client says is no person's; it was queued as if it could be one's."""
        if text.startswith("<task-notification"):
            yield from prompts.read_notification(text, at)
        elif self.queued.pop(_key(text), 0):
            yield Withdrawn(text, at)

    def _was_queued(self, text: str) -> bool:
        """Whether these words were already told when they were queued, alone or with others."""
        rest = _key(text)
        used = []
        for key in [rest] if rest in self.queued else list(self.queued):
            if key in rest:
                rest = rest.replace(key, "", 1)
                used.append(key)
        if rest.strip():
            return False
        for key in used:
            self.queued[key] -= 1
            if not self.queued[key]:
                del self.queued[key]
        return bool(used)


def _api_error(record: dict[str, Any], message: dict[str, Any], at: str) -> Iterator[Event]:
    if not record.get("isApiErrorMessage"):
        return
    texts = [tools.clean(block.get("text")) for block in fields.mappings(message.get("content"))]
    kind = tools.clean(record.get("error")) or "unknown"
    yield ApiError(kind, "\n".join(t for t in texts if t), at)


def _key(text: str) -> str:
    return " ".join(text.split())
