"""The permission rules in the client's settings files: those that forbid a command or ask first.

The client holds its rules against the input that a `PreToolUse` hook answers with, not against what
the model sent (2.1.197 and 2.1.330, docs/client.md). Whoever changes a command has to see to it
that a rule on the first one still counts.
"""

from __future__ import annotations

import os

from handoff.base import quickjson
from handoff.client import settings_read
from handoff.client.transcript import tail

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

_MAX_BYTES = 16 * 1024 * 1024


def restrict(
    commands: Collection[str], env: Mapping[str, str], directories: Collection[str]
) -> bool:
    """Whether a `deny` or `ask` rule of a settings file, the user's or that of one of the project
    `directories`, fits one of these Bash commands.

    Rules of the client's own command line (`--disallowedTools`, `--settings`) are not seen.
    """
    texts = set()
    for command in commands:
        first, line_end, rest = command.strip().partition("\n")
        texts |= {first + line_end + rest, " ".join(first.split()) + line_end + rest}
    return any(
        _fits(pattern, text)
        for path in _files(env, directories)
        for pattern in _patterns(path)
        for text in texts
    )


def _files(env: Mapping[str, str], directories: Collection[str]) -> Iterator[str]:
    yield settings_read.settings_file(env)
    for project in directories:
        for name in ("settings.json", "settings.local.json"):
            yield os.path.join(project, ".claude", name)
    for path in settings_read.MANAGED:
        yield path
        folder = path.removesuffix(".json") + ".d"
        if os.path.isdir(folder):
            yield from (os.path.join(folder, name) for name in sorted(os.listdir(folder)))


def _patterns(path: str) -> Iterator[str]:
    """What stands between the brackets of `Bash(…)` in the rules of one file."""
    try:
        with open(path, "rb", opener=tail.open_regular) as file:
            raw = file.read(_MAX_BYTES)
        if b'"permissions"' not in raw:
            return
        permissions = quickjson.loads(raw)["permissions"]
        rules = [*(permissions.get("deny") or ()), *(permissions.get("ask") or ())]
    except (OSError, ValueError, TypeError, AttributeError, KeyError, RecursionError):
        return
    for rule in rules:
        if isinstance(rule, str) and rule.startswith("Bash(") and rule.endswith(")"):
            yield rule[len("Bash(") : -1]


def _fits(pattern: str, command: str) -> bool:
    """Whether a rule's pattern fits: `*` is any text, and `:*` or ` *` at its end also none.

    In doubt it does: then the client asks, as it would without a hook.
    """
    for end in (":*", " *"):
        if pattern.endswith(end):
            pattern = pattern[: -len(end)] + "*"
    first, *others = pattern.split("*")
    if not others:
        return command == pattern or command.startswith(pattern + " ")
    if not command.startswith(first):
        return False
    at = len(first)
    for part in others[:-1]:
        at = command.find(part, at) + len(part)
        if at < len(part):
            return False
    return command.endswith(others[-1]) and len(command) - len(others[-1]) >= at
