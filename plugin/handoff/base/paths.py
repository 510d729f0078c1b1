"""Where handoff keeps what does not belong into a repository.

A variable that names a folder counts only if it is an absolute path: a relative one, or an empty
one, would be another folder in each directory. Without `$HOME` the home is that of the password
file. `hooks/state.sh` and `home` in `hooks/mod.js` have the same rule.

Every function takes the environment as a mapping, so that a test (or the demo) can point it
elsewhere, and returns a `str`: the hot path does without pathlib, which costs 3 ms at start.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

READY = "handoff-ready"  # in the environment's folder, holds the newest version it served
_SAFE = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")


def state_home(env: Mapping[str, str]) -> str:
    """The state directory: `$HANDOFF_HOME`, else `$XDG_STATE_HOME/handoff`, else under the home."""
    return _named(env, "HANDOFF_HOME") or _base(env, "XDG_STATE_HOME", ".local", "state")


def config_file(env: Mapping[str, str]) -> str:
    """The user's configuration file (`$XDG_CONFIG_HOME/handoff/config.yaml`)."""
    return os.path.join(_base(env, "XDG_CONFIG_HOME", ".config"), "config.yaml")


def prompt_folder(env: Mapping[str, str]) -> str:
    """The user's own prompts (`$XDG_CONFIG_HOME/handoff/prompts`)."""
    return os.path.join(_base(env, "XDG_CONFIG_HOME", ".config"), "prompts")


def cache_home(env: Mapping[str, str]) -> str:
    """What can be fetched again: pinned clients, vocabularies."""
    return _base(env, "XDG_CACHE_HOME", ".cache")


def home(env: Mapping[str, str]) -> str:
    """The user's home: `$HOME`, else the password file's. RuntimeError where there is neither."""
    directory = _named(env, "HOME")
    if directory:
        return directory
    import pwd  # hardly ever: not for the hot path to load

    try:
        directory = pwd.getpwuid(os.getuid()).pw_dir
    except KeyError:
        directory = ""
    if not os.path.isabs(directory):
        raise RuntimeError(
            "The home directory is unknown: set HOME or HANDOFF_HOME to an absolute path."
        )
    return directory


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
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    return os.path.dirname(os.path.dirname(package))


def _named(env: Mapping[str, str], name: str) -> str:
    path = env.get(name, "")
    return path if os.path.isabs(path) else ""


def _base(env: Mapping[str, str], name: str, *default: str) -> str:
    return os.path.join(_named(env, name) or os.path.join(home(env), *default), "handoff")


def absolute_elements(search_path: str) -> str:
    """PATH without the elements that mean another folder in each directory (empty, `.`, `bin`).

    What is called `git`, `claude` or `tmux` in a repository is not ours to run.
    """
    return os.pathsep.join(filter(os.path.isabs, search_path.split(os.pathsep)))


def program_path(env: Mapping[str, str]) -> str:
    """The PATH for what we start: its absolute elements, the system's own if it has none."""
    return absolute_elements(env.get("PATH", "")) or os.defpath
