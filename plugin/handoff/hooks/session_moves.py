"""Keeping up with a session that moves: its directory and its transcript are where it is now.

`/cd`, EnterWorktree and ExitWorktree change both (`client.session_directory`). Whatever is done for
a session goes by its state, so that hooks and commands agree on the repository, worktree and
branch.
"""

from __future__ import annotations

import os

from handoff.client import hook_io, session_directory

TYPE_CHECKING = False
if TYPE_CHECKING:
    from handoff.hooks.event import Event
    from handoff.session import state


def follow_move(event: Event) -> None:
    """Bring a known session's state up to date with the event that it raised; briefs in a worktree
    that is gone come along. The event has the session's transcript where that is now.

    A session that ends is where it worked last, if that is still there: the client goes back to
    where it was started before it says so.
    """
    if event.payload.in_subagent or not event.session.is_known:
        return
    ends = event.name == "session-end"
    is_late = _is_late(event.payload, event.session)
    if is_late:
        known = event.session.transcript
        event.payload = hook_io.Payload({**event.payload.fields, "transcript_path": known})
    if ends or not is_late:
        _move(event, ends=ends)
    gone = [root for root in event.session.written_into if not os.path.isdir(root)]
    if gone and os.path.isdir(event.session.project):  # else there is nowhere to bring them to, yet
        event.runtime.need_environment()
        from handoff.hooks import removed_worktree

        for root in gone:
            removed_worktree.copy_briefs(root, event.session_id, event.runtime)
        event.reload()


def _is_late(payload: hook_io.Payload, session: state.SessionState) -> bool:
    """Whether an event names a place of before a move: its hook ran beside the turn, or the session
    ends.
    """
    given, known = payload.transcript, session.transcript
    return given not in ("", known) and not os.path.exists(given) and os.path.exists(known)


def _move(event: Event, *, ends: bool) -> None:
    """Keep where the session is now, if it was elsewhere before."""
    payload, known, transcript = event.payload, event.session.project, event.session.transcript
    given = payload.transcript or transcript
    stays = ends and os.path.isdir(known)
    directory = (
        known if stays else session_directory.find(payload, event.runtime.env, known, transcript)
    )
    if (directory, given) == (known, transcript):
        return
    from handoff.session import transitions

    project = directory if directory != known else ""
    event.adopt(transitions.move_session(event.home, event.session_id, given, project, payload.cwd))
