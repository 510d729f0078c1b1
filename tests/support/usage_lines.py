"""Lines of a transcript as the client writes them, for the tests of usage and cost."""

from __future__ import annotations

import json
from typing import Any

OPUS = "claude-opus-5-5"
Record = dict[str, Any]


def usage(**counts: Any) -> Record:
    """A `usage` object as the client completes it."""
    return {
        "input_tokens": 0,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
        "output_tokens": 0,
        "server_tool_use": {"web_search_requests": 0, "web_fetch_requests": 0},
        "service_tier": "standard",
        "cache_creation": {"ephemeral_1h_input_tokens": 0, "ephemeral_5m_input_tokens": 0},
        "inference_geo": "",
        "iterations": [],
        "speed": "standard",
        **counts,
    }


def answer(
    name: str = "1",
    *,
    model: str = OPUS,
    at: str = "2026-11-22T10:00:00.000Z",
    text: str = "Done.",
    given: Record | None = None,
    sidechain: bool = False,
    top: Record | None = None,
    **counts: Any,
) -> Record:
    """One line of the response `name` with these counts; `top` are more keys of the record."""
    return {
        "parentUuid": None,
        "isSidechain": sidechain,
        "message": {
            "model": model,
            "id": f"msg_{name}",
            "type": "message",
            "role": "assistant",
            "content": [{"type": "text", "text": text}],
            "stop_reason": "end_turn",
            "stop_sequence": None,
            "usage": usage(**counts) if given is None else given,
        },
        "requestId": f"req_{name}",
        "type": "assistant",
        "uuid": "11111111-2222-3333-4444-555555555555",
        "timestamp": at,
        "cwd": "/work",
        "sessionId": "s",
        "version": "2.1.330",
        **(top or {}),
    }


def make_prompt(text: str = "go on") -> Record:
    """A person's prompt."""
    return {
        "parentUuid": "11111111-2222-3333-4444-555555555555",
        "isSidechain": False,
        "type": "user",
        "message": {"role": "user", "content": text},
        "timestamp": "2026-11-22T10:00:00.000Z",
    }


def client_total(usd: float, *, tokens: int = 10**9, guessed: bool = False) -> Record:
    """The client's own total, as it leaves it when a session ends."""
    used = {"inputTokens": tokens - 6, "outputTokens": 1, "cacheReadInputTokens": 2}
    return {
        "type": "cost-state",
        "sessionId": "s",
        "totalCostUSD": usd,
        "modelUsage": {OPUS: {**used, "cacheCreationInputTokens": 3, "costUSD": usd}},
        "hasUnknownModelCost": guessed,
    }


def line(record: Record) -> bytes:
    """A record as the client writes it."""
    return json.dumps(record, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


def lines(*records: Record) -> bytes:
    """Records as the client writes them."""
    return b"".join(map(line, records))
