"""Where the client's settings are, and the variables that move windows and compaction.

Rules: docs/client.md, "Windows". Hot path.
"""

from __future__ import annotations

import os

from handoff.base import paths, quickjson

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

VARIABLES = (
    "CLAUDE_AUTOCOMPACT_PCT_OVERRIDE",
    "CLAUDE_CODE_AUTO_COMPACT_WINDOW",
    "CLAUDE_CODE_DISABLE_1M_CONTEXT",
    "CLAUDE_CODE_MAX_CONTEXT_TOKENS",
    "CLAUDE_CODE_MAX_OUTPUT_TOKENS",
    "CLAUDE_CONFIG_DIR",
    "DISABLE_AUTO_COMPACT",
    "DISABLE_COMPACT",
)
_MAX_BYTES = 16 * 1024 * 1024
MANAGED = (
    "/etc/claude-code/managed-settings.json",
    "/Library/Application Support/ClaudeCode/managed-settings.json",
)


def window_env(env: Mapping[str, str]) -> dict[str, str]:
    """The variables that move window and compaction, or say where the settings are."""
    return {name: env[name] for name in VARIABLES if env.get(name)}


def config_dir(env: Mapping[str, str]) -> str:
    """The client's configuration directory: `$CLAUDE_CONFIG_DIR`, else `~/.claude`."""
    return env.get("CLAUDE_CONFIG_DIR") or os.path.join(paths.home(env), ".claude")


def settings_file(env: Mapping[str, str]) -> str:
    """The user's settings file."""
    return os.path.join(config_dir(env), "settings.json")


def read_settings(env: Mapping[str, str], project: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Path and content of each settings file that is there and can be read, the strongest first."""
    for path in settings_files(env, project):
        try:
            with open(path, "rb") as file:
                settings = quickjson.loads(file.read(_MAX_BYTES))
        except (OSError, ValueError, RecursionError):
            continue
        if isinstance(settings, dict):
            yield path, settings


def settings_files(env: Mapping[str, str], project: str) -> Iterator[str]:
    """The settings files for a project ("": for none), the strongest first, there or not."""
    yield from managed_files()
    if project:
        for name in ("settings.local.json", "settings.json"):
            yield os.path.join(project, ".claude", name)
    yield settings_file(env)
    # Where /config of older clients puts it: beside the home's directory, or in a given one.
    given = env.get("CLAUDE_CONFIG_DIR")
    yield os.path.join(given or os.path.dirname(config_dir(env)), ".claude.json")


def managed_files() -> Iterator[str]:
    """The administrator's files, the strongest first: those in a folder beside the one, and it."""
    for path in MANAGED:
        folder = path.removesuffix(".json") + ".d"
        try:
            names = sorted(os.listdir(folder), reverse=True)
        except OSError:
            names = []
        yield from (os.path.join(folder, name) for name in names if name.endswith(".json"))
        yield path
