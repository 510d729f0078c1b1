"""Refused tool calls: who refused, and what a person said then.

A refusal is recorded as a failed tool result, and the text of a failed result may be anybody's: an
MCP server's error, a hook's reason, a line of a file that an edit did not find. So who refused is
read from the record, where the client says it (seen: `permissionDecision` in 2.1.330,
`toolDenialKind` from 2.1.205 on). Clients before say nothing (seen: 2.1.38 to 2.1.197): there the
text decides, and only for tools of the client's own, whose errors it words itself.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from handoff.client.transcript.events import Call, Kind

Refuser = Literal["", "rule", "person", "unconfirmed"]

_MCP_TOOL = "mcp__"
_BY_TEXT = re.compile(
    r"The user doesn't want to|User rejected|This command requires approval|"
    r"Permission (?:to|for) .{0,200}denied|Claude requested permissions|"
    r"<tool_use_error>|.{0,80}is temporarily unavailable, so auto mode"
)
# The client's own sentence in front of a person's words (2.1.38 to 2.1.330, word for word).
_SENTENCE = (
    "The user doesn't want to proceed with this tool use. The tool use was rejected (eg. if it was "
    "a file edit, the new_string was NOT written to the file). To tell you how to proceed, the "
    "user said:\n"
)
_NOTE = re.compile(r"\n\s*Note: The user's next message[\s\S]*\Z")
_CLARIFIES = "The user wants to clarify"  # the client's words for a question left unanswered
# The client asks a person before it runs these, and no error of theirs begins with others' words.
_ASKED_FIRST: frozenset[Kind] = frozenset({"command", "edit", "create", "plan", "question"})


def who_refused(record: dict[str, Any], text: str, call: Call | None) -> Refuser:
    """Who refused the call whose failed result is `text` in this record, "" if nobody did.

    `unconfirmed`: the text is a person's refusal, and the client does not record who refused. A
    hook's reason of these very words looks the same there. `call` is None if it was not seen.
    """
    decision = record.get("permissionDecision")
    kind = record.get("toolDenialKind")
    if isinstance(decision, dict):
        if decision.get("decision") != "reject":
            return "rule" if kind else ""
        return "person" if decision.get("source") == "user_reject" else "rule"
    if isinstance(kind, str) and kind:
        return "person" if kind == "user-rejected" else "rule"
    if call is None or call.tool.startswith(_MCP_TOOL) or not _BY_TEXT.match(text):
        return ""
    if call.kind in _ASKED_FIRST and text.startswith(_SENTENCE):
        return "unconfirmed"
    return "rule"


def persons_words(record: dict[str, Any], text: str) -> str:
    """What a person said when they refused, "" if nothing. Only for what a person refused."""
    if not text.startswith(_SENTENCE):
        return ""
    feedback = record.get("userFeedback")  # 2.1.330: their words alone
    words = feedback if isinstance(feedback, str) else _NOTE.sub("", text[len(_SENTENCE) :])
    words = words.strip()
    return "" if words.startswith(_CLARIFIES) else words
