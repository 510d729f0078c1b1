"""What the client's settings and environment say about windows and compaction.

Settings: docs/client.md, "Windows". Hot path: read at a session's start, and parsed only if a file
names the one key that matters.
"""

from __future__ import annotations

import os

from handoff import paths, quickjson

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

_VARIABLES = (
    "CLAUDE_AUTOCOMPACT_PCT_OVERRIDE",
    "CLAUDE_CODE_AUTO_COMPACT_WINDOW",
    "CLAUDE_CODE_DISABLE_1M_CONTEXT",
    "CLAUDE_CODE_MAX_CONTEXT_TOKENS",
    "CLAUDE_CODE_MAX_OUTPUT_TOKENS",
    "DISABLE_AUTO_COMPACT",
    "DISABLE_COMPACT",
)
_KEY = "autoCompactEnabled"
_MOST_BYTES = 16 * 1024 * 1024
MANAGED = (
    "/etc/claude-code/managed-settings.json",
    "/Library/Application Support/ClaudeCode/managed-settings.json",
)


def window_env(env: Mapping[str, str], project: str) -> dict[str, str]:
    """The variables that move window and compaction, with the setting that turns it off as one."""
    found = {name: env[name] for name in _VARIABLES if env.get(name)}
    if _compacts_by_itself(env, project) is False:
        found["DISABLE_AUTO_COMPACT"] = "1"
    return found


def config_dir(env: Mapping[str, str]) -> str:
    """The client's configuration directory: `$CLAUDE_CONFIG_DIR`, else `~/.claude`."""
    return env.get("CLAUDE_CONFIG_DIR") or os.path.join(paths.home(env), ".claude")


def settings_file(env: Mapping[str, str]) -> str:
    """The user's settings file."""
    return os.path.join(config_dir(env), "settings.json")


def everything(env: Mapping[str, str], project: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Path and content of each settings file that is there and can be read, the strongest first."""
    for path in _files(env, project):
        try:
            with open(path, "rb") as file:
                said = quickjson.loads(file.read(_MOST_BYTES))
        except (OSError, ValueError, RecursionError):
            continue
        if isinstance(said, dict):
            yield path, said


def _compacts_by_itself(env: Mapping[str, str], project: str) -> bool | None:
    """What the first file that says it says; None if none does."""
    for path in _files(env, project):
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            with open(descriptor, "rb") as file:
                content = file.read(_MOST_BYTES)
            if _KEY.encode() not in content:
                continue
            said = quickjson.loads(content).get(_KEY)
        except (OSError, ValueError, AttributeError, RecursionError):
            continue
        if isinstance(said, bool):
            return said
    return None


def _files(env: Mapping[str, str], project: str) -> Iterator[str]:
    """The files that may say it, the strongest first."""
    yield from MANAGED
    for name in ("settings.local.json", "settings.json"):
        yield os.path.join(project, ".claude", name)
    yield settings_file(env)
    # Where /config of older clients puts it: beside the home's directory, or in a given one.
    given = env.get("CLAUDE_CONFIG_DIR")
    yield os.path.join(given or os.path.dirname(config_dir(env)), ".claude.json")
