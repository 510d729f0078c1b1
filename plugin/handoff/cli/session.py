"""The verbs of what happens in a session by itself: mode, later, why, breaker."""

from __future__ import annotations

import os

import click

from handoff.base.wording import count_of
from handoff.cli.console import JSON, SESSION, cli, current_runtime, print_json, say


@cli.command()
@click.argument("mode", default="")
@SESSION
def mode(mode: str, session: str) -> None:
    """Show the mode of this session, or set it: off, notify, write or auto."""
    from handoff.mod import modes

    say(modes.set_mode(mode, session, current_runtime()))


@cli.command()
@SESSION
def later(session: str) -> None:
    """Put this session's handoff threshold a tenth higher, once."""
    from handoff.mod import modes
    from handoff.session import policy
    from handoff.status import session_status

    runtime = current_runtime()
    session_id = modes.postpone_handoff(session, runtime)
    limit = session_status.read_status(runtime, session_id, "", "").thresholds["handoff"]
    where = f": at {policy.thousands(limit)} tokens" if limit else ""
    say(f"the handoff threshold is a tenth higher, once{where}.")


@cli.command()
@SESSION
@JSON
def why(session: str, as_json: bool) -> None:
    """Show what was decided in a session, and why."""
    from handoff.status import explain

    decisions = explain.read_decisions(session, os.getcwd(), current_runtime())
    if as_json:
        print_json(decisions.as_json())
    else:
        say("\n".join(decisions.lines()))


@cli.command(hidden=True)
@SESSION
def idle(session: str) -> None:
    """What the mod calls when a session's prompt cache is about to go cold (docs/auto-mode.md)."""
    from handoff.hooks import idle as idling

    print_json(idling.act_on_idle(session, current_runtime()))


@cli.command()
@click.option("--close", "closes", is_flag=True, help="Close it; what opened it is forgotten.")
@JSON
def breaker(closes: bool, as_json: bool) -> None:
    """Show this project's breaker. While it is open, nothing is handed over by itself."""
    from handoff.runtime import find_root
    from handoff.session import breaker as breakers

    runtime, project = current_runtime(), os.getcwd()
    closed = breakers.close(project, runtime.home) if closes else False
    reason = breakers.why_open(project, runtime.config(project), runtime.home, runtime.now)
    counted = breakers.handoffs(project, runtime.home)
    if as_json:
        root = find_root(project)
        print_json({"project": root, "open": bool(reason), "reason": reason, "handoffs": counted})
    elif closes:
        say("the breaker is closed." if closed else "nothing was counted here: it was closed.")
    elif reason:
        say(f"{reason}\nhandoff breaker --close closes it now.")
    else:
        count = f"{count_of(len(counted), 'handoff')} by themselves"
        say(f"the breaker is closed: {count} counted here.")
