"""Which directory a session is for: a session can move while it runs.

The client names the folder of a transcript after that directory and moves the file along (docs/
client.md, "A session that moves"). A `cd` in the Bash tool changes a hook's `cwd` and nothing else,
so it is no move; `/cd` and a worktree that is entered or left are. `CLAUDE_PROJECT_DIR` never
changes. Standard library only: every event asks.
"""

from __future__ import annotations

import os

from handoff.client import hook_io
from handoff.client.transcript import folders

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

_WORKTREES = "/.claude/worktrees/"  # below a repository's root, where the client makes them


def find(
    payload: hook_io.Payload, env: Mapping[str, str], known: str = "", transcript: str = ""
) -> str:
    """The directory of the session that raised an event; `known` is what it was when its transcript
    was `transcript`.
    """
    folder = os.path.dirname(payload.transcript)
    name = os.path.basename(folder)
    stays = bool(known) and folder == os.path.dirname(transcript)
    above = [one for one in _upwards(payload.cwd) if folders.is_named(name, one)]
    project = hook_io.project_dir(env)
    if stays and (known in above or not above):
        directory = known
    elif above:
        directory = above[0]
    elif folders.is_named(name, project) or (not known and _is_inside(payload.cwd, project)):
        directory = project
    else:
        directory = payload.cwd or project
    if not os.path.isdir(directory):
        directory = payload.cwd or directory  # a worktree that was taken away when it was left
    return _entered(payload.cwd, directory) or directory


def _entered(cwd: str, directory: str) -> str:
    """The client's worktree that `cwd` is in, of the repository around `directory`; "" if in none.

    2.1.197 enters a worktree without moving the transcript.
    """
    root, mark, inside = cwd.rpartition(_WORKTREES)
    entered = root + mark + inside.partition("/")[0]
    if not mark or not inside or not _is_inside(directory, root) or _is_inside(directory, entered):
        return ""
    # A link in a repository could lead to a worktree of another one.
    is_below = os.path.realpath(entered) == os.path.realpath(root) + entered.removeprefix(root)
    return entered if is_below and os.path.isfile(os.path.join(entered, ".git")) else ""


def _upwards(directory: str) -> list[str]:
    directories = [directory] if directory else []
    while directories and os.path.dirname(directories[-1]) != directories[-1]:
        directories.append(os.path.dirname(directories[-1]))
    return directories


def _is_inside(path: str, folder: str) -> bool:
    return bool(folder) and (path == folder or path.startswith(folder.rstrip("/") + "/"))
