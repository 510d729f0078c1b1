"""Whether our command names are ours alone in a session.

A repository's or a user's own command of the same name is run in place of the plugin's. Then
nothing is approved or run by that name, and typing it is no consent: what would run is somebody
else's text. At the handoff threshold the model is given our command's text by a hook instead.

Two witnesses: the files that the client reads (`client.shadowing_commands`), and on a client with
mods its own list of commands (`hooks/mod.js`). One is enough to say no.
"""

from __future__ import annotations

from handoff.base import visible_text
from handoff.client import added_directories, hook_io, shadowing_commands
from handoff.session import state

TYPE_CHECKING = False
if TYPE_CHECKING:
    from handoff.runtime import Runtime
    from handoff.session.files import SessionFiles

_LISTED = "another command that this client lists"


def find_conflict(files: SessionFiles) -> str:
    """What has one of our names besides us, as a path or in words; "" where nothing has.

    A file that was there at the session's start counts to its end: the client may have read it.
    """
    session = files.session
    known = session.shadowed_by
    if known:
        return known
    shadow = find_at_start(session.project, files.cwd, files.runtime, session.transcript)
    if shadow:
        if session.is_known:
            files.adopt(_note_shadow(files.runtime.home, files.session_id, shadow))
        return shadow
    return _LISTED if files.mod.is_shadowed else ""


def _note_shadow(home: str, session_id: str, shadow: str) -> state.SessionState | None:
    """Something else has one of our names from now on, which the user is told."""
    from handoff.session import transitions

    def change(session: state.SessionState) -> None:
        session.shadowed_by = shadow

    state.update(home, session_id, change)
    return transitions.leave_message(home, session_id, describe_conflict(shadow))


def find_at_start(project: str, cwd: str, runtime: Runtime, transcript: str = "") -> str:
    """The file that has one of our names, "" without one."""
    directories = (project, cwd, hook_io.project_dir(runtime.env))
    extra = added_directories.find(runtime.client_pid, transcript, directories)
    conflicts = shadowing_commands.find(runtime.env, directories, extra)
    return _one_line(conflicts[0]) if conflicts else ""


def ran_ours(payload: hook_io.Payload, shadow: str) -> bool:
    """Whether the command that a person typed was the plugin's, as the client says.

    A client that does not say where a command comes from is believed where nothing has its name.
    """
    source = payload.command_source
    return source == hook_io.FROM_PLUGIN if source else not shadow


def describe_conflict(shadow: str) -> str:
    """One line for the user."""
    return (
        f"handoff: {shadow} has the same name as a command of this plugin, so handoff neither "
        "approves nor runs that command here. Rename the other one and restart the session."
    )


def _one_line(path: str) -> str:
    r"""A path with what hides in it escaped, also line ends: a repository chooses the names."""
    return visible_text.escape(path).replace("\n", r"\n").replace("\t", r"\t")
