"""What the client's hooks are given on stdin and may answer on stdout.

Shapes: Claude Code 2.1.197 and 2.1.330 (docs/client.md). Unknown fields are ignored; a field that
is missing or of another type reads as empty. An answer is a JSON object of one of the shapes below
or nothing at all.
"""

from __future__ import annotations

import os
import select

from handoff.base import quickjson

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

MAX_PAYLOAD_BYTES = 64 * 1024 * 1024
INPUT_SECONDS = 3.0  # shorter than any hook's time limit
_PAUSE_SECONDS = 0.05  # of a writer that may be done
# UTF-16 units: a longer string is replaced by a preview and a file path (docs/client.md).
MAX_CONTEXT_UNITS = 10_000

# The `command_source` of a plugin's command; a user's or a project's says `…Settings`.
FROM_PLUGIN = "plugin"

# Of Stop's `background_tasks`.
_AGENTS = ("subagent", "workflow")
_AT_WORK = ("pending", "running")

# What a Bash call may carry and still only run its command.
_PLAIN_BASH = ("command", "description", "timeout")

# The word hooks.json passes -> the client's event name.
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


class Payload:
    """One hook's input. A property that the client did not give has its type's empty value."""

    __slots__ = ("fields",)

    def __init__(self, fields: dict[str, Any]) -> None:
        self.fields = fields

    def text(self, name: str) -> str:
        """A string field, "" if missing."""
        return _text(self.fields.get(name))

    @property
    def session_id(self) -> str:
        """The session's id."""
        return self.text("session_id")

    @property
    def transcript(self) -> str:
        """The path of the session's transcript (inside a subagent: the parent's)."""
        return self.text("transcript_path").replace("\0", "")

    @property
    def cwd(self) -> str:
        """The directory the session works in now."""
        return self.text("cwd").replace("\0", "")  # no path can hold it, and every call would fail

    @property
    def in_subagent(self) -> bool:
        """Whether a subagent raised the event."""
        return bool(self.fields.get("agent_id"))

    @property
    def stop_hook_active(self) -> bool:
        """Whether a Stop hook already made this turn go on."""
        return self.fields.get("stop_hook_active") is True

    @property
    def plan_mode(self) -> bool:
        """Whether the session only plans and may not write."""
        return self.text("permission_mode") == "plan"

    @property
    def agents_at_work(self) -> int:
        """How many agents work for this session: their reports come back and start its next turn.

        Shells, monitors and teammates are none: they run until somebody stops them.
        """
        tasks = self.fields.get("background_tasks")
        known = [t for t in tasks if isinstance(t, dict)] if isinstance(tasks, list) else []
        return sum(t.get("type") in _AGENTS and t.get("status") in _AT_WORK for t in known)

    @property
    def tool(self) -> str:
        """The tool of a tool event."""
        return self.text("tool_name")

    @property
    def command_source(self) -> str:
        """Where the command that a person typed comes from: `plugin`, `projectSettings`, …"""
        return self.text("command_source")

    @property
    def runs_plainly(self) -> bool:
        """Whether a Bash call asks for nothing but its command's run.

        Not for a run without the sandbox or in the background, nor for what is not known here.
        """
        given = self.fields.get("tool_input")
        return isinstance(given, dict) and not any(
            value for name, value in given.items() if name not in _PLAIN_BASH
        )

    def tool_input(self, name: str) -> str:
        """A string field of the tool's input."""
        given = self.fields.get("tool_input")
        return _text(given.get(name)) if isinstance(given, dict) else ""


def parse(raw: bytes) -> Payload | None:
    """The payload in `raw`, or None when it is not a JSON object."""
    try:
        fields = quickjson.loads(raw)
    except (ValueError, RecursionError):
        return None
    return Payload(fields) if isinstance(fields, dict) else None


def _text(value: object) -> str:
    """The text as UTF-8 can hold it (JSON can escape half a character), "" for what is no text."""
    if not isinstance(value, str):
        return ""
    return value if value.isascii() else value.encode("utf-8", "replace").decode()


def read_stdin(descriptor: int = 0) -> bytes:
    """One JSON object from `descriptor`: its end is enough, the client may leave stdin open.

    What is not complete when nothing more came for `INPUT_SECONDS` is returned as it is.
    """
    raw = bytearray()
    tried = 0  # bytes at the last try to parse: tries at every `}` would take time by the square
    while len(raw) <= MAX_PAYLOAD_BYTES:
        if raw[-16:].rstrip().endswith(b"}") and len(raw) > tried:
            pause = 0.0 if len(raw) >= 2 * tried else _PAUSE_SECONDS
            if not select.select([descriptor], [], [], pause)[0]:
                if parse(bytes(raw)) is not None:
                    return bytes(raw)
                tried = len(raw)
        if not select.select([descriptor], [], [], INPUT_SECONDS)[0]:
            return bytes(raw)
        chunk = os.read(descriptor, 1 << 16)
        if not chunk:
            return bytes(raw)
        raw += chunk
    return b""


def is_attended(env: Mapping[str, str]) -> bool:
    """Whether a person sits at the session (False for `-p`).

    2.1.330 says so; 2.1.197 tells by its entry point (`cli`, or `sdk-cli` for `-p`).
    """
    attended = env.get("CLAUDE_CODE_SESSION_ATTENDED")
    if attended is not None:
        return attended != "0"
    return not is_print_mode(env)


def is_print_mode(env: Mapping[str, str]) -> bool:
    """Whether the client runs with `-p`, or for a program that uses its SDK. A session in the
    background (`--bg`) is neither: it is `cli`, and not attended.
    """
    return env.get("CLAUDE_CODE_ENTRYPOINT", "").startswith("sdk")


def project_dir(env: Mapping[str, str]) -> str:
    """The directory the session was started for, "" outside a hook."""
    return env.get("CLAUDE_PROJECT_DIR", "")


def current_session(env: Mapping[str, str]) -> str:
    """The id of the session whose shell or hook this is, "" in a plain terminal."""
    return env.get("CLAUDE_CODE_SESSION_ID", "")


def is_hook_of(env: Mapping[str, str], session_id: str) -> bool:
    """Whether this environment is one of that session's hooks, and not of a shell of its model.

    The client gives hooks alone a project directory, and every child its own session's id
    (docs/client.md). An environment can be made up: this is a sign, not a proof.
    """
    return bool(project_dir(env)) and current_session(env) in ("", session_id)


def tell_model(event: str, text: str, *, user: str = "") -> dict[str, Any]:
    """`text` reaches the model with its next request; `user` is shown to the person."""
    answer: dict[str, Any] = {
        "hookSpecificOutput": {
            "hookEventName": EVENTS[event],
            "additionalContext": _within_limit(_show(text)),
        }
    }
    return {**answer, **tell_user(user)} if user else answer


def tell_user(text: str) -> dict[str, Any]:
    """One line on the screen; the model does not see it."""
    return {"systemMessage": _show(text)}


def _show(text: str) -> str:
    """`text` with what hides in it made visible."""
    from handoff.base import visible_text  # most events say nothing

    return visible_text.escape(text)


def _within_limit(text: str) -> str:
    """`text` as long as the client takes it whole."""
    from handoff.base import utf16

    return utf16.keep_units(text, MAX_CONTEXT_UNITS)


def also_tell_user(answer: dict[str, Any] | None, text: str) -> dict[str, Any]:
    """`answer` with one line more on the screen."""
    message = (answer or {}).get("systemMessage")
    return {**(answer or {}), **tell_user(f"{message}\n{text}" if message else text)}


def refuse(reason: str) -> dict[str, Any]:
    """The tool call is not run; the model is told why."""
    return {
        "hookSpecificOutput": {
            "hookEventName": "PreToolUse",
            "permissionDecision": "deny",
            "permissionDecisionReason": _within_limit(reason),
        }
    }


def ask(reason: str) -> dict[str, Any]:
    """The client asks the user about the tool call; where nobody can be asked it is not run."""
    return {
        "hookSpecificOutput": {
            "hookEventName": "PreToolUse",
            "permissionDecision": "ask",
            "permissionDecisionReason": reason,
        }
    }


def allow(reason: str, tool_input: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The tool call runs without asking, with another whole input if one is given."""
    answer: dict[str, Any] = {
        "hookEventName": "PreToolUse",
        "permissionDecision": "allow",
        "permissionDecisionReason": reason,
    }
    if tool_input is not None:
        answer["updatedInput"] = tool_input
    return {"hookSpecificOutput": answer}
