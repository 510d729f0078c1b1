"""The client's sandbox for its Bash tool, as the settings files say: what its commands may write.

Settings: docs/client.md, "Sandbox". What is given on the client's command line is not seen.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from handoff.base import fields
from handoff.client import settings_read

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def find_blocking_settings(path: str, env: Mapping[str, str], project: str) -> str:
    """The settings file that turns on a sandbox in which `path` may not be written, "" if none."""
    settings_files = list(settings_read.read_settings(env, project))
    enabled = ((file, _sandbox(settings).get("enabled")) for file, settings in settings_files)
    file, is_on = next(((f, on) for f, on in enabled if isinstance(on, bool)), ("", False))
    if not is_on:
        return ""
    places = [
        project,
        *(p for _, settings in settings_files for p in _allowed(settings, env, project)),
    ]
    return "" if any(_is_in(path, place) for place in places) else file


def _sandbox(settings: Mapping[str, Any]) -> Mapping[str, Any]:
    return fields.mapping(settings.get("sandbox"))


def _allowed(settings: Mapping[str, Any], env: Mapping[str, str], project: str) -> Iterator[str]:
    """The paths of one file's `sandbox.filesystem.allowWrite`, absolute."""
    files = fields.mapping(_sandbox(settings).get("filesystem"))
    for entry in fields.texts(files.get("allowWrite")):
        if entry:
            path = entry.removesuffix("/**")
            home = env.get("HOME") or os.path.expanduser("~")
            path = home + path[1:] if path == "~" or path.startswith("~/") else path
            yield os.path.join(project, path)


def _is_in(path: str, folder: str) -> bool:
    path, folder = os.path.realpath(path), os.path.realpath(folder)
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)
