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
MIN_WINDOW = 100_000  # the client ignores a lower one in its settings
_MARK = b"autoCompact"
_MAX_BYTES = 16 * 1024 * 1024
_MAX_PROJECT_BYTES = 1024 * 1024  # its files can be anybody's, and no hook has time for more


class CompactSetting:
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


def read(env: Mapping[str, str], project: str) -> tuple[CompactSetting, ...]:
    """What each file says that says anything; one that cannot be read says nothing."""
    return tuple(_said(env, project))


def _said(env: Mapping[str, str], project: str) -> Iterator[CompactSetting]:
    for path in settings_read.settings_files(env, project):
        is_projects = bool(project) and path.startswith(os.path.join(project, ".claude"))
        settings = _parsed(path, _MAX_PROJECT_BYTES if is_projects else _MAX_BYTES)
        if settings:
            enabled = settings.get(ENABLED)
            entry = CompactSetting(
                path,
                enabled if isinstance(enabled, bool) else None,
                _window(settings.get(WINDOW)),
                _windows(settings.get(BY_MODEL)),
            )
            if entry.enabled is not None or entry.window or entry.windows:
                yield entry


def _parsed(path: str, most: int) -> dict[str, Any]:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, "rb") as file:
            content = file.read(most)
        settings = quickjson.loads(content) if _MARK in content else None  # one that is cut is none
    except (OSError, ValueError, RecursionError):
        return {}
    return fields.mapping(settings)


def _windows(given: object) -> dict[str, int | str]:
    windows: dict[str, int | str] = {}
    for model, its in fields.mapping(given).items():
        window = fields.mapping(its).get(WINDOW)
        usable = AUTO if window == AUTO else _window(window)
        if usable is not None:
            windows[model] = usable
    return windows


def _window(value: object) -> int | None:
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if value >= MIN_WINDOW else None
