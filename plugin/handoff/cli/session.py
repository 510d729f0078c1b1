"""The verbs that change one session: mode, later."""

from __future__ import annotations

import click

from handoff.cli.console import SESSION, cli, here, say


@cli.command()
@click.argument("mode", default="")
@SESSION
def mode(mode: str, session: str) -> None:
    """Show the mode of this session, or set it: off, notify, write or relay."""
    from handoff.mod import modes

    say(modes.set_mode(mode, session, here()))


@cli.command()
@SESSION
def later(session: str) -> None:
    """Put this session's handoff line a tenth higher, once."""
    from handoff.mod import modes
    from handoff.session import policy
    from handoff.status import session_status

    around = here()
    session_id = modes.postpone(session, around)
    limit = session_status.take(around, session_id, "", "").lines["handoff"]
    where = f": at {policy.thousands(limit)} tokens" if limit else ""
    say(f"the handoff line is a tenth higher, once{where}.")
