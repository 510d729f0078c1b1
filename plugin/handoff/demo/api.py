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
from collections.abc import Callable, Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from handoff.demo import wire
from handoff.demo.exchange import Reply, Request, ToolResult, ToolUse, Usage

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["Reply", "Request", "ScriptedApi", "ToolResult", "ToolUse", "Usage", "default_helper"]

NOTHING_LEFT = "Nothing left to say."
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
    `errors`, and raised again at the end of `with`. `refused` has what was asked for besides: other
    paths, and other addresses where `url` is the client's proxy too.
    """

    def __init__(self, script: Script, helper: Callable[[Request], Reply] = default_helper) -> None:
        self.errors: list[Exception] = []
        self.refused: list[str] = []
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

        def find_request() -> Request | None:
            return next(filter(predicate, self._requests), None)

        with self._arrived:
            request = self._arrived.wait_for(find_request, timeout)
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
            api.refused.append(self.path)
            self._send(404, wire.error_body(404, "", f"{self.path} is not scripted"))

        do_GET = do_HEAD = do_CONNECT = _not_found  # noqa: N815  # the names are http.server's

        def _reply(self, request: Request, reply: Reply) -> None:
            if reply.status != 200:
                body = wire.error_body(reply.status, reply.error_type, reply.error_message)
                self._send(reply.status, body, headers=reply.headers)
                return
            message = wire.message(request, reply)
            if request.body.get("stream"):
                self._send(200, wire.events(message), "text/event-stream", reply.headers)
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
            self.send_header("request-id", f"req_{wire.unique_id()}")
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(payload)

        def log_message(self, *_: Any) -> None:
            """Say nothing: stderr belongs to whoever runs the demo or the test."""

    return Handler
