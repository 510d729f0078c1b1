"""The plugin's launcher, `bin/handoff`, and which program `handoff` means on a PATH."""

from __future__ import annotations

import os

from handoff.base import paths

_WHEEL_SCRIPT = b"from handoff.cli import main"  # in the command that pipx, uv and pip make


def launcher_path() -> str:
    """The launcher of the plugin that runs."""
    return os.path.join(paths.plugin_root(), "bin", "handoff")


def find_command(search_path: str) -> str:
    """The program that `handoff` means on `search_path`, "" if there is none.

    An empty element is the working directory.
    """
    for folder in search_path.split(os.pathsep) if search_path else ():
        path = os.path.join(folder or os.curdir, "handoff")
        if os.path.isfile(path) and os.access(path, os.X_OK):
            return path
    return ""


def find_shadowing(search_path: str) -> str:
    """The other program that `handoff` means on `search_path`, "" if it means ours.

    The client puts the plugin's `bin/` last. A copy of our own launcher (install.sh makes one) is
    ours too.
    """
    path = find_command(search_path)
    return "" if not path or _content(path) == _content(launcher_path()) else path


def is_from_wheel(path: str) -> bool:
    """Whether a program is the command of an installed wheel of handoff."""
    return _WHEEL_SCRIPT in _content(path)


def _content(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read(8192)
    except OSError:
        return path.encode("utf-8", "surrogateescape")
