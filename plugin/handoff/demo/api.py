"""A Messages API on loopback that answers from a script.

`handoff demo` and the end-to-end tests give its address to the real client as
`ANTHROPIC_BASE_URL`. The client believes the `usage` it is told, so any fullness and any cost can
be staged, and each request shows what a model would have seen.
"""

from __future__ import annotations

import json
import sys
import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from types import TracebackType

NOTHING_LEFT = "Nothing left to say."
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


Answer = Callable[[Request, int], Reply]
Script = Answer | Sequence[Reply | Answer]


def default_helper(request: Request) -> Reply:
    """Answer what is not the main thread: a compaction summary, a title, a subagent's work."""
    if request.is_summary:
        return Reply("<analysis>Read.</analysis>\n<summary>Summary of the work so far.</summary>")
    if "json_schema" in json.dumps(request.body.get("output_config") or {}):
        return Reply('{"title": "Scripted session"}')
    return Reply("Done.")


class ScriptedApi:
    """The API, alive inside `with`; `url` is what the client needs.

    `script` answers the main thread's requests: a callable `(request, index)` with the index
    counted from 0 over all sessions, or a list of replies and such callables, one for each request
    (a retry counts as a request), after whose end the model has nothing left to say.
    `helper` answers everything else. What either raises is answered with status 500, kept in
    `errors`, and raised again at the end of `with`.
    """

    def __init__(self, script: Script, helper: Callable[[Request], Reply] = default_helper) -> None:
        self.errors: list[Exception] = []
        self._script = script
        self._helper = helper
        self._requests: list[Request] = []
        self._arrived = threading.Condition()
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    def __enter__(self) -> ScriptedApi:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        if self.errors and error is None:
            raise self.errors[0]
        if self.errors and error is not None and error.__cause__ is None:
            error.__cause__ = self.errors[0]

    @property
    def url(self) -> str:
        """The address for `ANTHROPIC_BASE_URL`."""
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def requests(self) -> list[Request]:
        """All requests for a message so far, in order of arrival."""
        with self._arrived:
            return list(self._requests)

    @property
    def main_requests(self) -> list[Request]:
        """Those of the main thread, in order of arrival."""
        return [request for request in self.requests if request.is_main]

    def wait_for(self, predicate: Callable[[Request], bool], timeout: float = 20.0) -> Request:
        """The first request, past or future, that fits; TimeoutError after `timeout` seconds."""

        def found() -> Request | None:
            return next(filter(predicate, self._requests), None)

        with self._arrived:
            request = self._arrived.wait_for(found, timeout)
            if request is None:
                raise TimeoutError(
                    f"None of {len(self._requests)} requests fits after {timeout:g} s."
                )
            return request

    def answer(self, request: Request) -> Reply:
        """Record a request and find its reply; for the HTTP side."""
        with self._arrived:
            self._requests.append(request)
            index = sum(known.is_main for known in self._requests) - 1
            self._arrived.notify_all()
        try:
            reply = self._scripted(request, index) if request.is_main else self._helper(request)
        except Exception as error:  # noqa: BLE001  # whatever a script raises, __exit__ raises it
            self.errors.append(error)
            # Without the header the client would repeat the request for minutes.
            no_retry = {"x-should-retry": "false"}
            return Reply(status=500, error_message=f"The script failed: {error}", headers=no_retry)
        if reply.hold is not None:
            reply.hold.wait()
        return reply

    def _scripted(self, request: Request, index: int) -> Reply:
        if callable(self._script):
            return self._script(request, index)
        if index >= len(self._script):
            return Reply(NOTHING_LEFT)
        step = self._script[index]
        return step if isinstance(step, Reply) else step(request, index)


class _Server(ThreadingHTTPServer):
    daemon_threads = True  # a held reply must not hold the end of the demo or the test
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exc_info()[1], ConnectionError):  # the client may leave at any time
            super().handle_error(request, client_address)


def _handler(api: ScriptedApi) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers.get("content-length") or 0))
            path = self.path.partition("?")[0]
            if path == "/v1/messages":
                headers = {name.lower(): value for name, value in self.headers.items()}
                request = Request(json.loads(raw), headers, time.monotonic())
                self._reply(request, api.answer(request))
            elif path == "/v1/messages/count_tokens":
                self._send(200, json.dumps({"input_tokens": len(raw) // 4}))
            else:
                self._not_found()

        def _not_found(self) -> None:
            self._send(404, _error_body(404, "", f"{self.path} is not scripted"))

        do_GET = do_HEAD = _not_found  # noqa: N815  # the names are http.server's

        def _reply(self, request: Request, reply: Reply) -> None:
            if reply.status != 200:
                body = _error_body(reply.status, reply.error_type, reply.error_message)
                self._send(reply.status, body, headers=reply.headers)
                return
            message = _message(request, reply)
            if request.body.get("stream"):
                self._send(200, _events(message), "text/event-stream", reply.headers)
            else:
                self._send(200, json.dumps(message), headers=reply.headers)

        def _send(
            self,
            status: int,
            body: str,
            content_type: str = "application/json",
            headers: Mapping[str, str] | None = None,
        ) -> None:
            payload = body.encode()
            self.send_response(status)
            self.send_header("content-type", content_type)
            self.send_header("content-length", str(len(payload)))
            self.send_header("request-id", f"req_{_unique()}")
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(payload)

        def log_message(self, *_: Any) -> None:
            """Say nothing: stderr belongs to whoever runs the demo or the test."""

    return Handler


_ERROR_TYPES = {400: "invalid_request_error", 404: "not_found_error", 429: "rate_limit_error"}
_ERROR_TYPES |= {401: "authentication_error", 529: "overloaded_error"}


def _error_body(status: int, error_type: str, message: str) -> str:
    kind = error_type or _ERROR_TYPES.get(status, "api_error")
    return json.dumps({"type": "error", "error": {"type": kind, "message": message or kind}})


def _message(request: Request, reply: Reply) -> dict[str, Any]:
    content: list[dict[str, Any]] = [{"type": "text", "text": reply.text}] if reply.text else []
    for tool in reply.tools:
        call = {"id": f"toolu_{_unique()}", "name": tool.name, "input": dict(tool.input)}
        content.append({"type": "tool_use", **call})
    return {
        "id": f"msg_{_unique()}",
        "type": "message",
        "role": "assistant",
        "model": request.model,
        "content": content,
        "stop_reason": reply.stop_reason or ("tool_use" if reply.tools else "end_turn"),
        "stop_sequence": None,
        "usage": reply.usage.as_json(),
    }


def _events(message: dict[str, Any]) -> str:
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


def _unique() -> str:
    """An id that no other session's transcript holds: the client counts usage once an id."""
    return uuid.uuid4().hex[:24]


def _flat(content: Any) -> str:
    """The text of a system prompt, a message's content or a tool result, blocks joined by lines."""
    if content is None or isinstance(content, str):
        return content or ""
    return "\n".join(_flat_block(block) for block in content)


def _flat_block(block: Mapping[str, Any]) -> str:
    if block.get("type") == "tool_use":
        return json.dumps(block.get("input"), ensure_ascii=False)
    return _flat(block.get("text") or block.get("thinking") or block.get("content"))
