"""What a session searched for: patterns, and the commands that search for some."""

from __future__ import annotations

import re
from collections import deque
from typing import TYPE_CHECKING

from handoff.redact import redact

if TYPE_CHECKING:
    from collections.abc import Iterator

    from handoff.client.transcript.events import Call
    from handoff.redact.redact import Clean, Redactor

KEPT = 80
_GREP = re.compile(r"\b(?:grep|rg|ag|Select-String)\b[^|;\n]*")


class SearchLog:
    """Keeps the last searches, each with the calls until then."""

    def __init__(self) -> None:
        self.last: deque[tuple[int, str, bool]] = deque(maxlen=KEPT)

    def call(self, call: Call, at: int) -> None:
        """A tool is called, which may search."""
        if call.kind == "search":
            self.last.append((at, call.detail, False))
        if call.command and _GREP.search(call.command):
            self.last.append((at, call.command, True))

    def texts(self) -> Iterator[str]:
        """What is looked at in the end, as it was given."""
        yield from (text for _, text, _ in self.last)

    def patterns(self, clean: Redactor) -> list[tuple[int, Clean]]:
        """What was searched for: patterns, and the parts of commands that hold one."""
        return [
            (at, redact.matches(_GREP, clean(text)) if is_command else clean(text))
            for at, text, is_command in self.last
        ]
