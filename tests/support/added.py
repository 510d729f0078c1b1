"""What the client records of `/add-dir`."""

from __future__ import annotations

import json


def line(content: object) -> str:
    return json.dumps({"type": "user", "message": {"role": "user", "content": content}}) + "\n"


def typed(path: str) -> str:
    """`/add-dir` as 2.1.197 records it."""
    return line(
        "<command-name>/add-dir</command-name>\n            <command-message>add-dir"
        f"</command-message>\n            <command-args>{path}</command-args>"
    )
