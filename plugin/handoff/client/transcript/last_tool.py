"""The tool that a session used last, read from the end of its transcript.

Format: docs/client.md, "Transcript".
"""

from __future__ import annotations

import os

from handoff.base import fields
from handoff.client.transcript import tail

_BLOCK = 256 * 1024  # one call and its result are seldom longer
_CHARS = 60


def read_last_tool(path: str) -> str:
    """The name of the last tool that the main chain called, "" where none is near the end."""
    try:
        with open(path, "rb", opener=tail.open_regular) as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - _BLOCK))
            content = file.read(_BLOCK)
    except (OSError, ValueError):
        return ""
    for line in reversed(content.split(b"\n")):
        if b'"tool_use"' in line:
            for record in tail.read_objects(line):
                name = _name(record)
                if name:
                    return name[:_CHARS]
    return ""


def _name(record: dict[str, object]) -> str:
    if record.get("type") != "assistant" or record.get("isSidechain") is True:
        return ""
    content = fields.mapping(record.get("message")).get("content")
    blocks = content if isinstance(content, list) else []
    names = [
        fields.text(block.get("name"))
        for block in blocks
        if isinstance(block, dict) and block.get("type") == "tool_use"
    ]
    return names[-1] if names else ""
