"""What a user of a session types for our commands: `/handoff`, or `/handoff:handoff`.

Every client knows the plugin's commands by their full names. The bare ones are there only where the
mod could register them (client 2.1.287 or later, not with `-p`, and no other command has the name),
which it says in its file (`client/mod_state.py`).
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from handoff.client.mod_state import Mod
    from handoff.session.files import SessionFiles


def handoff_command(files: SessionFiles) -> str:
    """What writes a brief: `/handoff` where that works in this session, else `/handoff:handoff`."""
    return name_command("handoff", files.mod)


def name_command(command: str, mod: Mod) -> str:
    """`/handoff` or `/handoff:handoff` by what the mod of a session registered."""
    is_bare = command in mod.commands and not mod.is_shadowed
    return f"/{command}" if is_bare else f"/handoff:{command}"
