"""A scripted model that works, is asked for a brief, and writes one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from handoff.demo.api import Reply, ToolUse, Usage

if TYPE_CHECKING:
    from handoff.demo.api import Request

BRIEF = """# List every price on the receipt
## Task
receipt() in till/receipt.py should list every price before the total.
## Constraints
"never touch till/basket.py"
## Next step
Join one line per price in till/receipt.py.
## State
In progress, nothing is proven."""
WRITE = f"handoff write <<'BRIEF'\n{BRIEF}\nBRIEF"
ASKS_FOR_A_BRIEF = "handoff write <<'BRIEF'"
NAMES_THE_COMMAND = "Call the Skill tool with handoff:handoff"
REPORTED = "Brief 20"


def says(text: str, tokens: int) -> Reply:
    """An answer that ends the turn, at so many tokens of context."""
    return Reply(text, usage=Usage(input=2, cache_read=tokens - 2))


def calls(tool: str, tokens: int, **arguments: object) -> Reply:
    """A tool call, at so many tokens of context."""
    return Reply("", [ToolUse(tool, arguments)], usage=Usage(input=2, cache_read=tokens - 2))


def runs(command: str, tokens: int) -> Reply:
    """A Bash call."""
    return calls("Bash", tokens, command=command, description="Run it")


def within(reply: Reply, five_hour: int, resets_at: float, seven_day: int = 10) -> Reply:
    """The reply as a subscription gets it: percent of its caps used, and when five hours start
    again. The client reads it with a login only (`harness.SUBSCRIBED`).
    """
    kind = "anthropic-ratelimit-unified"
    used = {"5h": five_hour, "7d": seven_day}
    headers = {f"{kind}-{cap}-utilization": f"{part / 100:.2f}" for cap, part in used.items()}
    resets = {f"{kind}-5h-reset": int(resets_at), f"{kind}-7d-reset": int(resets_at) + 86_400}
    headers |= {name: str(at) for name, at in resets.items()}
    return replace(reply, headers={f"{kind}-status": "allowed", **headers})


def is_sent_to_the_command(request: Request) -> bool:
    """Whether a Stop hook tells the model to run `/handoff`, which asks it for a brief."""
    return NAMES_THE_COMMAND in request.new_text and ASKS_FOR_A_BRIEF not in request.new_text


class Model:
    """Says its `replies` one by one; when it is asked for a brief, it writes `command` instead.

    `sessions` holds the ids of the sessions that asked, in order; `asked` the requests that asked
    for a brief.
    """

    def __init__(self, *replies: Reply, command: str = WRITE, tokens: int = 206_000) -> None:
        self.replies = list(replies)
        self.command = command
        self.tokens = tokens
        self.asked: list[Request] = []
        self.sessions: list[str] = []

    def __call__(self, request: Request, _: int) -> Reply:
        if request.session_id not in self.sessions:
            self.sessions.append(request.session_id)
        if REPORTED in request.new_text:
            return says("The brief is written.", self.tokens)
        if is_sent_to_the_command(request):
            return calls("Skill", self.tokens, skill="handoff:handoff")
        if ASKS_FOR_A_BRIEF in request.new_text:
            self.asked.append(request)
            return runs(self.command, self.tokens)
        return self.replies.pop(0) if self.replies else says("Nothing left to say.", self.tokens)
