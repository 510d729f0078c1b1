"""One smallest request to an endpoint, and what its answer means in plain words.

The standard library's HTTP client is enough for one request. It follows no redirection: the key
goes to the address in the configuration and nowhere else.
"""

from __future__ import annotations

import json
import socket
import ssl
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from http.client import HTTPException
from typing import TYPE_CHECKING, Any

from handoff.config import presets, value_readers
from handoff.redact import redact

if TYPE_CHECKING:
    from collections.abc import Iterable
    from email.message import Message

SECONDS = 30.0
_MAX_BYTES = 1024 * 1024
_TOOL = {
    "name": "ping",
    "description": "Answers.",
    "input_schema": {"type": "object", "properties": {}},
}


@dataclass(frozen=True)
class Verdict:
    """What came of a request. `ok` is None where nothing could be asked; `hint` says what to do."""

    ok: bool | None
    detail: str
    hint: str = ""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self, req: Any, fp: Any, code: int, msg: str, headers: Message, newurl: str
    ) -> None:
        """Never: the answer is then an error with the redirection's code."""


def probe_endpoint(
    base_url: str, headers: dict[str, str], model: str, *, seconds: float = SECONDS
) -> Verdict:
    """Ask `model` at an Anthropic-compatible endpoint for one token, with a tool at hand."""
    try:
        value_readers.address(base_url)
    except ValueError:  # the address is not said: a password may be in it
        return Verdict(False, "its address does not begin with http:// or https://.", "Fix it.")
    body: dict[str, Any] = {
        "model": model,
        "max_tokens": 1,
        "messages": [
            {
                "role": "user",
                "content": [{"type": "text", "text": "Hi", "cache_control": {"type": "ephemeral"}}],
            }
        ],
        "tools": [_TOOL],
    }
    request = urllib.request.Request(  # noqa: S310 - the scheme is checked above
        f"{base_url}/v1/messages",
        data=json.dumps(body).encode(),
        headers={
            **headers,
            "content-type": "application/json",
            "anthropic-version": "2023-06-01",
            "user-agent": "handoff",
        },
        method="POST",
    )
    try:
        status, raw = _sent(request, seconds)
    except (urllib.error.URLError, HTTPException, OSError) as error:
        return _unreachable(base_url, error, seconds)
    if status < 300:
        return _answered(raw, model)
    return explain_refusal(status, _message(raw, headers.values()), model)


def _sent(request: urllib.request.Request, seconds: float) -> tuple[int, bytes]:
    """The answer's status and the start of its body. TimeoutError when `seconds` are over, however
    little came at a time.
    """
    until = time.monotonic() + seconds
    try:
        answer = urllib.request.build_opener(_NoRedirect).open(request, timeout=seconds)
    except urllib.error.HTTPError as error:
        answer = error
    body = b""
    with answer:
        while len(body) < _MAX_BYTES and (piece := answer.read1(_MAX_BYTES)):
            body += piece
            if time.monotonic() > until:
                raise TimeoutError
        return int(answer.getcode()), body


def explain_refusal(status: int, message: str, model: str) -> Verdict:
    """What an HTTP error means; `message` is the endpoint's own."""
    endpoint_message = f" It says: {message}" if message else ""
    lower = message.lower()
    if status in (401, 403):
        return Verdict(
            False,
            f"the key was refused (HTTP {status}).{endpoint_message}",
            "Use a valid key; a new one may need credit or permission for the model.",
        )
    if status == 402:
        return Verdict(
            False,
            f"the account has no credit (HTTP 402).{endpoint_message}",
            "Add credit to the account.",
        )
    if status == 429:
        return Verdict(
            False,
            f"the key works, but its limit is reached (HTTP 429).{endpoint_message}",
            "Wait, or raise the limit there.",
        )
    if status in (301, 302, 303, 307, 308):
        return Verdict(
            False,
            f"it redirects elsewhere (HTTP {status}); redirects are not followed.",
            "Put the final address into base_url.",
        )
    if "tool" in lower and status in (400, 404, 422, 501):
        return Verdict(
            False,
            f"{model} does not accept tools there (HTTP {status}).{endpoint_message}",
            "A session needs tools: choose another model.",
        )
    if "cache_control" in lower or "caching" in lower:
        return Verdict(
            False,
            f"it does not accept prompt caching (HTTP {status}).{endpoint_message}",
            "Add `without: [caching]` to the provider.",
        )
    if status in (400, 404, 422) and ("model" in lower or model.lower() in lower):
        return Verdict(
            False,
            f"it has no model {model} (HTTP {status}).{endpoint_message}",
            "Map the name to one it has: models: {sonnet: their-name}",
        )
    if status == 404:
        return Verdict(
            False,
            f"it has no /v1/messages (HTTP 404).{endpoint_message}",
            "base_url should be the address without /v1/messages.",
        )
    if status >= 500:
        return Verdict(
            False, f"the endpoint failed (HTTP {status}).{endpoint_message}", "Try again later."
        )
    return Verdict(False, f"it refused the request (HTTP {status}).{endpoint_message}")


def _answered(raw: bytes, model: str) -> Verdict:
    reply = _json(raw)
    if not isinstance(reply, dict) or reply.get("type") != "message":
        return Verdict(
            False,
            "it answers, but not in the format of the Messages API.",
            "base_url should be the Anthropic-compatible one, without /v1.",
        )
    usage = reply.get("usage")
    counts = usage if isinstance(usage, dict) else {}
    if "input_tokens" not in counts:
        return Verdict(
            True,
            f"{model} answers but reports no usage: no context, cost or threshold there.",
        )
    if "cache_read_input_tokens" not in counts:
        return Verdict(
            True,
            f"{model} answers and accepts tools, but reports no caching.",
            "Every call may be charged in full. If that is so, add `without: [caching]`.",
        )
    return Verdict(True, f"{model} answers, and accepts tools and prompt caching.")


def _message(raw: bytes, secrets: Iterable[str]) -> str:
    """The endpoint's own words, short; "" where there are none. Some repeat the key: it goes."""
    reply = _json(raw)
    if not isinstance(reply, dict):
        return ""
    error = reply.get("error")
    text = error.get("message") if isinstance(error, dict) else error
    words = " ".join(str(text or "").split())
    for secret in (secret.removeprefix("Bearer ") for secret in secrets):
        words = words.replace(secret, "[redacted: key]")
    return redact.redact(words)[:200]


def _json(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return None


def _unreachable(base_url: str, error: Exception, seconds: float) -> Verdict:
    reason = getattr(error, "reason", error)
    if isinstance(reason, ssl.SSLError):
        return Verdict(
            False,
            f"{base_url} has a certificate that this machine does not trust.",
            "Check the address; a private certificate goes into SSL_CERT_FILE.",
        )
    if isinstance(reason, socket.gaierror):
        return Verdict(False, f"{base_url} is not found: no such host.", "Check base_url.")
    if isinstance(reason, TimeoutError):
        return Verdict(
            False, f"{base_url} did not answer within {seconds:g} s.", "Try again later."
        )
    words = getattr(reason, "strerror", None) or str(reason) or type(reason).__name__
    return Verdict(
        False,
        f"{base_url} cannot be reached: {words}.",
        "Check that the endpoint is running and the address is right.",
    )


def model_to_try(models: dict[str, str]) -> str:
    """The cheapest model that a provider has a name for, else any."""
    for family in ("haiku", "sonnet", *presets.FAMILIES):
        if family in models:
            return models[family]
    return next(iter(models.values()), "")
