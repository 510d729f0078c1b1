"""The commands for this machine: doctor, config, redact, demo, hook."""

from __future__ import annotations

import os
import sys
from dataclasses import asdict

import click

from handoff.base.errors import EXIT_USER_ERROR
from handoff.cli.console import JSON, cli, current_runtime, place_here, print_json, say


@cli.command(examples=["handoff doctor", "handoff doctor --fetch-tokens"])
@click.option("--fetch-tokens", is_flag=True,
              help="Download tiktoken's vocabulary (2 MB) for exact token counts.")  # fmt: skip
@JSON
def doctor(fetch_tokens: bool, as_json: bool) -> None:
    """Check the installation, and say how to fix what fails.

    Exit code 1 if a check fails. Without tiktoken's vocabulary tokens are estimated; it is
    downloaded from OpenAI's server.
    """
    if fetch_tokens:
        from handoff.meter import token_counter

        file = token_counter.fetch_vocabulary(current_runtime().env)
        print_json({"file": file}) if as_json else click.echo(
            f"Tokens are now counted with {file}."
        )
        return
    from handoff.cli.views import checks as checks_view
    from handoff.doctor import checks

    results = checks.checks(current_runtime(), place_here())
    if as_json:
        print_json([asdict(check) for check in results])
    else:
        checks_view.show(results)
    if any(check.ok is False for check in results):
        sys.exit(EXIT_USER_ERROR)


@cli.command(examples=["handoff config"])
@JSON
def config(as_json: bool) -> None:
    """Show the configuration, its sources, and mistakes.

    Exit code 1 if there is a mistake.
    """
    from handoff.config import config_text
    from handoff.config.model import TEAM_FILE
    from handoff.config.problem import Problem
    from handoff.runtime import config_files
    from handoff.store import trusted_prompts

    runtime = current_runtime()
    files = config_files(runtime.env, os.getcwd())
    loaded = runtime.read_config(os.getcwd())
    values = loaded.config.values
    problems = loaded.problems + [
        Problem(error.path, error.line, error.reason)
        for error in trusted_prompts.find_problems(runtime)
    ]
    if as_json:
        print_json(
            {
                "values": config_text.to_written(values),
                "sources": config_text.sources_of(values, loaded.sources),
                "files": files,
                "problems": [asdict(problem) for problem in problems],
            }
        )
    else:
        for path, owner in zip(files, ("Yours", "The team's"), strict=True):
            missing = "" if os.path.exists(path) else " (not found)"
            say(f"# {owner}: {path}{missing}")
        names = {files[0]: _below_home(files[0]), files[1]: TEAM_FILE}
        click.echo(config_text.render(values, loaded.sources, names), nl=False)
        for problem in problems:
            say(f"handoff: {problem}", err=True)
    if problems:
        sys.exit(EXIT_USER_ERROR)


def _below_home(path: str) -> str:
    """A path with `~` for the user's home."""
    home = os.path.expanduser("~").rstrip("/") + "/"
    return f"~/{path.removeprefix(home)}" if path.startswith(home) else path


@cli.command(hidden=True, examples=["env | handoff redact"])
def redact() -> None:
    """Copy standard input to standard output without secrets."""
    import io

    from handoff.redact import redact as redaction

    if sys.stdin.isatty():
        raise click.UsageError("Pass a text on standard input: env | handoff redact")
    loaded = current_runtime().read_config(os.getcwd())
    for problem in loaded.problems:
        click.echo(f"handoff: {problem}", err=True)
    # Bytes that are no UTF-8 go through as they are.
    source = io.TextIOWrapper(sys.stdin.buffer, "utf-8", "surrogateescape", newline="")
    for piece in redaction.stream(source.read, loaded.config.redact_patterns):
        sys.stdout.buffer.write(piece.encode("utf-8", "surrogateescape"))
        sys.stdout.buffer.flush()


@cli.command(examples=["handoff demo", "handoff demo --build", "handoff demo --keep"])
@click.option("--build", "is_build", is_flag=True,
              help="Show a build: a spec, a feature a session, verified by code.")  # fmt: skip
@click.option("--keep", is_flag=True, help="Keep the temporary home and repository.")
@click.option("--client", "program", default="", metavar="PATH", help="The claude to run.")
@JSON
def demo(is_build: bool, keep: bool, program: str, as_json: bool) -> None:
    """Run the main job on the real client, without an account.

    A scripted model on this machine answers; everything happens in a temporary home. With --build
    a small application is built instead: one session claims that everything works, one replaces
    its test, and code says what works. Exit code 1 if a step did not happen.
    """
    from handoff.demo import build_play, play

    run = build_play.run if is_build else play.run
    report = run(dict(os.environ), program=program, keep=keep, quiet=as_json)
    if as_json:
        print_json(report.as_json())
    if not report.passed:
        sys.exit(EXIT_USER_ERROR)


@cli.command(hidden=True)
@click.argument("event")
@click.argument("client", default="0")
def hook(event: str, client: str) -> None:
    """Answer one event of the client (JSON on standard input).

    Always exits with 0: to the client, 2 means "block".

    CLIENT is the client's process ID, if it is not this process's parent.
    """
    if event == "statusline":  # where Python is too old for hooks/hook.py
        from handoff.status import status_line as showing

        showing.run(current_runtime())
        return
    from handoff.hooks import dispatch

    dispatch.run(event, client)
