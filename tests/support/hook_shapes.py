"""What the client accepts on a hook's stdout, by event (docs/client.md, "Hooks").

A wrong shape is an error on the user's screen; what is accepted but stops a session (`decision:
block`, `continue: false`, `permissionDecision: deny`) is listed as wrong too: no hook of ours may,
but the gate (hooks/test_gate.py) and the answer to a subagent that writes a brief
(hooks/test_permissions.py).
"""

from __future__ import annotations

import json

MAX_CHARS = 10_000  # a longer string is replaced by a preview and a file path
EVENTS = {
    "session-start": "SessionStart",
    "user-prompt-submit": "UserPromptSubmit",
    "user-prompt-expansion": "UserPromptExpansion",
    "pre-tool-use": "PreToolUse",
    "post-tool-use": "PostToolUse",
    "post-tool-batch": "PostToolBatch",
    "stop": "Stop",
    "stop-failure": "StopFailure",
    "pre-compact": "PreCompact",
    "session-end": "SessionEnd",
}
_WITH_CONTEXT = {
    "SessionStart",
    "UserPromptSubmit",
    "UserPromptExpansion",
    "PostToolUse",
    "PostToolBatch",
    "Stop",
}


def problems(event: str, stdout: bytes) -> list[str]:
    """What the client would refuse in `stdout` as the answer to `event` (a word of EVENTS)."""
    if not stdout:
        return []
    try:
        answer = json.loads(stdout.decode("utf-8"), parse_constant=_refuse)
    except ValueError as error:
        return [f"not JSON in UTF-8: {error}"]
    if not isinstance(answer, dict):
        return [f"not an object: {answer!r}"]
    wrong = [] if stdout.endswith(b"\n") and stdout.count(b"\n") == 1 else ["not one line"]
    message = answer.pop("systemMessage", "")
    wrong += _wrong_text("systemMessage", message)
    specific = answer.pop("hookSpecificOutput", None)
    wrong += [f"key {key!r} is not for us" for key in answer]
    if specific is None:
        return wrong
    if not isinstance(specific, dict):
        return [*wrong, f"hookSpecificOutput is {specific!r}"]
    return wrong + _wrong_specific(EVENTS[event], dict(specific))


def _wrong_specific(name: str, specific: dict[str, object]) -> list[str]:
    wrong = []
    if specific.pop("hookEventName", None) != name:
        wrong.append(f"hookEventName is not {name}")
    if name in _WITH_CONTEXT:
        wrong += _wrong_text("additionalContext", specific.pop("additionalContext", None))
    elif name == "PreToolUse":
        decision = specific.pop("permissionDecision", None)
        if decision not in ("allow", "ask"):
            wrong.append("permissionDecision is neither allow nor ask")
        given = specific.pop("updatedInput", {}) if decision == "allow" else {}
        if not isinstance(given, dict) or not isinstance(given.get("command", ""), str):
            wrong.append(f"updatedInput is {given!r}")
        reason = specific.pop("permissionDecisionReason", None)
        wrong += _wrong_text("permissionDecisionReason", reason)
    else:
        wrong.append(f"{name} takes no hookSpecificOutput")
    return [*wrong, *(f"hookSpecificOutput.{key} is not for us" for key in specific)]


def _wrong_text(name: str, value: object) -> list[str]:
    if not isinstance(value, str):
        return [f"{name} is {value!r}"]
    return [f"{name} has {len(value)} characters"] if len(value) > MAX_CHARS else []


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")
