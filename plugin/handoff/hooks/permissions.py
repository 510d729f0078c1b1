"""`PreToolUse`: the plugin's own calls run without a key press, and nothing else does.

What is not recognised whole is left to the client's own rules. A call is approved when it is

- the Skill tool for `handoff:handoff`, with a goal of plain words in which the client expands
  nothing (with any other goal the client is told to ask), or
- one Bash command `handoff VERB WORDS…` (the grammar: `facts/own_calls.py`). VERB only prints or
  writes into handoff's own files. The answer names the launcher by its path, and the state
  directory in which that finds its interpreter: what was checked is what runs.

Nothing that writes is approved in plan mode or in a subagent, and a subagent's brief is refused.
"""

from __future__ import annotations

import os
import re

from handoff.client import hook_io
from handoff.facts import own_calls
from handoff.install.launcher import launcher_path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from handoff.hooks.event import Event

# Verb -> the options it may carry. Nothing here starts a program or a session, opens a path that
# the command names, or changes trust or a mode: `recall` looks into transcripts of this machine's
# own briefs only, and `wait` only looks.
APPROVED: dict[str, tuple[str, ...]] = {
    "write": (
        *(
            "--kind",
            "--label",
            "--for",
            "--verify",
            "--shared",
            "--goal",
            "--effort",
            "--budget-usd",
            "--max-turns",
        ),
        "--json",
    ),
    "wait": ("--timeout", "--json"),
    "done": ("--outcome", "--json"),
    "list": (
        *("--all", "--kind", "--label", "--state", "--trusted", "--untrusted", "--tree"),
        "--json",
    ),
    "status": ("--json",),
    "lint": ("--json",),
    "recall": ("--file", "--command", "--around", "--max-tokens", "--json"),
}
WRITES = ("write", "done")
_STDIN_ONLY = ("lint",)  # would open any path it is given

# A goal of plain words, as an allow-list: the client puts in the file that `@` names, the value
# that `$` names and what `!` runs, and what it may expand one day is not known here.
_GOAL = re.compile(
    r"""(?: [\w\s.,;:?'"`()<>+*=%&|#~^/\[\]-]
          | [\u2018\u2019\u201c\u201d\u2013\u2014\u2026\u3001\u3002\uff0c]
          | (?<!`)!(?=\Z|\s)(?!\s*`)
        )*\Z""",
    re.VERBOSE,
)
# The client drops blanks around a skill's name, and a slash in front (docs/client.md).
_HANDOFF = "handoff:handoff"
_AROUND_NAME = re.compile(r"[^\w:-]+")
_EXPANDS = (
    "handoff: in this goal the client may put a file's text or a command's output in place of @, $ "
    "or another sign"
)


def pre_tool_use(event: Event) -> dict[str, Any] | None:
    """The answer to one `PreToolUse` event: allow, ask, refuse a subagent's brief, or nothing."""
    if event.payload.tool == "Skill":
        return _skill(event)
    if event.payload.tool == "Bash":
        return _bash(event)
    return None


def is_own(command: str, launcher: str = "") -> bool:
    """Whether `command` is exactly one call that may be approved, by the bare name or `launcher`'s
    path.
    """
    return _own_call(command, launcher) is not None


def _skill(event: Event) -> dict[str, Any] | None:
    payload = event.payload
    named = payload.tool_input("skill")
    if _AROUND_NAME.sub("", named) != _HANDOFF:
        return None
    given = payload.fields["tool_input"]
    goal = given.get("args") or ""
    # The client itself asks nobody about this call, whatever its arguments name.
    if not isinstance(goal, str) or not _GOAL.match(goal):
        return hook_io.ask(_EXPANDS)
    if named != _HANDOFF or set(given) - {"skill", "args"}:
        return None
    if payload.in_subagent or payload.plan_mode:
        return None
    from handoff.session import name_conflicts

    if name_conflicts.find_conflict(event):
        return None  # somebody else's command may be what runs
    return hook_io.allow("handoff: writing this session's brief")


def _bash(event: Event) -> dict[str, Any] | None:
    payload, runtime = event.payload, event.runtime
    command = payload.tool_input("command")
    if payload.in_subagent and _writes_brief(command):
        return hook_io.refuse(event.prompts.render("subagent_refused"))
    launcher = launcher_path()
    call = _own_call(command, launcher)
    if call is None or call.state not in (None, runtime.home) or not payload.runs_plainly:
        return None
    if call.verb in WRITES and (payload.in_subagent or payload.plan_mode):
        return None
    if call.verb == "write":
        from handoff.session import sent_briefs

        sent_briefs.note(payload, call.text, runtime)
    given = payload.fields["tool_input"]
    pinned = call.pinned(launcher, runtime.home)
    if pinned is None or given["command"] != command or not os.access(launcher, os.X_OK):
        return None
    if not os.path.isabs(runtime.home):
        return None  # its interpreter would be another one in each folder
    from handoff.client import permission_rules

    # Which directory's rules a client holds after a move is its own affair: none may be passed by.
    directories = {hook_io.project_dir(runtime.env) or payload.cwd, event.project}
    if permission_rules.restrict((command, call.by_name), runtime.env, directories):
        return None
    return hook_io.allow("handoff: its own command, and nothing else", {**given, "command": pinned})


def _own_call(command: str, launcher: str) -> own_calls.OwnCall | None:
    call = own_calls.parse(command)
    if call is None or call.program not in (own_calls.NAME, launcher):
        return None
    allowed = APPROVED.get(call.verb)
    if allowed is None or (call.verb in _STDIN_ONLY and call.has_operands):
        return None
    return call if all(option in allowed for option in call.options) else None


def _writes_brief(command: str) -> bool:
    """Whether any of the commands in a shell command is `handoff write`."""
    from handoff.facts import shell_commands
    from handoff.redact.redact import clean_judged

    commands = (simple.words for simple in shell_commands.split(clean_judged(command)))
    return any(own_calls.is_named(words[0]) and words[1:2] == ("write",) for words in commands)
