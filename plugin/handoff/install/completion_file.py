"""The file from which a shell learns how to complete `handoff`: where it goes, and whose it is."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING

from handoff.base import file_io, paths
from handoff.base.errors import HandoffError

if TYPE_CHECKING:
    from collections.abc import Mapping

SHELLS = ("bash", "zsh", "fish")
_MARK = "# Written by `handoff completion --install`."
_BASH_COMPLETION = (
    "/usr/share/bash-completion/bash_completion",
    "/usr/local/share/bash-completion/bash_completion",
    "/opt/homebrew/share/bash-completion/bash_completion",
)


def path_of(shell: str, env: Mapping[str, str]) -> str:
    """Where `shell` looks by itself; for zsh a folder that `fpath` has to name."""
    data = _folder(env, "XDG_DATA_HOME", ".local", "share")
    if shell == "fish":
        config = _folder(env, "XDG_CONFIG_HOME", ".config")
        return os.path.join(config, "fish", "completions", "handoff.fish")
    if shell == "zsh":
        return os.path.join(data, "zsh", "site-functions", "_handoff")
    user = env.get("BASH_COMPLETION_USER_DIR", "").partition(":")[0]
    folder = user if os.path.isabs(user) else os.path.join(data, "bash-completion")
    return os.path.join(folder, "completions", "handoff")


def install(shell: str, source: str, env: Mapping[str, str]) -> str:
    """Write the file; its path. Raises HandoffError where another's file has that name."""
    path = path_of(shell, env)
    _check_ours(path)
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        file_io.write_atomic(path, f"{source.rstrip()}\n{_MARK}\n".encode(), 0o644)
    except OSError as error:
        raise HandoffError(f"{path} cannot be written: {error.strerror}.") from None
    return path


def uninstall(shell: str, env: Mapping[str, str]) -> str:
    """Remove the file; its path, "" where there is none. Raises HandoffError for another's."""
    path = path_of(shell, env)
    _check_ours(path)
    try:
        os.unlink(path)
    except FileNotFoundError:
        return ""
    return path


def next_step(shell: str, path: str, env: Mapping[str, str]) -> str:
    """What else the user has to do."""
    if shell == "zsh":
        folder = os.path.dirname(path)
        if folder in env.get("FPATH", "").split(":"):
            return "Open a new shell to use it."
        return (
            "Add this line to ~/.zshrc, before compinit, and open a new shell:\n"
            f"  fpath=({shlex.quote(folder)} $fpath)"
        )
    if shell == "bash" and not any(map(os.path.exists, _BASH_COMPLETION)):
        return (
            "bash loads it with the package bash-completion, which was not found. Without it, add "
            f"this line to ~/.bashrc:\n  . {shlex.quote(path)}"
        )
    return "Open a new shell to use it."


def _check_ours(path: str) -> None:
    """Raise HandoffError unless the file is one that we wrote, or is not there."""
    if not os.path.lexists(path):
        return
    text = b""
    if os.path.isfile(path) and not os.path.islink(path):
        with open(path, "rb") as file:
            text = file.read()
    if _MARK.encode() not in text:
        raise HandoffError(
            f"{path} exists, and handoff did not write it. Nothing was changed.",
            "Move it away first, or load the completion yourself: handoff completion SHELL > FILE",
        )


def _folder(env: Mapping[str, str], variable: str, *below_home: str) -> str:
    named = env.get(variable, "")
    return named if os.path.isabs(named) else os.path.join(paths.home(env), *below_home)
