"""The command `completion`: how a shell learns to complete the others."""

from __future__ import annotations

import os

import click
from click import shell_completion

from handoff.base.errors import HandoffError
from handoff.cli.console import JSON, cli, print_json, say
from handoff.install import completion_file

_VARIABLE = "_HANDOFF_COMPLETE"


@cli.command(examples=[
    "handoff completion bash --install",
    "handoff completion fish --uninstall",
    "handoff completion zsh > ~/.zfunc/_handoff",
])  # fmt: skip
@click.argument("shell", type=click.Choice(completion_file.SHELLS))
@click.option("--install", "change", flag_value="install",
              help="Write it where the shell looks for it.")  # fmt: skip
@click.option("--uninstall", "change", flag_value="uninstall", help="Remove that file.")
@JSON
def completion(shell: str, change: str | None, as_json: bool) -> None:
    """Print or install shell completion.

    Commands, options and the IDs of open briefs are completed. --install edits no rc file, and
    overwrites no file that it did not write.
    """
    if change == "install":
        path = completion_file.install(shell, make_source(shell), os.environ)
        then = completion_file.next_step(shell, path, os.environ)
        undo = f"handoff completion {shell} --uninstall"
        if as_json:
            print_json({"path": path, "next": then, "undo": undo})
        else:
            say(f"Wrote {path}\n{then}\nTo undo: {undo}")
    elif change == "uninstall":
        path = completion_file.uninstall(shell, os.environ)
        text = f"Removed {path}" if path else f"There is no completion for {shell} to remove."
        print_json({"path": path}) if as_json else say(text)
    else:
        source = make_source(shell)
        print_json({"source": source}) if as_json else click.echo(source)


def make_source(shell: str) -> str:
    """The script for a shell: click's own, which asks `handoff` itself, without its errors."""
    known = shell_completion.get_completion_class(shell)
    if known is None:
        raise HandoffError(f"This version of click has no completion for {shell}.", "Update click.")
    asks = known(cli, {}, "handoff", _VARIABLE)
    text = str(asks.source_template % asks.source_vars())
    for call in (f"{shell}_complete $1", f"{shell}_complete handoff", "(commandline -t) handoff"):
        text = text.replace(f"{call})", f"{call} 2>/dev/null)")
    return text
