"""Options that several commands have, each with one meaning."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from handoff.config import presets

if TYPE_CHECKING:
    from collections.abc import Callable

FORCE = click.option("--force", is_flag=True, help="Even if an open session has claimed the brief.")
WORKTREE = click.option("--worktree", is_flag=True,
                        help="Work in a separate git worktree, on its own branch.")  # fmt: skip
WAIT_FOR_CAPS = click.option(
    "--wait-for-caps", "windows", type=click.IntRange(0, 99), is_flag=False, flag_value=1,
    default=None, metavar="[N]",
    help="Wait until a usage cap resets, at most N times (default: 1).")  # fmt: skip
_LAUNCH = (
    click.option("--model", default="", metavar="NAME",
                 help="Model to use instead of the brief's or the route's."),
    click.option("--effort", type=click.Choice(presets.EFFORTS), default=None,
                 help="Effort level to use."),
    click.option("--provider", default="", metavar="NAME",
                 help="Provider to use; `handoff providers` lists them."),
    click.option("--runner", default="", metavar="NAME",
                 help="Agent to run: claude, or one of your `runners:`."),
    click.option("--permission-mode", type=click.Choice(presets.MODES), default=None,
                 metavar="MODE", help=f"Permission mode: {', '.join(presets.MODES)}."),
    click.option("--allowed-tools", default="", metavar="A,B",
                 help="Tools allowed without a permission prompt."),
)  # fmt: skip


def launch_options(command: Callable[..., None]) -> Callable[..., None]:
    """The options that say what sessions are started on."""
    for option in reversed(_LAUNCH):
        command = option(command)
    return command
