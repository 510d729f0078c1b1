"""A worktree was taken away with briefs of the session that leaves it: they come along.

The client deletes a worktree's branch with it, and a brief need not be committed at all: it is
written again as this machine wrote it (`store.originals`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from handoff.base.errors import HandoffError
from handoff.brief import document
from handoff.git import commit_result as commits
from handoff.redact import redact
from handoff.session import delegated, state, transitions
from handoff.store import (
    brief_files,
    commit_message,
    finish,
    journal,
    ledger,
    originals,
    places,
    transaction,
)

if TYPE_CHECKING:
    from handoff.runtime import Runtime
    from handoff.store.places import Place


def copy_briefs(root: str, session_id: str, runtime: Runtime) -> None:
    """Put the open briefs that a session wrote in the worktree `root`, which is gone, into the one
    where it works now. What cannot be had is forgotten, so that code writes a brief in its place.

    Never raises for what git or the disk refuses: that is logged.
    """
    session = state.load(runtime.home, session_id)
    try:
        place = places.locate(session.project)
        ended = ledger.read_ended(runtime.home, place.key)
    except (HandoffError, OSError) as error:
        redact.note(runtime.home, "removed worktree", str(error))
        return
    for entry in [*session.briefs, *delegated.entries(session)]:
        brief_id = str(entry.get("id"))
        if entry.get("root") != root:
            continue
        now: dict[str, Any] = {"root": place.root}
        if not entry.get("draft") and brief_id not in ended:
            try:
                now = _bring(brief_id, place, session_id, runtime)
            except (HandoffError, OSError) as error:
                now = {}
                redact.note(runtime.home, "removed worktree", f"{brief_id}: {error}")
        transitions.replace_brief(runtime.home, session_id, brief_id, now)


def _bring(brief_id: str, place: Place, session_id: str, runtime: Runtime) -> dict[str, Any]:
    """Store and commit the brief again; what its entry says of that, {} if it is not available."""
    own = ledger.own_entries(runtime.home, place.key)
    raw = originals.open_brief(brief_id, runtime.home, own)
    if raw is None:
        return {}
    config = runtime.config(place.root)
    finish.record_brief(place, raw, brief_id, session_id, runtime)
    path = brief_files.relative_path(brief_files.OPEN, brief_id)
    brief = document.parse(raw, path)
    message = commit_message.written(brief, note="The worktree it was written in was removed.")
    change = journal.Change(place.root, brief_id, message, {path: raw}, {})
    return {
        "root": place.root,
        **commits.dump(transaction.carry_out(place, change, runtime, config)),
    }
