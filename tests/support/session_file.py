"""A transcript as the client writes it, record by record, with its chain of parents: for tests of
what a user takes back, of commands and of pasted text.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

Record = dict[str, Any]


class SessionFile:
    """Appends records to a file. `leaf` is the last record of the conversation, `""` none; setting
    it to an earlier one is what `/rewind` does.
    """

    def __init__(self, path: Path, first: int = 0) -> None:
        """`first`: how many records there were before, by which ids and times are made."""
        self.path = path
        self.leaf = ""
        self._count = first
        path.write_bytes(b"")

    def add(self, kind: str, *, parent: str | None = None, **fields: Any) -> str:
        """A record behind the leaf, or behind `parent`; its id."""
        self._count += 1
        name = f"{self._count:08d}-0000-4000-8000-000000000000"
        record = {
            "parentUuid": (self.leaf if parent is None else parent) or None,
            "isSidechain": False,
            "type": kind,
            **fields,
            "uuid": name,
            "timestamp": f"2026-11-30T07:{self._count // 60:02d}:{self._count % 60:02d}.000Z",
            "cwd": "/repo",
            "sessionId": "s",
            "version": "2.1.330",
        }
        self.write(record)
        self.leaf = name
        return name

    def write(self, record: Record) -> None:
        """A record as it is."""
        with self.path.open("ab") as file:
            file.write(json.dumps(record, separators=(",", ":")).encode() + b"\n")

    def user(self, content: Any, **fields: Any) -> str:
        """A user's record."""
        return self.add("user", message={"role": "user", "content": content}, **fields)

    def typed(self, text: str, **fields: Any) -> str:
        """A prompt that a person typed."""
        return self.user(text, origin={"kind": "human"}, promptSource="typed", **fields)

    def answer(self, *content: Record | str, tokens: int = 1000, **fields: Any) -> str:
        """One line of an answer, at so many tokens of context."""
        blocks = [{"type": "text", "text": c} if isinstance(c, str) else c for c in content]
        usage = {"input_tokens": 2, "cache_read_input_tokens": tokens - 2, "output_tokens": 5}
        key = fields.pop("key", f"msg_{self._count}")
        message = {"model": "claude-opus-5-5", "id": key, "type": "message", "role": "assistant"}
        return self.add(
            "assistant", message={**message, "content": blocks, "usage": usage}, **fields
        )

    def turn(self, asked: str, answer: str, tokens: int = 1000) -> str:
        """A whole turn; the id of its prompt."""
        prompt = self.typed(asked)
        self.answer(answer, tokens=tokens)
        self.add("system", subtype="turn_duration", durationMs=5)
        return prompt

    def creates(self, path: str, **fields: Any) -> None:
        """A call that writes a new file, and its result."""
        call = f"t{self._count}"
        given = {"file_path": path, "content": "old\n"}
        self.answer({"type": "tool_use", "id": call, "name": "Write", "input": given}, **fields)
        self.result(call, f"File created successfully at: {path}", type="create")

    def result(self, call: str, text: str, **told: Any) -> str:
        """A tool's result."""
        block = {"tool_use_id": call, "type": "tool_result", "content": text}
        return self.user([block], toolUseResult=told)

    def command(self, name: str, arguments: str = "", output: str = "Done") -> None:
        """A command of the client's own, as it notes it."""
        self.user("<local-command-caveat>The command below …</local-command-caveat>", isMeta=True)
        self.user(
            f"<command-name>/{name}</command-name>\n            <command-message>{name}"
            f"</command-message>\n            <command-args>{arguments}</command-args>"
        )
        self.user(f"<local-command-stdout>{output}</local-command-stdout>")

    def noted(self, name: str, arguments: str = "") -> None:
        """A command of the client's own that never reaches the model."""
        text = f"<command-name>/{name}</command-name>\n<command-args>{arguments}</command-args>"
        self.add("system", subtype="local_command", content=text)

    def compacts(self, summary: str, *, behind: str = "", **metadata: Any) -> str:
        """A compaction and its summary; the boundary's id."""
        about = {"trigger": "manual", "preTokens": 9000, "postTokens": 900, **metadata}
        boundary = self.add(
            "system", parent="", logicalParentUuid=behind or self.leaf, subtype="compact_boundary",
            compactMetadata=about,
        )  # fmt: skip
        self.user(
            f"This session is being continued …\n\nSummary:\n{summary}", isCompactSummary=True
        )
        return boundary
