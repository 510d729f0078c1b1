"""Why a turn went on after our Stop hook spoke: what the transcript holds behind that moment.

Seen on 2.1.197 and 2.1.330 (docs/client.md, "A turn that goes on"). Read by whole lines from a byte
offset; a file that cannot be read, or is shorter by now, holds nothing.
"""

from __future__ import annotations

from handoff.client.transcript import tail

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

_FEEDBACK = "Stop hook feedback:"  # of a hook that blocked, and of an unmet /goal
_INTERRUPTED = "[Request interrupted by user"
_OURS = "handoff: "
_MARKS = (_FEEDBACK.encode(), _INTERRUPTED.encode(), b'"hook_additional_context"')
_MAX_BYTES = 16 * 1024 * 1024


def is_continued_by_another(path: str, offset: int) -> bool:
    """Whether a Stop hook that is not ours, or a goal, told the model to go on."""
    return any(_is_anothers(record) for record in _records(path, offset))


def was_interrupted(path: str, offset: int) -> bool:
    """Whether a person stopped the model."""
    return any(
        record.get("type") == "user" and _text(record).startswith(_INTERRUPTED)
        for record in _records(path, offset)
    )


def _is_anothers(record: dict[str, Any]) -> bool:
    if record.get("type") == "user":
        return record.get("isMeta") is True and _text(record).startswith(_FEEDBACK)
    attachment = record.get("attachment")
    if not isinstance(attachment, dict) or attachment.get("type") != "hook_additional_context":
        return False
    texts = attachment.get("content")
    texts = texts if isinstance(texts, list) else [texts]
    return attachment.get("hookEvent") == "Stop" and any(
        not str(s).startswith(_OURS) for s in texts
    )


def _text(record: dict[str, Any]) -> str:
    message = record.get("message")
    content = message.get("content") if isinstance(message, dict) else None
    if isinstance(content, list) and content and isinstance(content[0], dict):
        content = content[0].get("text")
    return content if isinstance(content, str) else ""


def _records(path: str, offset: int) -> Iterator[dict[str, Any]]:
    """The records behind `offset` that may tell."""
    try:
        with open(path, "rb", opener=tail.open_regular) as file:
            file.seek(offset)
            for line in file.read(_MAX_BYTES).splitlines():
                if any(mark in line for mark in _MARKS):
                    yield from tail.read_objects(line)
    except (OSError, ValueError, OverflowError):
        return
