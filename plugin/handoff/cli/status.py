"""The verbs for sessions: status, statusline, usage."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict

import click

from handoff.cli.console import (
    JSON,
    SESSION,
    cli,
    current_runtime,
    print_json,
    say,
    without_noise,
)


@cli.command()
@SESSION
@click.option("--transcript", default="", metavar="FILE", help="Read this transcript instead.")
@click.option("--watch", "live", is_flag=True, help="Go on showing it until Ctrl-C.")
@JSON
def status(session: str, transcript: str, live: bool, as_json: bool) -> None:
    """Show how full the session is, what it costs, and what happens at which threshold."""
    from handoff.cli.views import status as status_view
    from handoff.status import session_status

    def read() -> session_status.SessionStatus:
        return session_status.read_status(current_runtime(), session, transcript, os.getcwd())

    try:
        if live and as_json:
            for current in status_view.changes(read):
                click.echo(json.dumps(without_noise(current.as_json())))
        elif live:
            status_view.watch(read)
        elif as_json:
            print_json(read().as_json())
        else:
            status_view.show(read())
    except KeyboardInterrupt:
        if not live:
            raise


@cli.command()
@click.option(
    "--install",
    "change",
    flag_value="install",
    help="Put it into the client's settings, around yours if you have one.",
)
@click.option(
    "--uninstall",
    "change",
    flag_value="uninstall",
    help="Take it out again; what was there comes back.",
)
@JSON
def statusline(change: str | None, as_json: bool) -> None:
    """Print one line about the session: the client's status line (JSON on standard input)."""
    if change is None:
        from handoff.status import status_line as showing

        if sys.stdin.isatty():
            raise click.UsageError(
                "The client calls this; to set it up: handoff statusline --install"
            )
        showing.run(current_runtime())
        return
    from handoff.status import status_line_install

    runtime = current_runtime()
    if change == "install":
        outcome = status_line_install.install(runtime, os.getcwd())
    else:
        outcome = status_line_install.uninstall(runtime)
    if as_json:
        print_json(asdict(outcome))
    else:
        say(outcome.describe())


@cli.command()
@click.option(
    "--since", default="", metavar="DAY", help="Only from this day on: 2026-11-22, or 7d."
)
@click.option("--project", default="", metavar="DIR", help="Only of this directory's sessions.")
@JSON
def usage(since: str, project: str, as_json: bool) -> None:
    """Show what all sessions used and cost, by day and model."""
    from handoff.cli.views import progress as progress_view
    from handoff.cli.views import usage as usage_view
    from handoff.insight import usage as used

    with progress_view.reading_bar("Reading transcripts") as progress:
        usages = used.read_rows(
            current_runtime(), os.getcwd(), since=since, project=project, progress=progress
        )
    if as_json:
        print_json(usages.as_json())
    elif usages.rows:
        usage_view.show(usages)
    else:
        click.echo("No transcripts with answers there.", err=True)
    if usages.problem:
        say(f"handoff: {usages.problem}", err=True)
