"""A brief that the model sends in a shell which may not write."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from handoff.base import unwritable

if TYPE_CHECKING:
    from support.client import Client

KEPT = f"handoff: /s {unwritable.REASON}: the client's sandbox keeps it read-only."


def sends(client: Client, command: str, failed: str = KEPT, **fields: Any) -> dict[str, Any]:
    """The model sends a brief: PreToolUse, then call and result in the transcript."""
    tokens = 30_000 + os.path.getsize(client.transcript)  # another id for each call
    call = {"tool_name": "Bash", "tool_input": {"command": command}}
    answer = client("pre-tool-use", tool_use_id=f"{client.session}-{tokens}-0", **call, **fields)
    client.works(tokens, prompt="", command=command, failed=failed)
    return answer
