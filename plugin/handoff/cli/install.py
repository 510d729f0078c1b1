"""The command `install`: runs the plugin's own install.sh, from any copy of the plugin."""

from __future__ import annotations

import os
import sys

import click

from handoff.base.errors import HandoffError
from handoff.cli.console import cli


@cli.command(examples=[
    "handoff install",
    "handoff install --link",
    "handoff install --uninstall",
])  # fmt: skip
@click.option("--prefix", default="", metavar="DIR", help="Where to install (default: ~/.local).")
@click.option("--no-plugin", is_flag=True, help="Do not register the plugin with Claude Code.")
@click.option("--link", is_flag=True, help="Only link DIR/bin/handoff to this copy of the plugin.")
@click.option("--uninstall", is_flag=True, help="Remove everything that was installed.")
def install(prefix: str, no_plugin: bool, link: bool, uninstall: bool) -> None:
    """Install handoff for Claude Code, update it, or remove it.

    From a wheel this installs the plugin that the wheel carries. In a copy that a marketplace
    installed it only links the command into your PATH, as --link does.
    """
    from handoff.install import installer

    options = {"--no-plugin": no_plugin, "--link": link, "--uninstall": uninstall}
    if sum(options.values()) > 1:
        raise click.UsageError("--no-plugin, --link and --uninstall exclude each other.")
    arguments = [name for name, is_given in options.items() if is_given]
    if prefix:
        arguments += ["--prefix", prefix]
    command, problem = installer.find_command(os.environ)
    if problem:
        raise HandoffError(problem, "Install handoff again: docs/install.md says how.")
    sys.stdout.flush()
    # In place of this process: an uninstallation removes the environment that it runs in.
    os.execve(command[0], [*command, *arguments], installer.environment_for(os.environ))  # noqa: S606
