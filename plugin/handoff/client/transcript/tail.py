"""The last figures of a transcript, read from its end: the cost does not grow with the file.

Format: docs/client.md, "Transcript". The context of a session is what its latest main-chain answer
was given: `input_tokens + cache_creation_input_tokens + cache_read_input_tokens`. It equals the
client's own `total_input_tokens`.
"""

from __future__ import annotations

import os
import stat
import time

from handoff.base import fields, quickjson
from handoff.client.transcript import backwards

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

_FIRST_BLOCK = 32 * 1024
_LAG_SECONDS = 1.0  # far more than was seen: a machine can be busy
_POLL_SECONDS = 0.01
_LAST_BLOCK = 64 * 1024 * 1024  # a turn's tool results can be this long, no session is
_MAX_TEARS = 200  # on one line: each is a new try to read the rest of it
_decode = quickjson.raw_decode


class Last:
    """What the transcript's end says: `tokens` of context, the answering `model` ("" unknown)."""

    __slots__ = ("model", "tokens")

    def __init__(self, tokens: int, model: str) -> None:
        self.tokens = tokens
        self.model = model


class Compacted:
    """A compaction: its `trigger` (manual or auto) and the `tokens` of context it began at."""

    __slots__ = ("tokens", "trigger")

    def __init__(self, trigger: str, tokens: int) -> None:
        self.trigger = trigger
        self.tokens = tokens


def read_last(path: str) -> Last | None:
    """The figures of the latest main-chain answer, or None when there is none (or no such file).

    After a compaction and before the next answer it is what the compaction says it left; after a
    `/rewind` and the next prompt, what the last answer had that was not taken back (`backwards`).
    """
    try:
        with open(path, "rb", opener=open_regular) as file:
            size = os.fstat(file.fileno()).st_size
            block = _FIRST_BLOCK
            while True:
                start = max(0, size - block)
                file.seek(start)
                is_last = start == 0 or block >= _LAST_BLOCK
                last = _latest(file.read(size - start), whole=start == 0, is_last=is_last)
                if last is not None or is_last:
                    return last
                block *= 8
    except (OSError, ValueError):
        return None


def read_first(path: str, offset: int = 0) -> Last | None:
    """The figures of the first main-chain answer behind byte `offset`: how a cycle began."""
    try:
        with open(path, "rb", opener=open_regular) as file:
            file.seek(offset)
            while file.tell() - offset < _LAST_BLOCK:
                line = file.readline(_LAST_BLOCK)
                if not line:
                    return None
                if b'"usage"' in line:
                    for record in read_objects(line):
                        first = read_figures(record)
                        if first is not None:
                            return first
    except (OSError, ValueError, OverflowError):
        pass
    return None


def read_compaction(path: str, offset: int) -> Compacted | None:
    """The first compaction behind byte `offset`, None if there is none."""
    try:
        with open(path, "rb", opener=open_regular) as file:
            file.seek(offset)
            content = file.read(_LAST_BLOCK)
    except (OSError, ValueError, OverflowError):
        return None
    for line in content.splitlines() if b'"compact_boundary"' in content else ():
        for record in read_objects(line) if b'"compact_boundary"' in line else ():
            about = record.get("compactMetadata")
            if record.get("subtype") == "compact_boundary" and isinstance(about, dict):
                return Compacted(
                    str(about.get("trigger")), fields.count(about.get("preTokens")) or 0
                )
    return None


def wait_for_first(path: str, offset: int = 0) -> Last | None:
    """`read_first` of a session that has answered: its transcript is given a moment to hold that.

    Nothing is waited for where there is no transcript.
    """
    deadline = time.monotonic() + _LAG_SECONDS
    while True:
        first = read_first(path, offset)
        if first is not None or time.monotonic() >= deadline or not os.path.exists(path):
            return first
        time.sleep(_POLL_SECONDS)


def wait_for_answer(path: str, answer: str, seconds: float = _LAG_SECONDS) -> bool:
    """Wait until the turn's last `answer` is in the transcript; False if it did not get there.

    The client writes its transcript in the background: when a Stop hook starts, the last answer
    may not be in it (seen: up to 75 ms later, 2.1.330 and 2.1.197).
    """
    lines = answer.strip().splitlines()
    if not lines:
        return True
    wanted = _as_written(lines[0][:60])
    deadline = time.monotonic() + seconds
    while True:
        try:
            with open(path, "rb", opener=open_regular) as file:
                file.seek(max(0, os.fstat(file.fileno()).st_size - _FIRST_BLOCK * 8))
                if wanted in file.read():
                    return True
        except (OSError, ValueError):
            pass
        if time.monotonic() >= deadline:
            return False
        time.sleep(_POLL_SECONDS)


def _as_written(text: str) -> bytes:
    """The beginning of a text as the client writes it into JSON: UTF-8, with few escapes."""
    plain = text[: next((at for at, char in enumerate(text) if char < " "), len(text))]
    return plain.replace("\\", "\\\\").replace('"', '\\"').encode("utf-8", "replace")


def file_size(path: str) -> int:
    """Bytes in the transcript, 0 if there is none."""
    try:
        return os.stat(path).st_size
    except (OSError, ValueError):
        return 0


def modified_at(path: str) -> float:
    """When the transcript last grew (epoch seconds), 0 if there is none."""
    try:
        return os.stat(path).st_mtime
    except (OSError, ValueError):
        return 0.0


def open_regular(path: str, flags: int) -> int:
    """Open a regular file; OSError for anything else (a pipe would block)."""
    descriptor = os.open(path, flags | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(f"{path} is not a regular file")
    return descriptor


def _latest(content: bytes, *, whole: bool, is_last: bool) -> Last | None:
    """The latest figures in `content`; its first line counts only if `content` is the `whole`.

    None as well where it takes more of the transcript, unless this `is_last` that will be read.
    """
    before = backwards.Before(content, whole=is_last)
    end: int | None = len(content)
    while end is not None and end > 0:
        start = content.rfind(b"\n", 0, end) + 1
        if start == 0 and not whole:
            return None
        line = content[start:end]
        if b'"usage"' in line or b'"compact_boundary"' in line:
            for record in reversed(list(read_objects(line))):
                last = read_figures(record)
                if last is not None:
                    return last
        # The last figures may be of what a person took back.
        end = before.line(start, end)
        end = end - 1 if end else end
    return None


def read_objects(line: bytes) -> Iterator[dict[str, Any]]:
    """The JSON objects on a line: normally one, two after a torn write, none if it is damaged."""
    text = line.decode("utf-8", "replace").strip("\0\r\n\t ")
    at = tears = 0
    while at < len(text) and tears <= _MAX_TEARS:
        try:
            value, at = _decode(text, at)
        except (ValueError, RecursionError):
            # A torn object may have a whole one behind it.
            at, tears = text.find('{"', at + 1), tears + 1
            if at < 0:
                return
            continue
        if isinstance(value, dict):
            yield value
        while at < len(text) and text[at] in " \t\r\0":
            at += 1


def read_figures(record: dict[str, Any]) -> Last | None:
    """What a record says of the context; None for all but main-chain answers and compactions."""
    kind = record.get("type")
    if kind == "system" and record.get("subtype") == "compact_boundary":
        about = record.get("compactMetadata")
        left = about.get("postTokens") if isinstance(about, dict) else None
        return Last(fields.count(left) or 0, "")
    if kind != "assistant" or record.get("isSidechain") is True or record.get("isApiErrorMessage"):
        return None
    message = record.get("message")
    if not isinstance(message, dict) or message.get("model") == "<synthetic>":
        return None
    usage = message.get("usage")
    tokens = context_tokens(usage) if isinstance(usage, dict) else None
    if tokens is None:
        return None
    model = message.get("model")
    return Last(tokens, model if isinstance(model, str) else "")


def context_tokens(usage: dict[str, Any]) -> int | None:
    """Tokens of context an answer was given; None if `usage` has no counts.

    With several `iterations` (an advisor, a fallback) the top level may be a sum: the last message
    iteration is what the next request builds on.
    """
    iterations = usage.get("iterations")
    if isinstance(iterations, list) and len(iterations) > 1:
        messages = [
            i
            for i in iterations
            if isinstance(i, dict) and i.get("type") in ("message", "fallback_message")
        ]
        if messages:
            usage = messages[-1]
    names = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
    known = [count for name in names if (count := fields.count(usage.get(name))) is not None]
    return sum(known) if known else None
