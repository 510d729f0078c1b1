"""What every command shares: the group itself, its options, and the ways in and out.

Data goes to stdout, words for people to stderr. All of it leaves by `say` or `print_json`: what
others may have written is made fit for a terminal, and for a model where it is one that reads it.
"""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any

import click

from handoff import __version__
from handoff.base.errors import HandoffError
from handoff.base.wording import rounded_usd
from handoff.cli.complete_ids import complete_briefs, complete_sessions
from handoff.cli.groups import MainGroup
from handoff.client import hook_io
from handoff.runtime import Runtime

if TYPE_CHECKING:
    from handoff.store.places import Place

JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def find_session(_: click.Context, __: click.Parameter, given: str) -> str:
    """The whole ID of the session that an option names by a part of it."""
    if not given:
        return ""
    from handoff.status import find_session as sessions

    return sessions.find_session_id(given, current_runtime())


SESSION = click.option(
    "--session", default="", metavar="ID", callback=find_session, shell_complete=complete_sessions,
    help="A session's ID, or part of it (default: the session of this shell).",
)  # fmt: skip


def _named(_: click.Context, parameter: click.Parameter, given: Any) -> Any:
    """What names a brief. An empty text, as of an unset variable, is part of every ID."""
    if any(not word.strip() for word in ([given] if isinstance(given, str) else given)):
        raise click.BadParameter("it is empty. `handoff list` shows the IDs.", param=parameter)
    return given


BRIEF_ID = click.argument("brief_id", metavar="ID", callback=_named, shell_complete=complete_briefs)
OPTIONAL_BRIEF_ID = click.argument("brief_id", metavar="[ID]", default="",
                                   shell_complete=complete_briefs)  # fmt: skip
BRIEF_IDS = click.argument("brief_ids", metavar="ID...", nargs=-1, required=True, callback=_named,
                           shell_complete=complete_briefs)  # fmt: skip
BRIEF_IDS_OR_ALL = click.argument("brief_ids", metavar="[ID]...", nargs=-1, callback=_named,
                                  shell_complete=complete_briefs)  # fmt: skip
BRIEF_SOURCE = click.argument("source", metavar="ID|FILE", callback=_named,
                              shell_complete=complete_briefs)  # fmt: skip
MAX_STDIN = 1024 * 1024


@click.group(
    cls=MainGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, "-V", "--version", prog_name="handoff",
                      help="Show the version and exit.")  # fmt: skip
def cli() -> None:
    """Hand off a Claude Code session to a fresh one, through a brief committed to the repository.

    `handoff COMMAND --help` describes a command, with examples.
    """


def current_runtime() -> Runtime:
    """The surroundings of this command."""
    return Runtime(os.environ, full=True)


def place_here() -> Place:
    """The place of the working directory. It runs git: a command locates it once."""
    from handoff.store import places

    return places.locate(os.getcwd())


def print_json(value: Any) -> None:
    """Print a value for programs, in ASCII: no control character reaches a terminal, and no text
    of a brief looks like markup of the client. The values are what they are, but dollars have no
    digits that only adding them up left (`rounded_usd`).
    """
    click.echo(json.dumps(without_noise(value), indent=2).replace("<", "\\u003c"))


def without_noise(value: Any, key: str = "") -> Any:
    """A value for JSON, in which each figure of dollars, known by its `key`, is a rounded one."""
    if isinstance(value, float):
        return rounded_usd(value) if key == "usd" or key.endswith("_usd") else value
    if isinstance(value, dict):
        return {name: without_noise(item, str(name)) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [without_noise(item, key) for item in value]
    return value


def say(text: str, *, err: bool = False) -> None:
    """Print text that may hold what others wrote."""
    from handoff.brief import marking

    click.echo(marking.mark_trusted(text, for_model=in_session()), err=err)


def say_error(text: str) -> None:
    """Print an error. A model is told that names of files in it are no words of ours."""
    say(text, err=True)
    if in_session() and '"' in text:
        from handoff.store import trusted_prompts

        say(trusted_prompts.load(current_runtime(), os.getcwd()).render("quoted_legend"), err=True)


def in_session() -> bool:
    """Whether this runs in a session's shell, so that a model reads what it prints."""
    return bool(hook_io.current_session(os.environ))


def read_stdin(what: str) -> str:
    """The text on standard input; `what` is asked for where a person sits at it."""
    if sys.stdin.isatty():
        raise click.UsageError(f"Pass {what} on standard input, from a file or a pipe.")
    raw = sys.stdin.buffer.read(MAX_STDIN + 1)
    if len(raw) > MAX_STDIN:
        raise HandoffError("Standard input is longer than 1 MiB.", "Pass a shorter text.")
    return raw.decode("utf-8", "replace")
