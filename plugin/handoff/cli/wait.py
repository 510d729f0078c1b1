"""The verb `wait`."""

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


@cli.command()
@BRIEF_IDS
@click.option("--timeout", type=click.FloatRange(0), default=None, metavar="SECONDS",
              help="Give up after so many seconds.")  # fmt: skip
@JSON
def wait(brief_ids: tuple[str, ...], timeout: float | None, as_json: bool) -> None:
    """Wait until briefs are finished, in whichever work tree of this repository.

    Exit code 0 when all are; 1 when one was dropped, when the session that had it is gone without
    finishing it, or at the time limit.
    """
    from handoff.cli.views import wait as wait_view
    from handoff.loops import wait as loops_wait

    if timeout is not None and math.isnan(timeout):
        raise click.BadParameter("it is no number of seconds.", param_hint="--timeout")
    waiter = loops_wait.Waiter(brief_ids, current_runtime(), place_here())
    statuses: Sequence[WaitStatus] = ()

    def seen() -> Iterator[Sequence[WaitStatus]]:
        nonlocal statuses
        for states in waiter.until_settled(timeout):
            statuses = states
            yield states

    stopped = False
    try:
        wait_view.follow(seen())
    except KeyboardInterrupt:
        stopped = True
    if as_json:
        print_json([asdict(one) for one in statuses])
    else:
        _say(statuses)
    if stopped:
        raise click.Abort
    if not all(one.is_settled for one in statuses):
        say(f"handoff: {timeout:g} s are over. The same command waits on.", err=True)
    if any(one.state != loops_wait.FINISHED for one in statuses):
        sys.exit(EXIT_USER_ERROR)


def _say(statuses: Sequence[WaitStatus]) -> None:
    from handoff.cli.views import wait as wait_view

    for one in statuses:
        say(wait_view.line(one))
