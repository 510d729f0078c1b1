"""What the client's settings files say of compaction, each file by itself, the strongest first.

Rules: docs/client.md, "Windows". Hot path: read with every reading, since `/autocompact` and
`/config` write them in mid-session; a file is parsed only if it names one of the keys.
"""

from __future__ import annotations

import os

from handoff.base import fields, quickjson
from handoff.client import settings_read

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

ENABLED, WINDOW, BY_MODEL = "autoCompactEnabled", "autoCompactWindow", "modelSettings"
AUTO = "auto"  # a model's own window, whatever weaker files say
LEAST_WINDOW = 100_000  # the client ignores a lower one in its settings
_MARK = b"autoCompact"
_MOST_BYTES = 16 * 1024 * 1024
_MOST_OF_PROJECT = 1024 * 1024  # its files can be anybody's, and no hook has time for more


class Said:
    """What the file at `path` says: `enabled` (None: nothing), the `window` for every model, and
    `windows` by model name, where it may be `AUTO` too; all in tokens.
    """

    __slots__ = ("enabled", "path", "window", "windows")

    def __init__(
        self,
        path: str,
        enabled: bool | None = None,
        window: int | None = None,
        windows: dict[str, int | str] | None = None,
    ) -> None:
        self.path = path
        self.enabled = enabled
        self.window = window
        self.windows = windows or {}


def read(env: Mapping[str, str], project: str) -> tuple[Said, ...]:
    """What each file says that says anything; one that cannot be read says nothing."""
    return tuple(_said(env, project))


def _said(env: Mapping[str, str], project: str) -> Iterator[Said]:
    for path in settings_read.files(env, project):
        is_projects = bool(project) and path.startswith(os.path.join(project, ".claude"))
        found = _parsed(path, _MOST_OF_PROJECT if is_projects else _MOST_BYTES)
        if found:
            enabled = found.get(ENABLED)
            said = Said(
                path,
                enabled if isinstance(enabled, bool) else None,
                _window(found.get(WINDOW)),
                _windows(found.get(BY_MODEL)),
            )
            if said.enabled is not None or said.window or said.windows:
                yield said


def _parsed(path: str, most: int) -> dict[str, Any]:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, "rb") as file:
            content = file.read(most)
        found = quickjson.loads(content) if _MARK in content else None  # one that is cut is none
    except (OSError, ValueError, RecursionError):
        return {}
    return fields.mapping(found)


def _windows(given: object) -> dict[str, int | str]:
    found: dict[str, int | str] = {}
    for model, its in fields.mapping(given).items():
        window = fields.mapping(its).get(WINDOW)
        usable = AUTO if window == AUTO else _window(window)
        if usable is not None:
            found[model] = usable
    return found


def _window(value: object) -> int | None:
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if value >= LEAST_WINDOW else None
