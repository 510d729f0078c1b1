"""The commands that run sessions in a row, or side by side: relay, run."""

from __future__ import annotations

import contextlib
import sys
import time
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import click

from handoff.base.errors import EXIT_USER_ERROR, HandoffError
from handoff.cli.console import (
    BRIEF_IDS_OR_ALL,
    JSON,
    OPTIONAL_BRIEF_ID,
    cli,
    current_runtime,
    place_here,
    print_json,
    say,
)
from handoff.cli.launch import asked
from handoff.cli.options import WAIT_FOR_CAPS, WORKTREE, launch_options

if TYPE_CHECKING:
    from handoff.loops.queue import Queue
    from handoff.loops.relay_journal import Journal
    from handoff.loops.tasks import Row
    from handoff.loops.verification import VerifyRequest

_STOPPED = 130
_BUDGET = click.option("--budget-usd", type=click.FloatRange(0.01), default=None, metavar="USD",
                       help="Spending limit for all sessions together.")  # fmt: skip
_MAX_TURNS = click.option("--max-turns", type=click.IntRange(1), default=None, metavar="N",
                          help="Turn limit of each session.")  # fmt: skip


@cli.command(examples=[
    "handoff relay 9f3a",
    "handoff relay 9f3a --worktree --max-sessions 5 --budget-usd 10",
    "handoff relay --show",
])  # fmt: skip
@OPTIONAL_BRIEF_ID
@click.option("--max-sessions", type=click.IntRange(1), default=None, metavar="N",
              help="Maximum number of sessions (default: 10).")  # fmt: skip
@_BUDGET
@_MAX_TURNS
@WORKTREE
@WAIT_FOR_CAPS
@launch_options
@click.option("--yes", is_flag=True, help="Do not ask before running the verify commands.")
@click.option("--show", is_flag=True,
              help="Show the journal of this relay, or of all; start nothing.")  # fmt: skip
@JSON
def relay(
    brief_id: str,
    max_sessions: int | None,
    budget_usd: float | None,
    worktree: bool,
    windows: int | None,
    yes: bool,
    show: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Run headless sessions in a row until a task is done.

    Each session continues from the brief of the one before. The relay is done when the brief's
    verify commands pass, or when a session finishes the brief. It stops early at the budget, at the
    number of sessions, after two sessions in a row that change nothing, or at a usage cap of the
    subscription, unless it is to wait for the reset.

    Ctrl-C ends the running session and saves its work in a brief. The same command continues a
    relay that was interrupted. Exit code 0 only if the task is done.
    """
    from handoff.cli.views import countdown
    from handoff.cli.views import progress as progress_view
    from handoff.loops import relay as loops_relay
    from handoff.loops import relay_journal, relay_order, verdicts
    from handoff.process.signals import StopSignal
    from handoff.store import places

    runtime = current_runtime()
    if show:
        _show(relay_order.find_journals(brief_id, runtime, place_here()), as_json=as_json)
        return
    if not brief_id.strip():
        raise click.UsageError("Name a brief: handoff relay ID. `handoff list` shows them.")
    on = asked({**options, "budget_usd": budget_usd})
    on.pop("budget_usd", None)  # it is all sessions' together
    place = place_here()
    journal = relay_order.load_or_begin(brief_id, runtime, place, on, worktree=worktree,
                              most=max_sessions, budget=budget_usd, windows=windows)  # fmt: skip
    if journal.end not in relay_journal.GOOD:
        place = places.locate_near(place, journal.directory)
        wanted = relay_order.find_verify_commands(journal, runtime, place)
        if wanted:
            _ask(wanted, yes=yes)
        stopping = StopSignal()
        try:
            with stopping, progress_view.StatusLine(quiet=as_json) as line:
                loop = loops_relay.Relay(
                    journal, place, wanted, runtime, stopping, line.above(_tell),
                    None if line.is_off else line.show, countdown.make_screen(line, _tell),
                )  # fmt: skip
                journal = loop.run()
        except KeyboardInterrupt:
            journal = replace(loop.journal, end=verdicts.STOPPED)
    if as_json:
        print_json(journal.as_json())
    _tell(f"{journal.task}: {journal.describe(time.time())}. {relay_order.describe_total(journal)}")
    if journal.end not in relay_journal.GOOD:
        _tell(relay_order.next_step(journal))
        sys.exit(_STOPPED if journal.end == "stopped" else EXIT_USER_ERROR)


@cli.command(examples=[
    "handoff run --dry-run",
    "handoff run --label docs --jobs 3 --budget-usd 20",
])  # fmt: skip
@BRIEF_IDS_OR_ALL
@click.option("--label", "labels", multiple=True, metavar="WORD",
              help="Only tasks with this label; repeat it for any of several.")  # fmt: skip
@click.option("--kind", type=click.Choice(["task", "continue"]), default="task", show_default=True,
              help="Only this kind of brief.")  # fmt: skip
@click.option("--for", "meant_for", default="", metavar="MODEL",
              help="Only tasks written for this model.")  # fmt: skip
@click.option("--jobs", type=click.IntRange(1, 32), default=1, show_default=True, metavar="N",
              help="Number of sessions at once.")  # fmt: skip
@_BUDGET
@_MAX_TURNS
@WAIT_FOR_CAPS
@launch_options
@click.option("--dry-run", is_flag=True, help="Show what would be started; start nothing.")
@JSON
def run(
    brief_ids: tuple[str, ...],
    labels: tuple[str, ...],
    kind: str,
    meant_for: str,
    jobs: int,
    budget_usd: float | None,
    windows: int | None,
    dry_run: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Run open tasks, each in its own worktree and branch.

    Without ID: all trusted open tasks. Nothing is merged. A task that fails does not stop the
    others; the next `handoff run` tries it again in its worktree, waits for sessions that still
    run, and skips tasks that are finished on their branch. At a usage cap of the subscription no
    further task is started; the run ends, or waits for the reset if told to. Exit code 0 only if no
    task failed.
    """
    from handoff.cli.views import countdown
    from handoff.cli.views import progress as progress_view
    from handoff.cli.views import queue as queue_view
    from handoff.loops import queue as loops_queue
    from handoff.loops import tasks, wait_for_caps
    from handoff.process.signals import StopSignal

    runtime = current_runtime()
    wanted = tasks.Filter(brief_ids, labels, kind, meant_for)
    place = place_here()
    place.need_checkout(
        "cannot have worktrees",
        "Each task runs in its own worktree. Without one: handoff start ID --print",
    )
    briefs = tasks.find_tasks(wanted, runtime, place)
    on = asked({**options, "budget_usd": budget_usd})
    on.pop("budget_usd", None)  # it is all sessions' together
    line = progress_view.StatusLine(quiet=as_json)  # before a live table takes stderr over
    with queue_view.Display(quiet=as_json or dry_run) as display, StopSignal() as stopping:
        screen = countdown.make_screen(line, _tell, display.paused)
        queue = loops_queue.Queue(place, briefs, on, runtime, stopping, display.show, jobs=jobs,
                               budget=budget_usd, is_watched=display.is_live,
                               windows=windows or 0, screen=screen, tell=_tell)  # fmt: skip
        if dry_run:
            _say_plans(queue, as_json=as_json)
            return
        rows = _run_queue(queue)
    for note in queue.notes:
        _tell(f"handoff: {note}")
    _say_rows(rows, as_json=as_json, stopped=stopping.asked)
    if stopping.asked:
        _tell("Stopped. To continue: run the same command again.")
        sys.exit(_STOPPED)
    if queue.caps.cap is not None:
        stopped = wait_for_caps.describe_stop(queue.caps.cap, time.time())
        _tell(f"{stopped[0].upper()}{stopped[1:]}. To continue then: run the same command again.\n"
              "To wait for it: add --wait-for-caps")  # fmt: skip
    if any(row.state not in ("done", tasks.SKIPPED) for row in rows):
        sys.exit(EXIT_USER_ERROR)


def _ask(wanted: VerifyRequest, *, yes: bool) -> None:
    """Show the verify commands, and ask before they are run."""
    say(f"These commands run in a shell in {wanted.root} after each session:", err=True)
    for command in wanted.commands:
        say("\n".join(f"    {line}" for line in command.splitlines()), err=True)
    if yes:
        return
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise HandoffError(
            "The brief's verify commands need your consent, but there is no terminal to ask in.",
            "Check the commands above, then add --yes.",
        )
    question = "Run these commands? Type yes"
    if click.prompt(question, default="no", show_default=False, err=True).strip() != "yes":
        raise click.Abort


def _show(journals: list[Journal], *, as_json: bool) -> None:
    from handoff.cli.views import relay as relay_view
    from handoff.loops import relay_order

    if as_json:
        print_json([journal.as_json() for journal in journals])
        return
    for journal in journals:
        relay_view.show(journal, f"{journal.describe()}. {relay_order.describe_total(journal)}")
    if not journals:
        click.echo("No relays here.", err=True)


def _run_queue(queue: Queue) -> list[Row]:
    """Run a queue to its end, or until it is stopped: each task with its result."""
    try:
        return queue.run()
    except KeyboardInterrupt:
        return queue.rows()
    except Exception:
        if queue.running():
            _tell("Its sessions are still running; the next `handoff run` takes them over.")
        raise


def _say_rows(rows: list[Row], *, as_json: bool, stopped: bool) -> None:
    """Show each task's result; a run that was `stopped` may have lost its terminal."""
    from handoff.cli.views import queue as queue_view

    if as_json:
        print_json([asdict(row) for row in rows])
    elif rows:
        with contextlib.suppress(OSError) if stopped else contextlib.nullcontext():
            queue_view.show(rows)
    else:
        click.echo("No open task matches.", err=True)


def _say_plans(queue: Any, *, as_json: bool) -> None:
    plans = queue.plans()
    if as_json:
        print_json([
            {"id": task, "title": title, "why_not": plan}
            if isinstance(plan, str)
            else {"id": task, "title": title, "brief": plan.brief.id, "directory": plan.directory,
                  "values": dict(plan.choice.values), "notes": list(plan.notes)}
            for task, title, plan in plans
        ])  # fmt: skip
        return
    for task, title, plan in plans:
        if isinstance(plan, str):
            say(f"{task}  not started: {plan}")
            continue
        say(f"{task}  {title}\n  in {plan.directory}")
        for key, value in plan.choice.values.items():
            say(f"  {key}: {value} ({plan.choice.origins[key]})")
        for note in plan.notes:
            say(f"handoff: {note}", err=True)
    if not plans:
        click.echo("No open task matches.", err=True)


def _tell(text: str) -> None:
    """Say it on stderr; a terminal that was closed stops nothing."""
    with contextlib.suppress(OSError):
        say(text, err=True)
