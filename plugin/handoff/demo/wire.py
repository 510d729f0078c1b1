"""The Messages API's form on the wire: messages, server-sent events, errors."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from handoff.demo.exchange import Reply, Request

_ERROR_TYPES = {400: "invalid_request_error", 404: "not_found_error", 429: "rate_limit_error"}
_ERROR_TYPES |= {401: "authentication_error", 529: "overloaded_error"}


def error_body(status: int, error_type: str, message: str) -> str:
    """The body of an error; an empty type is the usual one of the status."""
    kind = error_type or _ERROR_TYPES.get(status, "api_error")
    return json.dumps({"type": "error", "error": {"type": kind, "message": message or kind}})


def message(request: Request, reply: Reply) -> dict[str, Any]:
    """The reply as a whole message of the model that was asked for."""
    content: list[dict[str, Any]] = [{"type": "text", "text": reply.text}] if reply.text else []
    for tool in reply.tools:
        call = {"id": f"toolu_{unique_id()}", "name": tool.name, "input": dict(tool.input)}
        content.append({"type": "tool_use", **call})
    return {
        "id": f"msg_{unique_id()}",
        "type": "message",
        "role": "assistant",
        "model": request.model,
        "content": content,
        "stop_reason": reply.stop_reason or ("tool_use" if reply.tools else "end_turn"),
        "stop_sequence": None,
        "usage": reply.usage.as_json(),
    }


def events(message: dict[str, Any]) -> str:
    """The message as server-sent events, each block whole in one delta."""
    usage, content = message["usage"], message["content"]
    opening = {
        **message,
        "content": [],
        "stop_reason": None,
        "usage": {**usage, "output_tokens": 1},
    }
    events: list[dict[str, Any]] = [{"type": "message_start", "message": opening}]
    for index, block in enumerate(content):
        empty: dict[str, Any]
        if block["type"] == "text":
            empty, delta = {"text": ""}, {"type": "text_delta", "text": block["text"]}
        else:
            whole = json.dumps(block["input"])
            empty, delta = {"input": {}}, {"type": "input_json_delta", "partial_json": whole}
        events += [
            {"type": "content_block_start", "index": index, "content_block": {**block, **empty}},
            {"type": "content_block_delta", "index": index, "delta": delta},
            {"type": "content_block_stop", "index": index},
        ]
    stop = {"stop_reason": message["stop_reason"], "stop_sequence": None}
    events += [{"type": "message_delta", "delta": stop, "usage": usage}, {"type": "message_stop"}]
    return "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events)


def unique_id() -> str:
    """An id that no other session's transcript holds: the client counts usage once an id."""
    return uuid.uuid4().hex[:24]
