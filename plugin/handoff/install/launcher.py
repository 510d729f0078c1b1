"""The plugin's launcher, `bin/handoff`, and what another program of its name would hide."""

from __future__ import annotations

import os

from handoff.base import paths


def launcher_path() -> str:
    """The launcher of the plugin that runs."""
    return os.path.join(paths.plugin_root(), "bin", "handoff")


def find_shadowing(search_path: str) -> str:
    """The other program that `handoff` means on `search_path`, "" if it means ours.

    The client puts the plugin's `bin/` last. A copy of our own launcher (install.sh makes one) is
    ours too. An empty element is the working directory.
    """
    ours = _content(launcher_path())
    for folder in search_path.split(os.pathsep) if search_path else ():
        path = os.path.join(folder or os.curdir, "handoff")
        if os.path.isfile(path) and os.access(path, os.X_OK):
            return "" if _content(path) == ours else path
    return ""


def _content(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read(8192)
    except OSError:
        return path.encode("utf-8", "surrogateescape")
