"""The commands of one session: session mode, later and breaker; why."""

from __future__ import annotations

import os

import click

from handoff.base.wording import count_of
from handoff.cli.console import JSON, SESSION, cli, current_runtime, print_json, say
from handoff.config.model import MODES


@cli.group(name="session", examples=["handoff session mode notify", "handoff session breaker"])
def session_group() -> None:
    """Change what handoff does in one session."""


@session_group.command(examples=["handoff session mode", "handoff session mode notify"])
@click.argument("mode", default="", metavar=f"[{'|'.join(MODES)}]")
@SESSION
@JSON
def mode(mode: str, session: str, as_json: bool) -> None:
    """Show the mode of this session, or set it."""
    from handoff.mod import modes
    from handoff.status import session_status

    runtime = current_runtime()
    words = modes.set_mode(mode, session, runtime)
    if as_json:
        now = session_status.read_status(runtime, session, "", "")
        print_json({"session_id": now.session_id, "mode": now.mode})
    else:
        say(words)


@session_group.command(examples=["handoff session later"])
@SESSION
@JSON
def later(session: str, as_json: bool) -> None:
    """Raise this session's handoff threshold by a tenth, once."""
    from handoff.mod import modes
    from handoff.session import policy
    from handoff.status import session_status

    runtime = current_runtime()
    session_id = modes.postpone_handoff(session, runtime)
    limit = session_status.read_status(runtime, session_id, "", "").thresholds["handoff"]
    if as_json:
        print_json({"session_id": session_id, "handoff_tokens": limit})
        return
    where = f": now {policy.thousands(limit)} tokens" if limit else ""
    say(f"Raised the handoff threshold by a tenth{where}. This works once per handoff.")


@cli.command(examples=["handoff why", "handoff why --session 1b2c"])
@SESSION
@JSON
def why(session: str, as_json: bool) -> None:
    """Show what handoff decided in a session, and why.

    Without --session: the session of this shell, else the newest one of this project.
    """
    from handoff.status import explain

    decisions = explain.read_decisions(session, os.getcwd(), current_runtime())
    if as_json:
        print_json(decisions.as_json())
    else:
        say("\n".join(decisions.lines()))


@cli.command(hidden=True)
@SESSION
def idle(session: str) -> None:
    """Act before a session's prompt cache goes cold; the mod calls it."""
    from handoff.hooks import idle as idling

    print_json(idling.act_on_idle(session, current_runtime()))


@session_group.command(examples=["handoff session breaker", "handoff session breaker --close"])
@click.option("--close", "closes", is_flag=True, help="Close it, and forget what opened it.")
@JSON
def breaker(closes: bool, as_json: bool) -> None:
    """Show or close this project's breaker.

    The breaker opens when handoffs follow each other too quickly. While it is open, no handoff
    happens automatically.
    """
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
        say("The breaker is closed." if closed else "The breaker was already closed.")
    elif reason:
        say(f"{reason}\nTo close the breaker: handoff session breaker --close")
    else:
        count = count_of(len(counted), "recent automatic handoff")
        say(f"The breaker is closed; {count} in this project.")
