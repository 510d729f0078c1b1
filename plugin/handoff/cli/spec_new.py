"""`handoff spec new`: a spec from a few sentences, or from a list of features."""

from __future__ import annotations

import contextlib
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from handoff.base.errors import EXIT_USER_ERROR, HandoffError
from handoff.base.wording import count_of, format_clock, format_dollars
from handoff.cli.console import (
    JSON,
    current_runtime,
    in_session,
    place_here,
    print_json,
    read_stdin,
    say,
)
from handoff.cli.launch import asked
from handoff.cli.options import launch_options
from handoff.cli.specs import say_sound, say_what_runs, specs_group

if TYPE_CHECKING:
    from handoff.build.initialize import Written
    from handoff.runtime import Runtime
    from handoff.specs.model import Spec
    from handoff.specs.planning import Planning

_SHOWN = 20


@specs_group.command(examples=[
    'handoff spec new "A till prints receipts with totals and discounts."',
    "handoff spec new --file idea.md --budget-usd 5",
    "handoff spec new --import feature_list.json --no-session",
    "handoff spec new --continue 77c1",
])  # fmt: skip
@click.argument("text", metavar="[TEXT]", default="")
@click.option("--file", "path", default="", metavar="FILE",
              help="Take the text from a file; - reads standard input.")  # fmt: skip
@click.option("--import", "imported", default="", metavar="FILE",
              help="Take the features from a feature_list.json.")  # fmt: skip
@click.option("--no-session", is_flag=True,
              help="With --import: write the files without a session.")  # fmt: skip
@click.option("--here", is_flag=True,
              help="Prepare the files here, for a running session to fill in.")  # fmt: skip
@click.option("--continue", "unfinished", default="", metavar="ID",
              help="Start another session for a spec that is not finished.")  # fmt: skip
@launch_options
@click.option("--budget-usd", type=click.FloatRange(0.01), default=None, metavar="USD",
              help="Spending limit of all its sessions.")  # fmt: skip
@click.option("--max-turns", type=click.IntRange(1), default=None, metavar="N",
              help="Turn limit of each session.")  # fmt: skip
@JSON
def new(text: str, path: str, imported: str, no_session: bool, here: bool, unfinished: str,
        budget_usd: float | None, as_json: bool, **options: Any) -> None:  # fmt: skip
    """Have a session write a spec with failing tests.

    It works headless in a worktree of its own, on the branch handoff/ID. Code checks what it wrote
    and commits the spec and its tests; up to two more sessions fix what is wrong. Nothing is built
    before you accept it.

    Ctrl-C ends the session, and --continue starts another one for the same spec.
    """
    from handoff.specs import new_spec, publish

    _check_usage(text, path, imported, unfinished, no_session=no_session, here=here)
    runtime = current_runtime()
    on = asked({**options, "budget_usd": budget_usd})
    on.pop("budget_usd", None)  # it is all sessions' together
    if unfinished:
        from handoff.build import initialize

        planned = initialize.load(unfinished, runtime, place_here(), on, budget_usd)
        _write(planned, runtime, as_json=as_json)
        return
    wish = new_spec.read_wish(_read_text(text, path, needs_stdin=here), imported)
    if here or no_session:
        place = place_here()
        spec, own = new_spec.prepare(wish, place, runtime, here=here, by_model=in_session())
        if here:
            text = new_spec.describe_format(spec.id, spec.root, runtime)
            _say_prepared(spec, text, as_json=as_json)
        else:
            say_sound(publish.check(spec.id, own, runtime), as_json=as_json)
        return
    from handoff.build import initialize

    _write(initialize.begin(wish, runtime, place_here(), on, budget_usd), runtime, as_json=as_json)


def _check_usage(
    text: str, path: str, imported: str, unfinished: str, *, no_session: bool, here: bool
) -> None:
    if no_session and not imported:
        raise click.UsageError("--no-session needs --import: a session writes the features.")
    if here and no_session:
        raise click.UsageError("Use either --here or --no-session.")
    if unfinished and (text or path or imported or here or no_session):
        raise click.UsageError("--continue takes no text and no list: it has those of the spec.")
    if in_session() and not (here or no_session):
        raise HandoffError(
            "A session writes a spec itself.",
            "Use --here in a session, or run this in a terminal of your own.",
        )


def _read_text(text: str, path: str, *, needs_stdin: bool) -> str:
    if text and path:
        raise click.UsageError("Use either TEXT or --file.")
    if path == "-" or (needs_stdin and not text and not path):
        return read_stdin("what is to be built")
    if not path:
        return text
    from handoff.specs.new_spec import MAX_CHARS
    from handoff.store import brief_files

    raw = brief_files.read_regular(path, path, 4 * MAX_CHARS)
    return raw.decode("utf-8", "replace")


def _say_prepared(spec: Spec, text: str, *, as_json: bool) -> None:
    if as_json:
        print_json({"id": spec.id, "root": spec.root, "format": text})
    else:
        say(f"Prepared the spec {spec.id} in {spec.root}\n\n{text}")


def _write(planned: Planning, runtime: Runtime, *, as_json: bool) -> None:
    """Have it written, with a line that shows how far the session is, and say what came of it."""
    from handoff.build import initialize
    from handoff.cli.views import progress as progress_view

    _tell(f"handoff: writing the spec {planned.spec} in {planned.root}")
    with progress_view.StatusLine(quiet=as_json) as line:
        show = None if line.is_off else lambda brief, progress: line.show(brief[-4:], progress)
        written = initialize.write(planned, runtime, line.above(_tell), show)
    if as_json:
        print_json(_as_json(written))
    _say_sessions(written, quiet=as_json)
    checked = written.checked
    if checked.spec is None or checked.committed is None:
        _say_unsound(written, quiet=as_json)
        sys.exit(written.stopped or EXIT_USER_ERROR)
    if not as_json:
        count = count_of(len(checked.spec.features), "feature")
        say(f"{checked.id}: {count}, {checked.committed.describe()}.")
        say_what_runs(checked.spec, checked)


def _say_sessions(written: Written, *, quiet: bool) -> None:
    """Say what the sessions took, and what they changed besides."""
    sessions, planned = written.planning.sessions, written.planning
    if sessions and not quiet:
        turns = count_of(sum(one.turns or 0 for one in sessions), "turn")
        took = format_clock(sum(one.seconds for one in sessions))
        count = count_of(len(sessions), "session")
        say(f"handoff: {count}, {turns}, {took}, {format_dollars(planned.cost_usd)}", err=True)
    if written.others:
        more = ", …" if len(written.others) > _SHOWN else ""
        named = ", ".join(written.others[:_SHOWN]) + more
        say(f"handoff: changed besides in {planned.root}, not committed by handoff: {named}",
            err=True)  # fmt: skip


def _say_unsound(written: Written, *, quiet: bool) -> None:
    planned, problems = written.planning, written.checked.problems
    for problem in () if quiet else problems:
        say(problem)
    say(
        f"handoff: {planned.spec} has {count_of(len(problems), 'problem')}: {written.problem}.\n"
        f"Everything stays in {planned.root}.\n"
        f"  To see what is missing: handoff spec check {planned.spec}\n"
        f"  To start another session: handoff spec new --continue {planned.spec}",
        err=True,
    )


def _as_json(written: Written) -> dict[str, Any]:
    """The stable JSON of `handoff spec new`."""
    from handoff.git import worktrees

    checked, planned = written.checked, written.planning
    return {
        "id": planned.spec,
        "root": planned.root,
        "branch": worktrees.branch_of(planned.spec),
        "commit": checked.committed.sha if checked.committed else "",
        "features": [one.id for one in checked.spec.features] if checked.spec else [],
        "problems": list(checked.problems),
        "missing": list(checked.missing),
        "notes": list(written.notes),
        "others": list(written.others),
        "sessions": [asdict(one) for one in planned.sessions],
        "cost_usd": planned.cost_usd,
        "problem": written.problem,
    }


def _tell(text: str) -> None:
    """Say it on stderr; a terminal that was closed stops nothing."""
    with contextlib.suppress(OSError):
        say(text, err=True)
