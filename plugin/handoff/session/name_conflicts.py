"""Whether our command names are ours alone in a session.

A repository's or a user's own command of the same name is run in place of the plugin's. Then
nothing is approved or run by that name, and typing it is no consent: what would run is somebody
else's text. At the handoff line the model is given our command's text by a hook instead.

Two witnesses: the files that the client reads (`client.shadowing_commands`), and on a client with
mods its own list of commands (`hooks/relay.js`). One is enough to say no.
"""

from __future__ import annotations

from handoff.base import visible_text
from handoff.client import added_directories, hook_io, mod_state, shadowing_commands
from handoff.session import state

TYPE_CHECKING = False
if TYPE_CHECKING:
    from handoff.runtime import Here

_LISTED = "another command that this client lists"


def by(session_id: str, cwd: str, here: Here) -> str:
    """What has one of our names besides us, as a path or in words; "" where nothing has.

    A file that was there at the session's start counts to its end: the client may have read it.
    """
    session = state.load(here.home, session_id)
    known = session.text("shadowed_by")
    if known:
        return known
    found = at_start(session.text("project"), cwd, here, session.text("transcript"))
    if found:
        if session.is_known:
            state.update(here.home, session_id, lambda values: values.update(shadowed_by=found))
            state.say_next(here.home, session_id, line(found))
        return found
    return _LISTED if mod_state.load(here.home, session_id).is_shadowed else ""


def at_start(project: str, cwd: str, here: Here, transcript: str = "") -> str:
    """The file that has one of our names, "" without one."""
    directories = (project, cwd, hook_io.project_dir(here.env))
    extra = added_directories.find(here.client_pid, transcript, directories)
    found = shadowing_commands.find(here.env, directories, extra)
    return _one_line(found[0]) if found else ""


def ran_ours(payload: hook_io.Payload, shadow: str) -> bool:
    """Whether the command that a person typed was the plugin's, as the client says.

    A client that does not say where a command comes from is believed where nothing has its name.
    """
    source = payload.command_source
    return source == hook_io.FROM_PLUGIN if source else not shadow


def line(shadow: str) -> str:
    """One line for the user."""
    return (
        f"handoff: {shadow} has the name of a command of this plugin. handoff approves and runs "
        "nothing by that name here; rename it and restart the session to have that back."
    )


def _one_line(path: str) -> str:
    r"""A path with what hides in it escaped, also line ends: a repository chooses the names."""
    return visible_text.escape(path).replace("\n", r"\n").replace("\t", r"\t")
