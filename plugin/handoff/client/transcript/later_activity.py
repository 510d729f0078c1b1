"""Whether a session went on after a moment: what its transcript holds behind that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from handoff.client.transcript import reader, recent, tail
from handoff.client.transcript.events import Answer, Call, Prompt

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

_MAX_LINE_BYTES = 64 * 1024 * 1024


def has_continued(path: str, offset: int, at: float, *, asked: bool) -> bool:
    """Whether a model answered in the main conversation after `at` (epoch seconds), in a record
    behind byte `offset`. With `asked` only an answer to what a person said after it counts.

    Both marks must be passed: an answer of before may be written late, and a clock may be set back.
    A refusal by the API is no answer, and neither is a record without a time. False where the
    transcript cannot be read or is a shorter one by now.
    """
    try:
        with open(path, "rb", opener=tail.open_regular) as file:
            file.seek(offset)
            for event in reader.events(_records(file)):
                if (
                    not isinstance(event, (Answer, Prompt))
                    or (recent.parse_time(event.at) or 0) <= at
                ):
                    continue
                if isinstance(event, Answer) and not asked:
                    return True
                asked = asked and not (isinstance(event, Prompt) and event.source != "shell")
    except (OSError, ValueError, OverflowError):
        pass
    return False


def was_called(path: str, offset: int, call_id: str) -> bool:
    """Whether the tool call of this id was made in a record behind byte `offset`: of a transcript
    that is shorter by now, in any. False where it cannot be read.
    """
    try:
        with open(path, "rb", opener=tail.open_regular) as file:
            file.seek(offset if offset <= tail.file_size(path) else 0)
            events = reader.events(_records(file))
            return any(isinstance(event, Call) and event.id == call_id for event in events)
    except (OSError, ValueError, OverflowError):
        return False


def _records(file: BinaryIO) -> Iterator[dict[str, Any]]:
    while line := file.readline(_MAX_LINE_BYTES):
        yield from tail.read_objects(line)
