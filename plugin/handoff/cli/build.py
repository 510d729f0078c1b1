"""The command that builds a spec: one feature a session, verified by code."""

from __future__ import annotations

import contextlib
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from handoff.base.errors import EXIT_USER_ERROR
from handoff.cli.console import JSON, cli, current_runtime, place_here, print_json, say
from handoff.cli.launch import asked
from handoff.cli.options import WAIT_FOR_CAPS, launch_options

if TYPE_CHECKING:
    from handoff.build.journal import Journal
    from handoff.build.order import Order
    from handoff.runtime import Runtime
    from handoff.store.places import Place

_STOPPED = 130


@cli.command(examples=[
    "handoff build 9f3a --budget-usd 20",
    "handoff build 9f3a --dry-run",
    "handoff build --show",
])  # fmt: skip
@click.argument("spec_id", metavar="[SPEC]", default="")
@click.option("--max-sessions", type=click.IntRange(1), default=None, metavar="N",
              help="Maximum number of sessions (default: 4 a feature, at least 10).")  # fmt: skip
@click.option("--budget-usd", type=click.FloatRange(0.01), default=None, metavar="USD",
              help="Spending limit for all sessions together.")  # fmt: skip
@click.option("--max-turns", type=click.IntRange(1), default=None, metavar="N",
              help="Turn limit of each session.")  # fmt: skip
@WAIT_FOR_CAPS
@launch_options
@click.option("--dry-run", is_flag=True,
              help="Show the features, the model and the likely cost; start nothing.")  # fmt: skip
@click.option("--show", is_flag=True,
              help="Show the journal of this build, or of all; start nothing.")  # fmt: skip
@JSON
def build(
    spec_id: str,
    max_sessions: int | None,
    budget_usd: float | None,
    windows: int | None,
    dry_run: bool,
    show: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Build a spec, one feature a session.

    The spec must be accepted first: handoff spec accept SPEC. Each session gets one feature. After
    it, handoff runs that feature's verify command on the commit, with the tests as you accepted
    them; what the session says does not count. A feature that fails three times is blocked, and
    the build takes the next one.

    It works in a worktree and on a branch of its own; nothing is merged. Ctrl-C ends the running
    session; the same command continues the build. Exit code 0 only if every feature is verified.
    """
    from handoff.build import order as orders

    runtime, place = current_runtime(), place_here()
    if show:
        _show(orders.find_journals(spec_id, runtime, place), as_json=as_json)
        return
    if not spec_id.strip():
        raise click.UsageError("Name a spec: handoff build SPEC. `handoff spec list` shows them.")
    on = asked({**options, "budget_usd": budget_usd})
    on.pop("budget_usd", None)  # it is all sessions' together
    if dry_run:
        _dry_run(spec_id, on, budget_usd, runtime, place, as_json=as_json)
        return
    order = orders.load_or_begin(
        spec_id, runtime, place, on, most=max_sessions, budget=budget_usd, windows=windows
    )
    journal = _run(order, runtime, quiet=as_json)
    if as_json:
        print_json(journal.as_json())
    else:
        from handoff.cli.views import build as build_view

        build_view.show_end(journal, order.spec, _describe_cap(journal))
    if journal.end != "verified":
        sys.exit(_STOPPED if journal.end == "stopped" else EXIT_USER_ERROR)


def _run(order: Order, runtime: Runtime, *, quiet: bool) -> Journal:
    from handoff.build import loop as build_loop
    from handoff.build import run as build_run
    from handoff.cli.views import build as build_view
    from handoff.cli.views import countdown
    from handoff.loops import verdicts
    from handoff.process.signals import StopSignal

    stopping = StopSignal()
    with stopping, build_view.Display(order.journal, order.spec, quiet=quiet) as display:
        run = build_run.Run(
            order.journal, order.spec, order.acceptance, order.place, runtime, stopping,
            display.above(_tell), display.update,
        )  # fmt: skip
        show = None if display.is_off else display.show
        loop = build_loop.Build(run, show, countdown.make_screen(display, _tell))
        try:
            return loop.run()
        except KeyboardInterrupt:
            return replace(run.journal, end=verdicts.STOPPED)


def _describe_cap(journal: Journal) -> str:
    """When the usage cap that ended a build resets, "" where none did."""
    from handoff.loops import wait_for_caps

    cap = wait_for_caps.cap_of_session(journal.settled[-1] if journal.settled else None)
    return f"it resets at {wait_for_caps.describe_reset(cap, time.time())}" if cap else ""


def _show(journals: list[Journal], *, as_json: bool) -> None:
    from handoff.cli.views import build as build_view

    if as_json:
        print_json([journal.as_json() for journal in journals])
        return
    for journal in journals:
        build_view.show_journal(journal)
    if not journals:
        click.echo("No builds in this worktree. To start one: handoff build SPEC", err=True)


def _dry_run(
    spec_id: str,
    on: dict[str, Any],
    budget: float | None,
    runtime: Runtime,
    place: Place,
    *,
    as_json: bool,
) -> None:
    from handoff.build import dry_run
    from handoff.cli.views import build as build_view

    planned = dry_run.plan_build(spec_id, on, budget, runtime, place)
    if as_json:
        print_json(planned.as_json())
        return
    build_view.show_plan(planned)


def _tell(text: str) -> None:
    """Say it on stderr; a terminal that was closed stops nothing."""
    with contextlib.suppress(OSError):
        say(text, err=True)
