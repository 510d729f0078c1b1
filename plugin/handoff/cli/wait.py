"""The command `wait`."""

from __future__ import annotations

import math
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from handoff.base.errors import EXIT_USER_ERROR
from handoff.cli.console import BRIEF_IDS, JSON, cli, current_runtime, place_here, print_json, say

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from handoff.loops.wait import WaitStatus


@cli.command(examples=["handoff wait 9f3a 77c1", "handoff wait 9f3a --timeout 600"])
@BRIEF_IDS
@click.option("--timeout", type=click.FloatRange(0), default=None, metavar="SECONDS",
              help="Give up after this many seconds.")  # fmt: skip
@JSON
def wait(brief_ids: tuple[str, ...], timeout: float | None, as_json: bool) -> None:
    """Wait until briefs are finished, in any worktree.

    Exit code 0 if all are finished; 1 if one was dropped, if its session ended without
    finishing it, or at the time limit.
    """
    from handoff.cli.views import wait as wait_view
    from handoff.loops import wait as loops_wait

    if timeout is not None and math.isnan(timeout):
        raise click.BadParameter("not a number of seconds.", param_hint="--timeout")
    waiter = loops_wait.Waiter(brief_ids, current_runtime(), place_here())
    statuses: Sequence[WaitStatus] = ()

    def seen() -> Iterator[Sequence[WaitStatus]]:
        nonlocal statuses
        for states in waiter.until_settled(timeout):
            statuses = states
            yield states

    stopped = False
    try:
        wait_view.follow(seen(), lambda line: say(line, err=as_json))
    except KeyboardInterrupt:
        stopped = True
    if as_json:
        print_json([asdict(one) for one in statuses])
    if stopped:
        raise click.Abort
    if not all(one.is_settled for one in statuses):
        say(f"handoff: not finished after {timeout:g} s. To wait longer: run it again.", err=True)
    if any(one.state != loops_wait.FINISHED for one in statuses):
        sys.exit(EXIT_USER_ERROR)
