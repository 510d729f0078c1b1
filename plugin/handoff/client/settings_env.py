"""The variables that the client's settings files set for every session (`env`): their names only.

The client puts them over the environment that it was started with, so they decide where a session
goes. Source: docs/client.md, "Starting a session".
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from handoff.base.errors import HandoffError
from handoff.client import settings_edit, settings_read

if TYPE_CHECKING:
    from collections.abc import Mapping


def read_names(env: Mapping[str, str], project: str) -> dict[str, str]:
    """The names set, each with the file that sets it; files that cannot be read set nothing."""
    files: dict[str, str] = {}
    local = Path(project) / ".claude"
    for path in (
        settings_read.settings_file(env),
        str(local / "settings.json"),
        str(local / "settings.local.json"),
        *reversed(list(settings_read.managed_files())),
    ):
        files |= dict.fromkeys(_names(path), path)
    return files


def _names(path: str) -> list[str]:
    try:
        values = json.loads(settings_edit.read(path) or b"{}")
        return [str(name) for name in values["env"]]
    except (HandoffError, ValueError, KeyError, TypeError, RecursionError):
        return []
