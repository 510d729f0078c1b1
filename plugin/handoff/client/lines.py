"""A transcript's lines as JSON objects: one pass, bounded memory, whatever is in the file.

Damage seen in real files: two objects on a line, a torn last line (also with the next object
right behind it), invalid lines, NUL bytes, lines of many MB.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from handoff.errors import HandoffError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

# No request of the client is larger than 32 MB, so no line that matters is.
LONGEST_LINE = 48 * 1024 * 1024
_HEAD = 2048  # the type of a record stands in front of its content, or right at the start
_DECODER = json.JSONDecoder(strict=False)
_RESTART = re.compile(r'\{"(?:parentUuid|logicalParentUuid)"')
_TIMESTAMP = re.compile(rb'"timestamp":"([^"\\]{1,40})"')
_SKIPPED_FIRST = re.compile(
    rb'\{"type":"(?:progress|last-prompt|custom-title|mode|permission-mode|file-history-snapshot|'
    rb'api-request[\w-]*|cost-state|tools-used|pr-link|frame-link|atis-latch|summary)"'
)
_PROGRESS, _ATTACHMENT, _SIDECHAIN = (
    b'"type":"progress",',
    b'"attachment":{',
    b'"isSidechain":true,',
)
_LASTING_TOOL = re.compile(
    rb'"name":"(?:Edit|Write|MultiEdit|NotebookEdit|TodoWrite|Task\w*|Agent|AskUserQuestion|'
    rb'ExitPlanMode|KillShell)"|"run_in_background":true'
)
_LASTING_RESULTS = (
    b"Task #",
    b"the user said",
    b"Approved Plan",
    b"agentId: ",
    b"with ID: ",
    b"<task_id>",
    b"File created",
    b"The file ",
)
_AGENT_DONE = b'"totalToolUseCount":'
_COMMITTED = re.compile(rb"\[[\w/.() -]{1,200} [0-9a-f]{7,12}\] ")
_RESULT_COPY = b',"toolUseResult":'


def objects(path: str, recent: int | None = None) -> Iterator[dict[str, Any]]:
    """The records of a transcript that can matter to a reader, in file order.

    Records that cannot are skipped by a look at their bytes, and the client's second copy of a tool
    result (`toolUseResult`) is cut off before parsing, except where it holds a person's answers.
    With `recent`, only the last so many bytes come whole; before them come a person's words, edits,
    tasks, questions, subagents and commits alone, which is what stays true for long.
    Raises HandoffError, when called, for a path that is no readable file.
    """
    with _open(path):
        return _objects(path, recent)


def _open(path: str) -> BinaryIO:
    mend = (
        "Name a session's .jsonl file; the client writes it with the first answer of the session."
    )
    try:
        if not Path(path).is_file():
            raise HandoffError(f"There is no transcript at {path}.", mend)
        return Path(path).open("rb")
    except (OSError, ValueError) as error:
        raise HandoffError(f"The transcript {path} cannot be read: {error}", mend) from None


def _objects(path: str, recent: int | None) -> Iterator[dict[str, Any]]:
    position = 0
    with _open(path) as file:
        whole_from = 0 if recent is None else os.fstat(file.fileno()).st_size - recent
        for raw in _lines(file):
            position += len(raw)
            if not (_matters(raw) if position > whole_from else _matters_for_long(raw)):
                continue
            at = raw.find(_RESULT_COPY)
            if at > 0 and raw.find(b'"answers":', at) < 0 and raw.find(b'}{"', at) < 0:
                when = _TIMESTAMP.search(raw, max(0, at - 200), at) or _TIMESTAMP.search(raw, at)
                yield from _parse(raw[:at] + b"}", when[1].decode() if when else "")
            else:
                yield from _parse(raw)


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """All lines; one longer than LONGEST_LINE is dropped without being held."""
    if os.fstat(file.fileno()).st_size <= LONGEST_LINE:
        yield from file
        return
    skipping = False
    while raw := file.readline(LONGEST_LINE):
        ended = raw.endswith(b"\n")
        if not skipping and (ended or len(raw) < LONGEST_LINE):
            yield raw
        skipping = not ended


def _matters(raw: bytes) -> bool:
    """False only for a line that is one record of a kind that nobody here reads."""
    if len(raw) < 20:
        return False
    if raw.startswith(b'{"type":'):
        skip = _SKIPPED_FIRST.match(raw) is not None
    else:
        head = raw[:_HEAD]
        before = head[: head.find(b'"message":')]
        if _PROGRESS in before or _ATTACHMENT in before or _SIDECHAIN in before:
            skip = b'"queued_command"' not in head
        else:
            skip = (
                b'"role":"assistant"' in head
                and b'"type":"thinking"' in raw
                and b'"type":"text"' not in raw
                and b'"type":"tool_use"' not in raw
            )
    return not skip or b'}{"' in raw


def _matters_for_long(raw: bytes) -> bool:
    """Whether an old line says what a reader wants to know even long after."""
    head = raw[:_HEAD]
    if b'"type":"tool_result"' in head:
        end = raw.find(_RESULT_COPY)
        if end > 0 and (raw.find(b'"answers":', end) > 0 or raw.find(_AGENT_DONE, end) > 0):
            return True
        if end > _HEAD or len(raw) > 2 * _HEAD:
            return False
        for told in _LASTING_RESULTS:
            if told in head:
                return True
        return _COMMITTED.search(head) is not None
    if b'"role":"assistant"' in head:
        tool = raw.find(b'"type":"tool_use"')
        return tool > 0 and (
            _LASTING_TOOL.search(raw, tool, tool + 300) is not None
            or raw.find(b"git commit", tool) > 0
        )
    return _matters(raw)


def _parse(raw: bytes, when: str = "") -> Iterator[dict[str, Any]]:
    """The objects on one line; after a broken one, the next that looks like a record."""
    text = raw.decode("utf-8", "replace").strip("\x00\ufeff \t\r\n")
    at = 0
    while at < len(text):
        try:
            found, at = _DECODER.raw_decode(text, at)
        except (ValueError, RecursionError):
            again = _RESTART.search(text, at + 1)
            if again is None:
                return
            at = again.start()
            continue
        if isinstance(found, dict):
            if when:
                found.setdefault("timestamp", when)
            yield found
        while at < len(text) and text[at] in "\x00 \t\r,":
            at += 1
