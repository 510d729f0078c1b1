"""What a user took back with `/rewind`: it stays in the transcript, and is no part of the session.

The client only appends. After a `/rewind` the next thing a person does names as its parent the
record before the prompt that was taken back (docs/client.md, "Transcript"). So a turn that begins
further back than the last prompt takes back what stands between its parent and itself. Nothing else
does: parallel calls and their results also part from one record, and are all of the conversation,
and a parent that is not in the file says nothing. Until a person does that next thing, the file
does not show a `/rewind`.

Standard library only, and not even `re`: the hooks load this. Lines are told by their bytes; text
inside of JSON strings cannot look like a key, since its quotes are escaped.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import BinaryIO

    Span = tuple[int, int]

_BLOCK = 1024 * 1024
_FARTHEST = 64 * 1024 * 1024  # bytes read again for parents, in all
_MAX_SEARCHED = 256 * 1024 * 1024  # bytes looked through for them at hand, in all: 0.3 s
_FIRST_TURN = 100  # records of it that are followed
_HEAD = 2048  # the type of a record stands in front of its content
_RECORD, FOLLOWS, _TYPE = b'{"parentUuid":', b'{"parentUuid":"', b'"type":"'
_USER, _SYSTEM = b'user"', b'system"'
_COMMAND, _COMPACTION = b'"subtype":"local_command"', b'"subtype":"compact_boundary"'
_PART = b'"messagesSummarized":'  # "Summarize from here" or "up to here": nothing is taken back
_RESULT, _SUMMARY = b'"type":"tool_result"', b'"isCompactSummary":true'
_SIDECHAIN = b'"isSidechain":true'
_NOT_SAID = (b'"isMeta":true', b'"isVisibleInTranscriptOnly":true')
_CONTENT, _TEXT = b'"content":', b'"text":'
_NO_PROMPT = (
    b"<command-name>", b"<local-command-", b"<bash-std", b"<task-notification",
    b"[Request interrupted",
)  # fmt: skip


class Turns:
    """Goes through a transcript from its beginning and gathers what was taken back.

    `spans` are the parts taken back, in bytes of the file: each (start, end) holds the lines that
    begin behind `start` and before `end`. They are in order and do not overlap.
    """

    def __init__(self, file: BinaryIO | None = None) -> None:
        """`file` is where parents from before a block are looked for."""
        self.spans: list[Span] = []
        self._file = file
        self._left = _FARTHEST
        self._search = Search()
        self._first_prompt = self._last_prompt = -1

    def add_block(self, block: bytes, size: int, offset: int) -> None:
        """Add the whole lines `block[:size]`, which stand at byte `offset` of the file."""
        start, find = 0, block.find
        while start < size:
            end = find(b"\n", start, size) + 1 or size
            # The first type is the record's own, an attachment's, or that of an answer's message.
            kind = find(_TYPE, start, start + _HEAD if start + _HEAD < end else end) + len(_TYPE)
            if block.startswith((_USER, _SYSTEM), kind):
                parent = parent_of_turn(block, start, end)
                if parent is not None and self._last_prompt >= 0:
                    self._part(block, start, offset, parent)
                if parent is not None and _is_prompt(block, start, kind, end):
                    self._last_prompt = offset + start
                    if self._first_prompt < 0:
                        self._first_prompt = self._last_prompt
            start = end

    def _part(self, block: bytes, line: int, offset: int, parent: bytes) -> None:
        """A turn begins at `block[line]`: take back what stands between its parent and it."""
        # Its parent mostly stands right before it, behind or in the last prompt.
        after = max(0, self._last_prompt - offset)
        if parent and self._search.back(block, parent, after, line) >= 0:
            return
        if parent:
            at = self._find(block, after, offset, parent)
        else:  # a first prompt again, unless nobody wrote down who follows whom
            at = -1 if block.find(FOLLOWS, after, line) >= 0 else None
        if at is not None and 0 <= at < self._first_prompt:
            at = self._end_of_first_turn(block[:line], offset, at)
        if at is not None and at < self._last_prompt:
            while self.spans and self.spans[-1][1] > at:
                self.spans.pop()  # within, or the turn goes on from what had been taken back
            self.spans.append((at, offset + line))

    def _end_of_first_turn(self, block: bytes, offset: int, at: int) -> int:
        """The last place of the records that lead to the one at `at`, before the first prompt.

        The first prompt may stand behind its own answer (2.1.197).
        """
        if offset and self._file is not None:
            self._file.seek(0)
            block = self._file.read(self._first_prompt + _BLOCK)
        last, steps = at, _FIRST_TURN
        while at >= 0 and steps:
            start = block.rfind(_RECORD, 0, at)
            parent = _value(block, FOLLOWS, start, start + len(FOLLOWS)) if start >= 0 else None
            at = block.rfind(_named(parent)) if parent else -1
            last, steps = max(last, at), steps - 1
        return last

    def _find(self, block: bytes, end: int, offset: int, parent: bytes) -> int | None:
        """Where in the file the record of this name stands, None if it does not, or too far away.
        `block[:end]` is what is at hand, which stands at byte `offset`.
        """
        wanted = _named(parent)
        at = self._search.back(block, parent, 0, end)
        if at >= 0:
            return offset + at
        behind = block[: min(end, len(wanted))]
        while self._file is not None and offset > 0 and self._left > 0:
            size = min(_BLOCK, offset)
            offset -= size
            self._left -= size
            self._file.seek(offset)
            block = self._file.read(size) + behind
            at = block.rfind(wanted)
            if at >= 0:
                return offset + at
            behind = block[: len(wanted)]
        return None


class Search:
    """Looks for records by their names, as far as there is time for."""

    def __init__(self) -> None:
        self._left = _MAX_SEARCHED

    def back(self, block: bytes, uuid: bytes, start: int, end: int) -> int:
        """Where the last record of this name before `end` stands in `block`, -1 if there is none
        behind `start`, or the time is up.
        """
        if self._left <= 0:
            return -1
        at = block.rfind(_named(uuid), start, end)
        self._left -= end - max(at, start)
        return at


def has_prompt(lines: bytes, begin: int, stop: int) -> bool:
    """Whether there is a prompt in the transcript's lines `lines[begin:stop]`."""
    at = lines.find(_USER, begin, stop)
    while at >= 0:
        start, end = lines.rfind(b"\n", begin, at) + 1 or begin, lines.find(b"\n", at, stop)
        end = stop if end < 0 else end
        kind = lines.find(_TYPE, start, end) + len(_TYPE)
        if parent_of_turn(lines, start, end) is not None and _is_prompt(lines, start, kind, end):
            return True
        at = lines.find(_USER, end, stop)
    return False


def may_hold_words(line: bytes) -> bool:
    """Whether a person's words may stand on a line: a prompt, or one that was queued."""
    return b'"queued_command"' in line or (_USER in line and _RESULT not in line)


def parent_of_turn(block: bytes, start: int, end: int) -> bytes | None:
    """The parent of a record with which a turn may begin, b"" for none.

    That is what a person typed, the client's note of a command, or a compaction; None for every
    other line. The line is `block[start:end]`.
    """
    head = min(end, start + _HEAD)
    if not block.startswith(_RECORD, start) or block.find(_SIDECHAIN, start, head) >= 0:
        return None
    kind = block.find(_TYPE, start, head) + len(_TYPE)
    if block.startswith(_USER, kind):
        if block.find(_RESULT, kind, head) >= 0 or block.find(_SUMMARY, kind, end) >= 0:
            return None
    elif block.startswith(_SYSTEM, kind):
        if block.find(_COMPACTION, kind, head) >= 0:
            if block.find(_PART, kind, end) >= 0:
                return None
            return _value(block, b'"tailUuid":"', kind, end) or _value(
                block, b'"logicalParentUuid":"', start, end
            )
        if block.find(_COMMAND, kind, head) < 0:
            return None
    else:
        return None
    return _value(block, FOLLOWS, start, start + len(FOLLOWS)) or b""


def _is_prompt(block: bytes, start: int, kind: int, end: int) -> bool:
    """Whether a beginning is a prompt: words that the model answers, which can be taken back."""
    if not block.startswith(_USER, kind):
        return False
    if any(block.find(mark, start, end) >= 0 for mark in _NOT_SAID):
        return False
    begin = block.find(_CONTENT, kind, end) + len(_CONTENT)
    if block.startswith(b"[", begin):
        begin = block.find(_TEXT, begin, end) + len(_TEXT)
    return not block.startswith(_NO_PROMPT, begin + 1)


def _named(uuid: bytes) -> bytes:
    return b'"uuid":"' + uuid + b'"'


def _value(block: bytes, key: bytes, start: int, end: int) -> bytes | None:
    at = block.find(key, start, end)
    if at < 0:
        return None
    begin = at + len(key)
    return block[begin : block.find(b'"', begin)]
