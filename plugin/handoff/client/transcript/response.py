"""One response of the API, which the client writes down as several lines."""

from __future__ import annotations

from typing import Any

from handoff.base import fields
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
        self.at = self.said = ""

    def add(self, message: dict[str, Any], at: str) -> None:
        """Take one line's message; what it repeats of earlier lines is passed over."""
        for block in fields.mappings(message.get("content")):
            self.calls += block.get("type") == "tool_use"
            text = clean(block.get("text")) if block.get("type") == "text" else ""
            if text.strip() and text not in self.texts:
                self.texts.append(text)
                self.said = at
        self.model = clean(message.get("model")) or self.model
        self.usage = message.get("usage") or self.usage
        self.at = self.at or at

    def answer(self) -> Answer:
        """The response as far as it has come."""
        return Answer(
            "\n\n".join(self.texts),
            self.model,
            _usage(self.usage),
            self.at,
            self.key,
            self.calls,
            self.said,
        )


def _usage(given: object) -> Usage:
    value = fields.mapping(given)
    return Usage(
        fields.count(value.get("input_tokens")) or 0,
        fields.count(value.get("cache_creation_input_tokens")) or 0,
        fields.count(value.get("cache_read_input_tokens")) or 0,
        fields.count(value.get("output_tokens")) or 0,
    )
