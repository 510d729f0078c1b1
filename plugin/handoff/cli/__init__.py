"""The command line: one thin command a verb. Data on stdout, words for people on stderr.

Exit codes: 0 done, 1 something the user can mend, 2 wrong usage, 3 a bug (with a log file).
"""

from __future__ import annotations

import os
import sys
from typing import NoReturn

import click

from handoff import log
from handoff.cli import (
    briefs,
    decisions,
    machine,
    reading,
    sessions,
    sharing,
    starting,
    steering,
    trust,
    upkeep,
)
from handoff.cli.console import cli, here, say
from handoff.errors import EXIT_BUG, EXIT_MENDABLE, EXIT_OK, HandoffError

__all__ = [
    "briefs", "cli", "decisions", "machine", "main", "reading", "sessions", "sharing", "starting",
    "steering", "trust", "upkeep",
]  # fmt: skip


def main() -> None:
    """Run the command line with the exit codes of `handoff.errors`."""
    try:
        cli.main(prog_name="handoff", standalone_mode=False)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        click.echo("handoff: stopped.", err=True)
        sys.exit(130)
    except HandoffError as error:
        say(f"handoff: {error}", err=True)
        sys.exit(EXIT_MENDABLE)
    except BrokenPipeError:
        os._exit(EXIT_OK)  # the reader of our output has seen enough
    except OSError as error:
        if error.filename is None:
            _end_with_bug()
        say(f"handoff: {error.filename}: {error.strerror}. Mend that, then try again.", err=True)
        sys.exit(EXIT_MENDABLE)
    except Exception:  # noqa: BLE001 - the last resort: a bug goes to the log, not on the screen
        _end_with_bug()
    sys.exit(EXIT_OK)


def _end_with_bug() -> NoReturn:
    path = log.note_bug(here().home, " ".join(sys.argv[:2]))
    where = f"the details are in {path}" if path else "and its details could not be written down"
    say(f"handoff: a bug; {where}", err=True)
    sys.exit(EXIT_BUG)
