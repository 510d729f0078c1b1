"""Keeping up with a session that moves: its directory and its transcript are where it is now.

`/cd`, EnterWorktree and ExitWorktree change both (`client.session_directory`). Whatever is done for
a session goes by its state, so that hooks and commands agree on the repository, work tree and
branch.
"""

from __future__ import annotations

import os

from handoff.client import hook_io, session_directory
from handoff.session import state

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from handoff.runtime import Here


def follow(payload: hook_io.Payload, here: Here, *, ends: bool = False) -> hook_io.Payload:
    """Bring a known session's state up to date with the event that it raised; briefs in a work tree
    that is gone come along. Returns the event with the session's transcript where that is now.

    A session that `ends` is where it worked last, if that is still there: the client goes back to
    where it was started before it says so.
    """
    session = state.load(here.home, payload.session_id)
    if payload.in_subagent or not session.is_known:
        return payload
    is_late = _is_late(payload, session)
    if is_late:
        known = session.text("transcript")
        payload = hook_io.Payload({**payload.fields, "transcript_path": known})
    if ends or not is_late:
        session = _moved(payload, session, here, ends=ends) or session
    if os.path.isdir(session.text("project")):  # else there is nowhere to bring them to, yet
        _bring_along(session, payload.session_id, here)
    return payload


def _bring_along(session: state.SessionState, session_id: str, here: Here) -> None:
    gone = [root for root in session.written_into if not os.path.isdir(root)]
    if gone:
        here.need_environment()
        from handoff.hooks import removed_worktree

        for root in gone:
            removed_worktree.bring_along(root, session_id, here)


def _is_late(payload: hook_io.Payload, session: state.SessionState) -> bool:
    """Whether an event names a place of before a move: its hook ran beside the turn, or the session
    ends.
    """
    given, known = payload.transcript, session.text("transcript")
    return given not in ("", known) and not os.path.exists(given) and os.path.exists(known)


def _moved(
    payload: hook_io.Payload, session: state.SessionState, here: Here, *, ends: bool
) -> state.SessionState | None:
    """The state of a session that was elsewhere before; None for one that was not."""
    known, transcript = session.text("project"), session.text("transcript")
    given = payload.transcript or transcript
    stays = ends and os.path.isdir(known)
    directory = known if stays else session_directory.find(payload, here.env, known, transcript)
    if (directory, given) == (known, transcript):
        return None

    def change(values: dict[str, Any]) -> None:
        values["transcript"] = given
        if directory != known:
            values.update(project=directory, cwd=payload.cwd)

    return state.update(here.home, payload.session_id, change)
