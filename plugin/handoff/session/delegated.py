"""Tasks that a session delegated and has not heard of: `delegated` in its state.

Each is `{id, title, root}` with the worktree it was written into, and `path` where one was
finished in another worktree of this machine. `waiting` is on the hot path.
"""

from __future__ import annotations

import os
import stat

from handoff.runtime import find_root
from handoff.session import state

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection
    from typing import Any

    from handoff.brief.document import Brief
    from handoff.runtime import Runtime

MAX_TASKS = 50


def record_task(home: str, session_id: str, brief_id: str, title: str, root: str) -> None:
    """The session wrote a task for another one, into the worktree `root`."""
    task = {"id": brief_id, "title": title, "root": root}

    def change(session: state.SessionState) -> None:
        session.delegated = [*entries(session), task][-MAX_TASKS:]

    state.update(home, session_id, change)


def replace_told(
    home: str, session_id: str, told: Collection[str], going_on: list[dict[str, Any]]
) -> state.SessionState | None:
    """The session was told of these tasks (ids); those that are `going_on` it is to hear of."""

    def change(session: state.SessionState) -> None:
        left = [entry for entry in entries(session) if entry["id"] not in told]
        session.delegated = [*left, *going_on]

    return state.update(home, session_id, change)


def note_finished(brief: Brief | None, path: str, runtime: Runtime) -> None:
    """Tell the state of the delegating session, if this machine knows it, where its task lies."""
    if brief is None or brief.kind != "task":
        return
    session_id = str(brief.session.get("id") or "")
    if not any(entry["id"] == brief.id for entry in entries(state.load(runtime.home, session_id))):
        return

    def change(session: state.SessionState) -> None:
        session.delegated = [
            {**entry, "path": path} if entry["id"] == brief.id else entry
            for entry in entries(session)
        ]

    state.update(runtime.home, session_id, change)


def find_finished(session: state.SessionState) -> list[dict[str, Any]]:
    """The tasks of a session that are finished by now: one `stat` for each that is not told yet."""
    finished = []
    for entry in entries(session):
        root = entry.get("root") or find_root(session.project)
        usual = os.path.join(str(root), ".handoff", "done", f"{entry['id']}.md")
        for path in (entry.get("path"), usual):
            mark = mark_file(path) if isinstance(path, str) else ""
            if mark and mark != entry.get("not_it"):
                finished.append({**entry, "path": path})
                break
    return finished


def mark_file(path: str) -> str:
    """What tells one file at a path from the next; "" where there is none."""
    try:
        about = os.stat(path)
    except OSError:
        return ""
    return f"{about.st_mtime_ns} {about.st_size}" if stat.S_ISREG(about.st_mode) else ""


def entries(session: state.SessionState) -> list[dict[str, Any]]:
    """The tasks in a session's state; what is no entry of that form is passed over."""
    return [entry for entry in session.delegated if _is_name(entry.get("id"))]


def _is_name(value: object) -> bool:
    return isinstance(value, str) and bool(value) and "/" not in value and "\0" not in value
