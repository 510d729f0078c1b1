"""Where handoff keeps what does not belong into a repository.

Every function takes the environment as a mapping, so that a test (or the demo) can point it
elsewhere, and returns a `str`: the hot path does without pathlib, which costs 3 ms at start.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

READY = "handoff-ready"  # in the environment's folder, holds the version it was built for
_SAFE = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")


def state_home(env: Mapping[str, str]) -> str:
    """The state directory: `$HANDOFF_HOME`, else `$XDG_STATE_HOME/handoff`, else under the home.

    Absolute always, but where it is relative and the working directory was deleted.
    """
    path = env.get("HANDOFF_HOME") or os.path.join(
        env.get("XDG_STATE_HOME") or _home(env, ".local", "state"), "handoff"
    )
    return path if os.path.isabs(path) else _absolute(path)


def config_file(env: Mapping[str, str]) -> str:
    """The user's configuration file (`$XDG_CONFIG_HOME/handoff/config.yaml`)."""
    base = env.get("XDG_CONFIG_HOME") or _home(env, ".config")
    return os.path.join(base, "handoff", "config.yaml")


def cache_home(env: Mapping[str, str]) -> str:
    """What can be fetched again: pinned clients, vocabularies."""
    return os.path.join(env.get("XDG_CACHE_HOME") or _home(env, ".cache"), "handoff")


def environment_link(env: Mapping[str, str]) -> str:
    """The link to the Python environment that holds the dependencies (see `hooks/hook.py`)."""
    return os.path.join(state_home(env), "env")


def environment_python(env: Mapping[str, str]) -> str | None:
    """The environment's interpreter, or None while there is no environment."""
    return python_of(environment_link(env))


def python_of(folder: str) -> str | None:
    """The interpreter of the environment in `folder`, None unless it is finished and can start."""
    python = os.path.join(folder, "bin", "python")
    ready = os.path.exists(os.path.join(folder, READY)) and os.access(python, os.X_OK)
    return python if ready else None


def session_file(home: str, kind: str, session_id: str) -> str | None:
    """`<home>/<kind>/<session_id>.json`, or None when the id could name another place."""
    if not session_id or len(session_id) > 128 or not _SAFE.issuperset(session_id):
        return None
    return os.path.join(home, kind, session_id + ".json")


def plugin_root() -> str:
    """The plugin's root: the directory that holds `commands/`, `hooks/` and `plugin/`."""
    here = os.path.dirname(os.path.abspath(__file__))
    return os.path.dirname(os.path.dirname(here))


def _absolute(path: str) -> str:
    try:
        return os.path.abspath(path)
    except FileNotFoundError:
        return path


def _home(env: Mapping[str, str], *parts: str) -> str:
    return os.path.join(env.get("HOME") or os.path.expanduser("~"), *parts)


def absolute_elements(search_path: str) -> str:
    """PATH without the elements that mean another folder in each directory (empty, `.`, `bin`).

    What is called `git`, `claude` or `tmux` in a repository is not ours to run.
    """
    return os.pathsep.join(filter(os.path.isabs, search_path.split(os.pathsep)))


def program_path(env: Mapping[str, str]) -> str:
    """The PATH for what we start: its absolute elements, the system's own if it has none."""
    return absolute_elements(env.get("PATH", "")) or os.defpath
