"""The way back of a task: the session that delegated it is told its outcome, at its next prompt.

A session's state lists the tasks it wrote and has not heard of: `delegated`, `{id, title, root}`
with the work tree it was written into, and `path` where one was finished in another work tree of
this machine. `waiting` is on the hot path.
"""

from __future__ import annotations

import os
import stat

from handoff.flow import state
from handoff.flow.here import find_root

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from handoff.brief.document import Brief
    from handoff.flow.here import Here
    from handoff.store import brief_files, ledger

_MOST_TASKS = 50
_MOST_CHARS = 4000  # of an outcome that is given to the model


def remember(values: dict[str, Any], brief_id: str, title: str, root: str = "") -> None:
    """Add a task to the state's values of the session that wrote it, into the work tree `root`."""
    task = {"id": brief_id, "title": title, "root": root}
    values["delegated"] = [*entries(values), task][-_MOST_TASKS:]


def note_finished(stored: brief_files.Stored, path: str, here: Here) -> None:
    """Tell the state of the delegating session, if this machine knows it, where its task lies."""
    brief = stored.brief
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


def tell(found: list[dict[str, Any]], session_id: str, here: Here) -> tuple[str, str]:
    """What the user and the model are told of finished tasks, each once; the model's may be "".

    The model is given outcomes that this machine wrote, without secrets. Of any other the user is
    told the title alone, as this session wrote it.
    """
    from handoff.base import plain_text, quoting
    from handoff.brief import document
    from handoff.flow import material
    from handoff.redact import cleaning
    from handoff.store import brief_files, finished_briefs, ledger

    user, model = [], []
    going_on: list[dict[str, Any]] = []
    for entry in found:
        path = str(entry["path"])
        place = material.locate(os.path.dirname(path))
        own = ledger.own_entries(here.home, place.key)
        raw = _done(place.root, entry["id"], own, here)
        title = plain_text.one_line(quoting.line(str(entry.get("title") or entry["id"])), 80)
        if not finished_briefs.is_known(raw, own):
            going_on.append({**entry, "path": path, "not_it": _mark(path)})
            user.append(
                f"handoff: {brief_files.relative_path(brief_files.DONE, entry['id'])} is not the "
                f"task “{title}”, so it does not count as its end: handoff show {entry['id']}"
            )
            continue
        if ledger.digest(raw) not in own:
            user.append(
                f"handoff: the task “{title}” is finished; its outcome is from elsewhere: "
                f"handoff show {entry['id']}"
            )
            continue
        brief, following = _last(document.parse(raw, path), place.root, own, here)
        if following:
            done = os.path.join(place.root, brief_files.relative_path(brief_files.DONE, following))
            going_on.append({**entry, "id": following, "path": done})
            said = f"task “{title}” is not finished: {following} carries it on"
            user.append(f"handoff: the {said}.")
            model.append(f"The {said}. You are told when that is finished.")
            continue
        text = cleaning.cleaner(here.config(place.root))(brief.sections.get(document.OUTCOME, ""))
        user.append(f"handoff: the task “{title}” is finished: {plain_text.one_line(text, 120)}")
        model.append(
            f"The task “{title}” ({brief.id}), which this session handed to another one, is "
            f"finished. Its outcome, as that session wrote it:\n"
            f"{quoting.quotation(_cut(text, brief.id))}"
        )
    told = {entry["id"] for entry in found}

    def forget(values: dict[str, Any]) -> None:
        left = [e for e in entries(values) if e["id"] not in told]
        values["delegated"] = [*left, *going_on]

    state.update(here.home, session_id, forget)
    return "\n".join(user), "\n\n".join(model)


def _last(
    brief: Brief, root: str, own: Mapping[str, ledger.Entry], here: Here
) -> tuple[Brief, str]:
    """The last of the finished briefs in a row that each carry the one before on; and the id of the
    one that carries that on and is not finished yet, "" if none does.
    """
    from handoff.brief import document, ending
    from handoff.store import ledger

    following = ""
    for _ in range(_MOST_TASKS):
        following = ending.continued_by(brief)
        raw = _done(root, following, own, here) if following else b""
        if ledger.digest(raw) not in own:
            break
        brief = document.parse(raw, following)
    return brief, following


def _done(root: str, brief_id: str, own: Mapping[str, ledger.Entry], here: Here) -> bytes:
    """A finished brief, as this machine wrote it if it did; nothing where there is none."""
    from handoff.store import brief_files, originals

    (stored,) = brief_files.read_all(root, brief_files.DONE, [f"{brief_id}.md"])
    return originals.as_written(stored, here.home, own).raw


def _mark(path: str) -> str:
    """What tells one file at a path from the next; "" where there is none."""
    try:
        about = os.stat(path)
    except OSError:
        return ""
    return f"{about.st_mtime_ns} {about.st_size}" if stat.S_ISREG(about.st_mode) else ""


def _cut(text: str, brief_id: str) -> str:
    if len(text) <= _MOST_CHARS:
        return text
    return f"{text[:_MOST_CHARS]}\n(Cut here; the rest: handoff show {brief_id})"


def _values(session_id: str, here: Here) -> dict[str, Any]:
    return state.load(here.home, session_id).values


def entries(values: dict[str, Any]) -> list[dict[str, Any]]:
    """The tasks in a state's values; what is no entry of that form is passed over."""
    found = values.get("delegated")
    listed = found if isinstance(found, list) else []
    return [e for e in listed if isinstance(e, dict) and _is_name(e.get("id"))]


def _is_name(value: object) -> bool:
    return isinstance(value, str) and bool(value) and "/" not in value and "\0" not in value
