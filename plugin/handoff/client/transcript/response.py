"""One response of the API, which the client writes down as several lines."""

from __future__ import annotations

from typing import Any

from handoff.client.transcript.events import Answer, Usage
from handoff.client.transcript.tools import clean


class Response:
    """The lines of one API response, as they come in."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.texts: list[str] = []
        self.calls = 0
        self.model = ""
        self.usage: object = None
        self.at = ""

    def add(self, message: dict[str, Any], at: str) -> None:
        """Take one line's message; what it repeats of earlier lines is passed over."""
        for block in blocks(message.get("content")):
            self.calls += block.get("type") == "tool_use"
            text = clean(block.get("text")) if block.get("type") == "text" else ""
            if text.strip() and text not in self.texts:
                self.texts.append(text)
        self.model = clean(message.get("model")) or self.model
        self.usage = message.get("usage") or self.usage
        self.at = self.at or at

    def answer(self) -> Answer:
        """The response as far as it has come."""
        return Answer(
            "\n\n".join(self.texts), self.model, _usage(self.usage), self.at, self.key, self.calls
        )


def _usage(given: object) -> Usage:
    value = mapping(given)
    return Usage(
        number(value.get("input_tokens")),
        number(value.get("cache_creation_input_tokens")),
        number(value.get("cache_read_input_tokens")),
        number(value.get("output_tokens")),
    )


def blocks(content: object) -> list[dict[str, Any]]:
    """The blocks of a message's content, [] for any other shape."""
    return [b for b in content if isinstance(b, dict)] if isinstance(content, list) else []


def mapping(value: object) -> dict[str, Any]:
    """An object, {} for any other shape."""
    return value if isinstance(value, dict) else {}


def number(value: object) -> int:
    """A whole number, 0 for any other shape."""
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
