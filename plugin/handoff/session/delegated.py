"""Tasks that a session delegated and has not heard of: `delegated` in its state.

Each is `{id, title, root}` with the work tree it was written into, and `path` where one was
finished in another work tree of this machine. `waiting` is on the hot path.
"""

from __future__ import annotations

import os
import stat

from handoff.base import fields
from handoff.runtime import find_root
from handoff.session import state

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from handoff.brief.document import Brief
    from handoff.runtime import Here

_MOST_TASKS = 50


def remember(values: dict[str, Any], brief_id: str, title: str, root: str = "") -> None:
    """Add a task to the state's values of the session that wrote it, into the work tree `root`."""
    task = {"id": brief_id, "title": title, "root": root}
    values["delegated"] = [*entries(values), task][-_MOST_TASKS:]


def note_finished(brief: Brief | None, path: str, here: Here) -> None:
    """Tell the state of the delegating session, if this machine knows it, where its task lies."""
    if brief is None or brief.kind != "task":
        return
    session_id = str(brief.session.get("id") or "")
    if not any(entry["id"] == brief.id for entry in entries(_values(session_id, here))):
        return

    def change(values: dict[str, Any]) -> None:
        for entry in entries(values):
            if entry["id"] == brief.id:
                entry["path"] = path

    state.update(here.home, session_id, change)


def waiting(session: state.SessionState) -> list[dict[str, Any]]:
    """The tasks of a session that are finished by now: one `stat` for each that is not told yet."""
    found = []
    for entry in entries(session.values):
        root = entry.get("root") or find_root(session.text("project"))
        usual = os.path.join(str(root), ".handoff", "done", f"{entry['id']}.md")
        for path in (entry.get("path"), usual):
            mark = _mark(path) if isinstance(path, str) else ""
            if mark and mark != entry.get("not_it"):
                found.append({**entry, "path": path})
                break
    return found


def _mark(path: str) -> str:
    """What tells one file at a path from the next; "" where there is none."""
    try:
        about = os.stat(path)
    except OSError:
        return ""
    return f"{about.st_mtime_ns} {about.st_size}" if stat.S_ISREG(about.st_mode) else ""


def _values(session_id: str, here: Here) -> dict[str, Any]:
    return state.load(here.home, session_id).values


def entries(values: dict[str, Any]) -> list[dict[str, Any]]:
    """The tasks in a state's values; what is no entry of that form is passed over."""
    return [e for e in fields.mappings(values.get("delegated")) if _is_name(e.get("id"))]


def _is_name(value: object) -> bool:
    return isinstance(value, str) and bool(value) and "/" not in value and "\0" not in value
