"""What goes to and fro between the client and the scripted Messages API: requests and replies."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import threading
    from collections.abc import Mapping, Sequence

# How the compaction request begins (2.1.197 and 2.1.330): it carries the session's own system
# prompt, tools, model and headers, so only its last message tells it from the main thread.
_SUMMARY_TASK = "Your task is to create a detailed summary of"
_OWN_WORK = ("x-claude-code-agent-id", "cc_is_subagent=true")


@dataclass(frozen=True)
class Usage:
    """What the API claims that one request cost, in tokens."""

    input: int = 100
    cache_write: int = 0
    cache_read: int = 0
    output: int = 20

    def as_json(self) -> dict[str, Any]:
        """The `usage` of a response."""
        return {
            "input_tokens": self.input,
            "cache_creation_input_tokens": self.cache_write,
            "cache_read_input_tokens": self.cache_read,
            "output_tokens": self.output,
            "cache_creation": {
                "ephemeral_5m_input_tokens": self.cache_write,
                "ephemeral_1h_input_tokens": 0,
            },
            "service_tier": "standard",
        }


@dataclass(frozen=True)
class ToolUse:
    """One tool call by the model."""

    name: str
    input: Mapping[str, Any]


@dataclass(frozen=True)
class Reply:
    """One answer of the model, text first, then tool calls; an error if `status` is not 200.

    `stop_reason` follows from the content unless given. The answer waits for `hold` to be set.
    """

    text: str = ""
    tools: Sequence[ToolUse] = ()
    usage: Usage = Usage()
    stop_reason: str | None = None
    status: int = 200
    error_type: str = ""
    error_message: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    hold: threading.Event | None = None


class ToolResult(NamedTuple):
    """What the client reports back for one tool call."""

    tool_use_id: str
    text: str
    is_error: bool


@dataclass(frozen=True)
class Request:
    """One request for a message; header names are in lower case, `at` is `time.monotonic()`."""

    body: Mapping[str, Any]
    headers: Mapping[str, str]
    at: float

    @property
    def model(self) -> str:
        """The model that was asked for."""
        return str(self.body.get("model", ""))

    @property
    def session_id(self) -> str:
        """The session that asks, as the client says in `x-claude-code-session-id`."""
        return self.headers.get("x-claude-code-session-id", "")

    @cached_property
    def is_subagent(self) -> bool:
        """Whether a subagent asks."""
        header, mark = _OWN_WORK
        return header in self.headers or mark in _flat(self.body.get("system"))[:300]

    @cached_property
    def is_summary(self) -> bool:
        """Whether the client asks for the summary of a compaction."""
        return _SUMMARY_TASK in self.new_text

    @property
    def is_main(self) -> bool:
        """Whether this is the session's own conversation: no title, no summary, no subagent."""
        return bool(self.body.get("tools")) and not self.is_subagent and not self.is_summary

    @cached_property
    def text(self) -> str:
        """All that the model sees but the tools' definitions: system prompt and every message."""
        return "\n".join([_flat(self.body.get("system")), *map(_flat, self._contents(0))])

    @cached_property
    def new_text(self) -> str:
        """What came in after the model's last answer: prompts, reminders, tool results."""
        return "\n".join(map(_flat, self._contents(self._unanswered)))

    @cached_property
    def tool_results(self) -> list[ToolResult]:
        """The results that came in after the model's last answer."""
        contents = [part for part in self._contents(self._unanswered) if isinstance(part, list)]
        results = [one for part in contents for one in part if one.get("type") == "tool_result"]
        return [
            ToolResult(one["tool_use_id"], _flat(one.get("content")), bool(one.get("is_error")))
            for one in results
        ]

    @property
    def _unanswered(self) -> int:
        roles = [message.get("role") for message in self.body.get("messages", [])]
        return len(roles) - roles[::-1].index("assistant") if "assistant" in roles else 0

    def _contents(self, start: int) -> list[Any]:
        return [message.get("content") for message in self.body.get("messages", [])[start:]]


def _flat(content: Any) -> str:
    """The text of a system prompt, a message's content or a tool result, blocks joined by lines."""
    if content is None or isinstance(content, str):
        return content or ""
    return "\n".join(_flat_block(block) for block in content)


def _flat_block(block: Mapping[str, Any]) -> str:
    if block.get("type") == "tool_use":
        return json.dumps(block.get("input"), ensure_ascii=False)
    return _flat(block.get("text") or block.get("thinking") or block.get("content"))
