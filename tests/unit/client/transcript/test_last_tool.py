"""The tool that a session used last, from the end of its transcript."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from handoff.client.transcript.last_tool import read_last_tool

if TYPE_CHECKING:
    from pathlib import Path


def called(*names: str, side: bool = False) -> str:
    blocks = [{"type": "tool_use", "id": name, "name": name, "input": {}} for name in names]
    record = {"type": "assistant", "isSidechain": side, "message": {"content": blocks}}
    return json.dumps(record, separators=(",", ":")) + "\n"


TEXT = '{"type":"user","message":{"content":"a \\"tool_use\\" of mine"}}\n'


def test_the_last_of_the_main_chain(tmp_path: Path) -> None:
    """Not a subagent's, not what a text says of one, not what stands before half a line."""
    path = tmp_path / "s.jsonl"
    path.write_text(called("Read") + called("Edit", "Bash") + called("Grep", side=True) + TEXT)
    assert read_last_tool(str(path)) == "Bash"

    path.write_text(called("Read") + '{"type":"assistant","message":{"content":[{"type":"tool_use"')
    assert read_last_tool(str(path)) == "Read"


def test_none(tmp_path: Path) -> None:
    """Without a call, or a file, there is none."""
    path = tmp_path / "s.jsonl"
    path.write_text(TEXT)
    assert read_last_tool(str(path)) == ""
    assert read_last_tool(str(tmp_path / "other")) == ""
    assert read_last_tool("") == ""
