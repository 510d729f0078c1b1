"""The demo's model: what it says to each request, and what it noticed on the way."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from handoff.demo.api import Reply, Request, ToolUse, Usage

if TYPE_CHECKING:
    from pathlib import Path

PROMPT = "The receipt should list every price before the total. Please never touch till/basket.py."
_BRIEF = """handoff write --label demo --verify 'python3 -m unittest -q' <<'BRIEF'
# List every price on the receipt
## Task
`receipt()` in till/receipt.py should list every price on a line of its own before the total.
## Constraints
"Please never touch till/basket.py."
## Next step
In till/receipt.py, join one line per price in front of the total line.
## State
Done, not proven: the prices are formatted. Failing: tests/test_receipt.py, test_total.
## Decisions
Amounts stay in cents until they are printed: floats would add up wrongly.
## Verify
`python3 -m unittest -q` passes.
BRIEF"""
_BY_NAME = "Call the Skill tool with handoff:handoff"
_SENTENCE = "The brief is on the receipt that lists every price."


class Model:
    """A scripted model for two sessions. Each event is set when the model saw it happen."""

    def __init__(self, project: Path) -> None:
        self.worked = threading.Event()
        self.asked = threading.Event()
        self.reported = threading.Event()
        self.second_session = threading.Event()
        self.calls = 0
        self.tokens = 0
        self.asked_with = ""
        self.reported_with = ""
        self.second_text = ""
        receipt = str(project / "till" / "receipt.py")
        edit = {
            "file_path": receipt,
            "old_string": 'return f"Total: {total(prices) / 100:.2f}"',
            "new_string": (
                'lines = [f"{price / 100:.2f}" for price in prices]\n'
                '    return "\\n".join([*lines, f"Total: {total(prices) / 100:.2f}"])'
            ),
        }
        self._work = [
            (18_000, ToolUse("Read", {"file_path": receipt})),
            (96_000, ToolUse("Edit", edit)),
            (
                168_000,
                ToolUse("Bash", {"command": "python3 -m unittest -q", "description": "Test"}),
            ),
        ]

    def answer(self, request: Request, _: int) -> Reply:
        """The next thing the model says in the session that asks."""
        if "go on" in request.new_text and "This session continues earlier work" in request.text:
            self.second_text = request.text
            self.second_session.set()
            return Reply("I continue with till/receipt.py.", usage=Usage(input=6_000))
        if "Brief 20" in request.new_text:
            self.reported_with = request.new_text.strip().splitlines()[1].strip()
            self.reported.set()
            return Reply(_SENTENCE, usage=Usage(input=206_000))
        asks = "handoff write <<'BRIEF'" in request.new_text
        if _BY_NAME in request.new_text and not asks:
            self.asked_with = _who_asked(request.new_text)
            return self._say(205_000, ToolUse("Skill", {"skill": "handoff:handoff"}))
        if asks:
            self.asked_with = self.asked_with or _who_asked(request.new_text)
            self.asked.set()
            return self._say(
                205_000, ToolUse("Bash", {"command": _BRIEF, "description": "Hand over"})
            )
        if self._work:
            return self._say(*self._work.pop(0))
        self.worked.set()
        self.tokens = 204_000
        return Reply("One test fails: test_total expects one line.", usage=Usage(input=self.tokens))

    def _say(self, tokens: int, tool: ToolUse) -> Reply:
        self.calls += 1
        self.tokens = tokens
        return Reply("", [tool], usage=Usage(input=2, cache_read=tokens - 2))


def _who_asked(text: str) -> str:
    """Whether the hook gave the command's text, or the mod ran the command."""
    told = "Stop hook additional context: "
    by_hook = next((line for line in text.splitlines() if line.startswith(told)), "")
    if by_hook:
        return by_hook.replace(told, "the Stop hook: ")
    return "the mod ran /handoff:handoff, as if it had been typed"
