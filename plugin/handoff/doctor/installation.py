"""The doctor's checks of the installation: the environment, the plugin's files, the command."""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING

from handoff import __version__
from handoff.base import paths
from handoff.client import hook_io
from handoff.doctor.model import Check
from handoff.install import launcher, plugin_link

if TYPE_CHECKING:
    from collections.abc import Iterator

    from handoff.runtime import Runtime

_VERSION = re.compile(r'^__version__ = "([^"]+)"$', re.MULTILINE)


def checks(runtime: Runtime) -> Iterator[Check]:
    """Whether everything is there, and what leads to it."""
    yield _environment(runtime)
    yield _plugin_files(runtime)
    yield _command(runtime)


def _environment(runtime: Runtime) -> Check:
    link = paths.environment_link(runtime.env)
    if paths.environment_python(runtime.env):
        return Check("environment", True, os.path.realpath(link))
    if runtime.env.get("HANDOFF_HOME") == runtime.home and paths.python_of(sys.prefix):
        return Check(
            "environment",
            False,
            f"none at {link}, where HANDOFF_HOME leads; this command runs in {sys.prefix}",
            "Unset HANDOFF_HOME, or start a session with it: that builds another environment.",
        )
    return Check(
        "environment",
        False,
        f"none at {link}, so hooks do nothing",
        "Run `handoff install`, or start a session with the plugin installed: it builds one.",
    )


def _plugin_files(runtime: Runtime) -> Check:
    """The files that run now, and whether sessions run others of another version."""
    root = paths.plugin_root()
    if not os.path.isfile(os.path.join(root, "hooks", "hooks.json")):
        return Check(
            "plugin files", False, f"{root} has no hooks/hooks.json", "Install handoff again."
        )
    used = os.path.realpath(plugin_link.link_path(runtime.home))
    version = _read_version(used)
    if used != os.path.realpath(root) and version not in ("", __version__):
        return Check(
            "plugin files",
            None,
            f"{root} ({__version__}), but sessions run {version} from {used}",
            "Run `handoff install` to have them run this version.",
        )
    return Check("plugin files", True, root)


def _command(runtime: Runtime) -> Check:
    search_path = runtime.env.get("PATH", "")
    path = launcher.find_command(search_path)
    if not path:
        words = "`handoff` is not on the PATH; sessions find it anyway"
        return Check("command", None, words, _shell_hint(runtime))
    other = launcher.find_shadowing(search_path)
    if launcher.is_from_wheel(path):
        return Check("command", True, f"`handoff` is the package's command: {path}")
    if other:
        return Check(
            "command",
            False,
            f"`handoff` on the PATH is another program: {other}",
            "Put the folder of handoff's command before it on the PATH, or rename the other one. "
            "What the plugin approves in a session is not affected.",
        )
    folders = {os.path.realpath(os.path.dirname(name)) for name in (path, launcher.launcher_path())}
    if hook_io.current_session(runtime.env) and len(folders) == 1:
        # The plugin's own bin/, which the client adds to the PATH of a session's shell.
        words = "`handoff` is found in sessions only"
        return Check("command", None, words, _shell_hint(runtime))
    return Check("command", True, f"`handoff` is {path}")


def _shell_hint(runtime: Runtime) -> str:
    folder = os.path.join(paths.home(runtime.env), ".local", "bin")
    if os.path.exists(os.path.join(folder, "handoff")):
        return f"For your own shell, add {folder} to your PATH."
    return f"For your own shell, run: {launcher.launcher_path()} install --link"


def _read_version(root: str) -> str:
    """The version of the plugin in `root`, "" if there is none."""
    path = os.path.join(root, "plugin", "handoff", "__init__.py")
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            match = _VERSION.search(file.read(4000))
    except OSError:
        return ""
    return match[1] if match else ""
