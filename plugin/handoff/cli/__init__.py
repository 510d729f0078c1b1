"""The command line: one thin function for each command. Data on stdout, messages on stderr.

Exit codes: 0 done, 1 something the user can fix, 2 wrong usage, 3 a bug (with a log file).
"""

from __future__ import annotations

import errno
import io
import os
import sys

import click

from handoff.base.errors import (
    EXIT_BUG,
    EXIT_OK,
    EXIT_USER_ERROR,
    SHORTAGE_HINT,
    HandoffError,
    describe_shortage,
)
from handoff.cli import (
    briefs,
    browse,
    build,
    completion,
    install,
    launch,
    loops,
    machine,
    maintenance,
    session,
    share,
    spec_accept,
    spec_new,
    specs,
    status,
    trust,
    wait,
)
from handoff.cli.console import cli, current_runtime, say, say_error
from handoff.git import gitpython

__all__ = [
    "briefs", "browse", "build", "cli", "completion", "install", "launch", "loops", "machine",
    "main", "maintenance", "session", "share", "spec_accept", "spec_new", "specs", "status",
    "trust", "wait",
]  # fmt: skip

_HINT = "Fix this and try again."
_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.EFBIG)


def main() -> None:
    """Run the command line with the exit codes of `handoff.base.errors`."""
    _open_streams()
    sys.exit(_flushed(_run()))


def _run() -> int:
    try:
        with gitpython.in_use():
            cli.main(prog_name="handoff", standalone_mode=False)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else EXIT_OK
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as error:
        shown = io.StringIO()
        error.show(shown)
        say_error(shown.getvalue().rstrip("\n"))
        return error.exit_code
    except click.Abort:
        click.echo("handoff: stopped.", err=True)
        return 130
    except HandoffError as error:
        say_error(f"handoff: {error}")
        return EXIT_USER_ERROR
    except BrokenPipeError:
        os._exit(EXIT_OK)  # the reader of our output has seen enough
    except OSError as error:
        if describe_shortage(error) or (error.filename is None and error.errno not in _DISK):
            return _surroundings_or_bug()
        if told := _read_only(error):
            say(f"handoff: {told}", err=True)
            return EXIT_USER_ERROR
        say(f"handoff: {error.filename or 'Writing failed'}: {error.strerror}. {_HINT}", err=True)
        return EXIT_USER_ERROR
    except Exception:  # noqa: BLE001 - the last resort: a bug goes to the log, not on the screen
        return _surroundings_or_bug()
    return EXIT_OK


def _read_only(error: OSError) -> HandoffError | None:
    """What to say where the state directory, or all of a sandbox's surroundings, is read-only."""
    from handoff.base import unwritable

    return unwritable.explain(error, current_runtime().home, os.environ)


def _open_streams() -> None:
    """Open what was closed (`<&-`): the next file opened would be taken for a stream."""
    for descriptor, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        if getattr(sys, name) is None:
            file = open(os.devnull, mode, encoding="utf-8")  # noqa: SIM115 - until the end
            if file.fileno() != descriptor:
                os.dup2(file.fileno(), descriptor)
            setattr(sys, name, file)


def _flushed(code: int) -> int:
    """The exit code once all output is out, which a full disk can prevent to the last."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os._exit(code)
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # or the interpreter fails at its own flush
        if code == EXIT_OK:
            say(f"handoff: Writing failed: {error.strerror}. {_HINT}", err=True)
        return code or EXIT_USER_ERROR
    return code


def _surroundings_or_bug() -> int:
    """Say what around us stops any command, else that it is a bug; the exit code."""
    error = sys.exc_info()[1]
    short = describe_shortage(error) if error else ""
    if short:
        say(f"handoff: Stopped because {short} ({error}).\n{SHORTAGE_HINT}", err=True)
        return EXIT_USER_ERROR
    try:
        os.getcwd()
    except FileNotFoundError:
        say(
            "handoff: The working directory was deleted.\nChange to another one and try again.",
            err=True,
        )
        return EXIT_USER_ERROR
    if isinstance(error, UnicodeEncodeError) and any(map(_is_no_text, sys.argv[1:])):
        say("handoff: An argument is not valid UTF-8.\nPass it as UTF-8.", err=True)
        return EXIT_USER_ERROR
    from handoff.redact import redact

    path = redact.note_bug(current_runtime().home, " ".join(sys.argv[:2]))
    where = f"The details are in {path}" if path else "Its details could not be written to the log."
    say(f"handoff: This is a bug in handoff. {where}", err=True)
    return EXIT_BUG


def _is_no_text(argument: str) -> bool:
    """Whether the argument has bytes that are no UTF-8 (Python carries them as surrogates)."""
    return any("\ud800" <= char <= "\udfff" for char in argument)
