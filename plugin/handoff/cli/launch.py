"""The commands that start one session: start, providers."""

from __future__ import annotations

import os
import shlex
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from handoff.base.errors import EXIT_USER_ERROR, HandoffError
from handoff.base.wording import count_of
from handoff.cli.console import (
    BRIEF_ID,
    JSON,
    cli,
    current_runtime,
    place_here,
    print_json,
    say,
)
from handoff.cli.options import WORKTREE, launch_options

if TYPE_CHECKING:
    from handoff.launch.estimate import Estimate
    from handoff.launch.plan import Plan
    from handoff.launch.run_record import StartResult


_STOPPED = (129, 130, 143)  # as a shell tells SIGHUP, SIGINT, SIGTERM


@cli.command(examples=[
    "handoff start 9f3a",
    "handoff start 9f3a --print --worktree --model sonnet",
    "handoff start 9f3a --dry-run",
])  # fmt: skip
@BRIEF_ID
@click.option("--print", "mode", flag_value="print",
              help="Run headless to the end, and print the result.")  # fmt: skip
@click.option("--tmux", "mode", flag_value="tmux", help="Start it in a new tmux window.")
@click.option("--bg", "mode", flag_value="background",
              help="Start it as a background session of the client.")  # fmt: skip
@WORKTREE
@launch_options
@click.option("--budget-usd", type=click.FloatRange(0.01), default=None, metavar="USD",
              help="With --print: spending limit.")  # fmt: skip
@click.option("--max-turns", type=click.IntRange(1), default=None, metavar="N",
              help="With --print: turn limit.")  # fmt: skip
@click.option("--prompt", default="", metavar="TEXT",
              help="The first prompt, instead of the built-in one.")  # fmt: skip
@click.option(
    "--dry-run",
    is_flag=True,
    help="Show the route, the command and the estimated cost; start nothing.",
)
@JSON
def start(brief_id: str, mode: str | None, dry_run: bool, as_json: bool, **options: Any) -> None:
    """Start a fresh session for a brief.

    It starts in this terminal unless an option says otherwise. The brief, the first matching route
    in your configuration and these options say which model, provider and permissions it gets;
    --dry-run shows what was chosen and why. Only trusted briefs are started.
    """
    from handoff.cli.views import progress as progress_view
    from handoff.launch import estimate, plan, runners
    from handoff.launch import start as launch_start

    runtime, place = current_runtime(), place_here()
    orders = plan.LaunchOptions(
        mode or runners.TERMINAL, asked(options), options["worktree"], _prompt(options["prompt"])
    )
    planned = plan.plan_start(brief_id, runtime, place, orders)
    config = plan.load_config(runtime, planned.place.root)
    cost = estimate.estimate(planned.raw, planned.choice, config, runtime, place)
    if dry_run:
        _say_plan(planned, plan.build_environment(planned, runtime, config), cost, as_json=as_json)
        return
    if orders.mode == runners.TERMINAL and not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise HandoffError(
            "An interactive session needs a terminal.", "Use --print, --tmux or --bg."
        )
    for note in planned.notes:
        say(f"handoff: {note}", err=True)
    say(f"handoff: {cost.line()}", err=True)
    with progress_view.StatusLine(quiet=as_json) as line:
        show = None if line.is_off else lambda progress: line.show(planned.brief.id[-4:], progress)
        done = launch_start.carry_out(planned, runtime, show)
    _say_started(done, cost, as_json=as_json)


@cli.group(invoke_without_command=True, examples=["handoff providers", "handoff providers check"])
@JSON
@click.pass_context
def providers(context: click.Context, as_json: bool) -> None:
    """List providers and where each API key comes from.

    No key is printed.
    """
    if context.invoked_subcommand is not None:
        return
    from handoff.cli.views import checks as checks_view
    from handoff.launch import provider_check

    rows = provider_check.list_providers(current_runtime(), os.getcwd())
    if as_json:
        print_json(provider_check.as_json(rows))
        return
    checks_view.show_providers(rows)


@providers.command(examples=["handoff providers check", "handoff providers check openrouter"])
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option("--model", default="", metavar="NAME", help="Model to send the request to.")
@JSON
def check(names: tuple[str, ...], model: str, as_json: bool) -> None:
    """Send each provider one small request.

    A request may cost a fraction of a cent. Without NAME: the providers in your configuration, and
    those whose key is set. Exit code 1 if one does not work.
    """
    from handoff.cli.views import checks as checks_view
    from handoff.launch import provider_check

    checked = provider_check.check_providers(names, current_runtime(), os.getcwd(), model)
    if as_json:
        print_json(provider_check.as_json(checked))
    else:
        checks_view.show(checked)
    if any(item.ok is False for item in checked):
        sys.exit(EXIT_USER_ERROR)


def asked(options: dict[str, Any]) -> dict[str, Any]:
    """What the command line says itself, under the routes' keys."""
    from handoff.config import launch as config_launch

    tools = [tool.strip() for tool in options["allowed_tools"].split(",") if tool.strip()]
    values = {key: options[key] for key in ("model", "effort", "provider", "runner",
             "permission_mode", "budget_usd", "max_turns") if options[key]}  # fmt: skip
    for key, form in (("model", "a name"), ("provider", "a name"), ("runner", "a name"),
                      ("budget_usd", "dollars"), ("max_turns", "a number of turns")):  # fmt: skip
        if key in values and not config_launch.is_right(key, values[key]):
            option = key.replace("_", "-")
            raise click.UsageError(f"--{option} must be {form}.")
    return values | ({"allowed_tools": tools} if tools else {})


def _prompt(text: str) -> str:
    if text.startswith("-"):
        raise click.UsageError(
            "--prompt must not begin with `-`: the client would read it as options."
        )
    return text


def _say_plan(planned: Plan, env: Any, cost: Estimate, *, as_json: bool) -> None:
    if as_json:
        print_json({**planned.as_json(env), "estimate": cost.as_json()})
        return
    say(shlex.join(planned.command))
    say(f"  in {planned.started_in}")
    if planned.worktree:
        there = "already exists" if planned.worktree.exists else "would be created"
        say(f"  a worktree on the branch {planned.worktree.branch}, which {there}")
    say(f"  sets {', '.join(env.added) or 'no variables'}")
    if env.removed:
        say(f"  unsets {', '.join(env.removed)}")
    for line in planned.choice.lines():
        say(f"  {line}")
    say(f"  {cost.line()}")
    for note in planned.notes:
        say(f"handoff: {note}", err=True)


def _say_started(done: StartResult, cost: Estimate, *, as_json: bool) -> None:
    if as_json:
        print_json({**asdict(done), "estimate": cost.as_json()})
    elif done.mode == "print":
        if done.result and done.result.strip() != done.problem:
            say(done.result)
        _say_ended(done)
    elif done.mode == "tmux":
        say(f"{done.id} runs in the tmux window {done.where}: tmux attach -t {done.where}")
    elif done.where:
        say(done.where)
    if done.problem:
        say(f"handoff: {done.problem}", err=True)
        sys.exit(done.code if done.code in _STOPPED else EXIT_USER_ERROR)


def _say_ended(done: StartResult) -> None:
    """Say on stderr how the brief of a headless run ended."""
    became = {
        "finished": "finished",
        "continued": f"not finished; to continue: handoff start {done.successor}",
        "open": "not finished; the brief is open and unclaimed",
    }[done.state]
    if done.by == "code":
        became = "finished, unverified: the model wrote no outcome"
    count = f", {count_of(done.turns, 'turn')}" if done.turns else ""
    cost = f", ${done.cost_usd:.4f}" if done.cost_usd is not None else ""
    session = f" Session {done.session}{count}{cost}." if done.session else ""
    say(f"{done.id}: {became}.{session}", err=True)


@cli.command(hidden=True)
@click.argument("address")
def enter(address: str) -> None:
    """Become the session in a window that `start --tmux` opened."""
    from handoff.process import tmux

    tmux.enter(address)
