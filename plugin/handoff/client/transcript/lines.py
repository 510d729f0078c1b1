"""A transcript's lines as JSON objects: one pass, bounded memory, whatever is in the file.

Damage seen in real files: two objects on a line, a torn last line (also with the next object
right behind it), invalid lines, NUL bytes, lines of many MB.
"""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from handoff.base.errors import HandoffError
from handoff.client.transcript import branches

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import BinaryIO

# No request of the client is larger than 32 MB, so no line that matters is.
MAX_LINE_BYTES = 48 * 1024 * 1024
_BLOCK = 1024 * 1024
_KIND = 1024  # a record that tells its kind later is read
_HEAD = 2048  # the type of a record stands in front of its content, or right at the start
_BEGIN = 320  # a result's first words
_TAIL = 500  # the last fields of a record
_DECODER = json.JSONDecoder(strict=False)
_RESTART = re.compile(r'\{"(?:parentUuid|logicalParentUuid)"')
_TIMESTAMP = re.compile(rb'"timestamp":"([^"\\]{1,40})"')
_SKIPPED_FIRST = re.compile(
    rb'\{"type":"(?:progress|last-prompt|custom-title|mode|permission-mode|file-history-snapshot|'
    rb"api-request[\w-]*|cost-state|tools-used|pr-link|frame-link|atis-latch|summary|"
    rb'queue-operation","operation":"(?:remove|dequeue))"'
)
_QUEUED, _GOAL = b'"queued_command"', b'"goal_status"'
_PROGRESS, _ATTACHMENT, _MESSAGE = b'"type":"progress",', b'"attachment":{', b'"message":'
_PROGRESS_END, _ATTACHMENT_END = b'"parentToolUseID":"', b'"type":"attachment"'
_SYSTEM, _BOUNDARY = b'"type":"system",', b'"subtype":"compact_boundary"'
_SIDECHAIN, _ASSISTANT = b'"isSidechain":true,', b'"role":"assistant"'
_THINKING, _TOOL_USE, _TEXT = b'"type":"thinking"', b'"type":"tool_use"', b'"type":"text"'
_TYPE, _USUAL = b'"type":"', (b"m", b"u")  # an answer's message, a user's record
_RESULT, _NAME = b'"type":"tool_result"', b'"name":"'
_LASTING_TOOL = re.compile(
    rb'"name":"(?:Edit|Write|MultiEdit|NotebookEdit|TodoWrite|Task\w*|Agent|AskUserQuestion|'
    rb'ExitPlanMode|KillShell|CronCreate|ScheduleWakeup)"'
)
_LASTING_RESULTS = (
    b"Task #",
    b"approved your plan",
    b"agentId: ",
    b"with ID: ",
    b"<task_id>",
    b"File created",
    b"The file ",
)
_AGENT_DONE = b'"totalToolUseCount":'
_COMMITTED = re.compile(rb"\[[\w/.() -]{1,200} [0-9a-f]{7,12}\] ")
_RESULT_COPY = b',"toolUseResult":'
_FAILED = b'"is_error":true'
TAKEN_BACK = "handoff:takenBack"  # a key of our own, on a record that a person has taken back
_NONE = (sys.maxsize, sys.maxsize)


def objects(
    path: str, recent: int | None = None, until: int = sys.maxsize
) -> Iterator[dict[str, Any]]:
    """The records of a transcript that can matter to a reader, in file order.

    Records that cannot are skipped by a look at their bytes, and the client's second copy of a tool
    result (`toolUseResult`) is cut off before parsing, with the fields behind it, except where it
    holds a person's answers or the call failed: who refused it stands behind the copy.
    What a person took back (see `branches`) is left out, but for their own words, marked
    `TAKEN_BACK`. With `recent`, only the last so many bytes come whole; before them come a person's
    words, what the model said, edits, tasks, questions, subagents and commits alone, which is what
    stays true for long. `until` is the byte before which all records begin. Raises HandoffError,
    when called, for a path that is no readable file.
    """
    with _open(path):
        return _objects(path, recent, until)


def _open(path: str) -> BinaryIO:
    hint = (
        "Name a session's .jsonl file; the client writes it with the first answer of the session."
    )
    try:
        if not Path(path).is_file():
            raise HandoffError(f"There is no transcript at {path}.", hint)
        return Path(path).open("rb", buffering=0)
    except (OSError, ValueError) as error:
        raise HandoffError(f"The transcript {path} cannot be read: {error}", hint) from None


def _objects(path: str, recent: int | None, until: int) -> Iterator[dict[str, Any]]:
    with _open(path) as file:
        whole_from = 0 if recent is None else os.fstat(file.fileno()).st_size - recent
        spans = iter(_taken_back(file, until))
        back_from, back_to = next(spans, _NONE)
        for offset, lines, size in _blocks(file, until):
            start, find, old = 0, lines.find, whole_from - offset
            while start < size:
                end = find(b"\n", start, size) + 1 or size
                if offset + start > back_from:
                    if offset + start < back_to:
                        yield from _words_taken_back(lines[start:end])
                        start = end
                        continue
                    back_from, back_to = next(spans, _NONE)
                if _matters(lines, start, end) if end > old else _matters_long(lines, start, end):
                    yield from _records(lines[start:end])
                start = end


def _taken_back(file: BinaryIO, until: int) -> list[tuple[int, int]]:
    turns = branches.Turns(file)
    for offset, lines, size in _blocks(file, until):
        turns.add_block(lines, size, offset)
    return turns.spans


def _words_taken_back(line: bytes) -> Iterator[dict[str, Any]]:
    """What of a line in a part taken back must be known: it may have been queued before."""
    if branches.may_hold_words(line):
        for record in _records(line):
            yield {**record, TAKEN_BACK: True}


def _blocks(file: BinaryIO, until: int) -> Iterator[tuple[int, bytes, int]]:
    """Some lines at a time: their offset in the file, a block, and how much of it is whole lines.

    The lines end at byte `until`, or with the file. A line longer than
    LONGEST_LINE is dropped without being held.
    """
    offset, asked, dropping = 0, _BLOCK, False
    while True:
        file.seek(offset)
        block = file.read(min(asked, until - offset))
        if not block:
            return
        size = (block.find(b"\n") if dropping else block.rfind(b"\n")) + 1
        if dropping:
            offset, dropping = offset + (size or len(block)), not size
        elif size or len(block) < asked:  # the file's last line may lack its end
            yield offset, block, size or len(block)
            offset, asked = offset + (size or len(block)), _BLOCK
        elif asked < MAX_LINE_BYTES:
            asked = min(4 * asked, MAX_LINE_BYTES)
        else:
            offset, asked, dropping = offset + len(block), _BLOCK, True


def _matters(lines: bytes, start: int, end: int) -> bool:
    """False only for a line that is one record of a kind that nobody here reads."""
    if end - start < 20:
        return False
    find, head = lines.find, min(end, start + _HEAD)
    if lines.startswith(b'{"type":', start):
        skip = _SKIPPED_FIRST.match(lines, start) is not None
    else:
        message = find(_MESSAGE, start, head)
        before = message if message > 0 else head
        if message < 0 and find(_SYSTEM, start, head) > 0:
            skip = find(_BOUNDARY, start, head) < 0
        elif (
            find(_PROGRESS, start, before) > 0
            or find(_ATTACHMENT, start, before) > 0
            or find(_SIDECHAIN, start, before) > 0
        ):
            skip = find(_QUEUED, start, head) < 0 and find(_GOAL, start, head) < 0
        else:
            skip = (
                find(_THINKING, before, head) > 0
                and find(_ASSISTANT, before, head) > 0
                and find(_TEXT, before, end) < 0
                and find(_TOOL_USE, before, end) < 0
            )
    return not skip or find(b'}{"', start, end) > 0


def _matters_long(lines: bytes, start: int, end: int) -> bool:
    """Whether an old line says what a reader wants to know even long after."""
    find, kind = lines.find, start + _KIND if start + _KIND < end else end
    first = find(_TYPE, start, kind)  # the record's own, or its message's, or its attachment's
    if first < 0:
        return _matters(lines, start, end)
    letter = lines[first + 8 : first + 9]
    if letter not in _USUAL:
        if lines[first - 14 : first] == _ATTACHMENT:
            return (
                letter == b"q"
                or lines.startswith(_GOAL, first + 7)
                or _goes_on(lines, first, end, _ATTACHMENT_END)
            )
        if lines.startswith(_PROGRESS, first) and find(_MESSAGE, start, first) < 0:
            return _goes_on(lines, first, end, _PROGRESS_END)
    result = -1 if letter == b"m" else find(_RESULT, start, kind)
    if result > 0:
        return _result_lasts(lines, start, result, end)
    if find(_ASSISTANT, start, kind) > 0:
        tool = find(_TOOL_USE, start, start + _HEAD if start + _HEAD < end else end)
        if tool < 0:  # what the model said, which the person's next words may answer
            return find(_TEXT, start, start + _HEAD if start + _HEAD < end else end) > 0
        return _call_lasts(lines, tool, end)
    return _matters(lines, start, end)


def _result_lasts(lines: bytes, start: int, result: int, end: int) -> bool:
    """Whether a result on an old line tells of what is true for long."""
    begin = lines[result : result + _BEGIN if result + _BEGIN < end else end]
    if b"answered" in begin:  # a person's answers
        return True
    if _AGENT_DONE in lines[max(result, end - _HEAD) : end]:  # stands behind the result's text
        return True
    if b"the user said:" in begin:  # what a person said when they refused a call
        return True
    if end - start > 2 * _HEAD:
        return False
    for told in _LASTING_RESULTS:
        if told in begin:
            return True
    head = min(end, start + _HEAD)
    return lines.find(b"] ", result, head) > 0 and bool(_COMMITTED.search(lines, result, head))


def _call_lasts(lines: bytes, tool: int, end: int) -> bool:
    """Whether an old line has a call of such a tool, one left running, or a commit."""
    begin = lines[tool : tool + 300 if tool + 300 < end else end]
    return (
        _LASTING_TOOL.match(begin, begin.find(_NAME)) is not None
        or b'"run_in_background":true' in begin
        or (b'"command":' in begin and lines.find(b"git commit", tool, end) > 0)
    )


def _goes_on(lines: bytes, start: int, end: int, last: bytes) -> bool:
    """Whether a line has another record behind a first one, among whose last fields is `last`.

    Without that field the whole line is looked at, which takes longer.
    """
    at = lines.find(last, max(start, end - _TAIL), end)
    return lines.find(b'}{"', max(at, start), end) > 0


def _records(raw: bytes) -> Iterable[dict[str, Any]]:
    """The objects on one line, without the client's second copy of a tool result."""
    at, when = raw.find(_RESULT_COPY), ""
    kept = raw.find(_FAILED, 0, at) >= 0 or raw.find(b'"answers":', at) >= 0
    if at > 0 and not kept and raw.find(b'}{"', at) < 0:
        told = _TIMESTAMP.search(raw, max(0, at - 200), at)
        told = told or _TIMESTAMP.match(raw, max(0, raw.rfind(b'"timestamp":"')))
        raw, when = raw[:at] + b"}", told[1].decode() if told else ""
    try:
        return _dated(orjson.loads(raw), when)
    except ValueError:  # two on a line, a torn one, half a character: what json can make of it
        return _fixed(raw, when)


def _fixed(raw: bytes, when: str) -> Iterator[dict[str, Any]]:
    """The objects on a line that is not one; after a broken one, the next that looks like one."""
    text = raw.decode("utf-8", "replace").strip("\x00\ufeff \t\r\n")
    at = 0
    while at < len(text):
        try:
            record, at = _DECODER.raw_decode(text, at)
        except (ValueError, RecursionError):
            again = _RESTART.search(text, at + 1)
            if again is None:
                return
            at = again.start()
            continue
        yield from _dated(record, when)
        while at < len(text) and text[at] in "\x00 \t\r,":
            at += 1


def _dated(record: object, when: str) -> tuple[dict[str, Any], ...]:
    """The record, with the line's own time if it has none; nothing for what is no object."""
    if not isinstance(record, dict):
        return ()
    if when:
        record.setdefault("timestamp", when)
    return (record,)
