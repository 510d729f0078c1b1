"""The commands that show sessions: status, statusline, usage."""

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


@cli.command(examples=["handoff status", "handoff status --watch"])
@SESSION
@click.option("--transcript", default="", metavar="FILE", type=click.Path(),
              help="Read this transcript (.jsonl) instead.")  # fmt: skip
@click.option("--watch", "live", is_flag=True, help="Keep it up to date until Ctrl-C.")
@JSON
def status(session: str, transcript: str, live: bool, as_json: bool) -> None:
    """Show a session's context, cost and next threshold.

    Without --session: the session of this shell, else the newest one of this project.
    """
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


@cli.command(examples=["handoff statusline --install", "handoff statusline --uninstall"])
@click.option("--install", "change", flag_value="install",
              help="Add it to the client's settings, around your own status line.")  # fmt: skip
@click.option("--uninstall", "change", flag_value="uninstall",
              help="Remove it, and restore your own status line.")  # fmt: skip
@JSON
def statusline(change: str | None, as_json: bool) -> None:
    """Print the client's status line, or install it.

    Without an option it is what the client runs: it reads the client's JSON on standard input.
    """
    if change is None:
        from handoff.status import status_line as showing

        if sys.stdin.isatty():
            raise click.UsageError(
                "The client runs this command. To set it up: handoff statusline --install"
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


@cli.command(examples=["handoff usage --since 7d", "handoff usage --project ."])
@click.option("--since", default="", metavar="DAY",
              help="Only from this day on, such as 2026-11-22 or 7d.")  # fmt: skip
@click.option("--project", default="", metavar="DIR", type=click.Path(),
              help="Only sessions of this directory.")  # fmt: skip
@JSON
def usage(since: str, project: str, as_json: bool) -> None:
    """Show tokens and cost of all sessions, by day and model."""
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
        click.echo("No sessions found.", err=True)
    if usages.problem:
        say(f"handoff: {usages.problem}", err=True)
