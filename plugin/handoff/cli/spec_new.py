"""`handoff spec new`: a spec from a few sentences, or from a list of features."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import click

from handoff.base.errors import EXIT_USER_ERROR, HandoffError
from handoff.base.wording import count_of
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
from handoff.cli.specs import say_sound, specs_group

if TYPE_CHECKING:
    from handoff.specs.model import Spec
    from handoff.specs.plan_session import Planned

_SHOWN = 20


@specs_group.command(examples=[
    'handoff spec new "A till prints receipts with totals and discounts."',
    "handoff spec new --file idea.md --budget-usd 5",
    "handoff spec new --import feature_list.json --no-session",
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
@launch_options
@click.option("--budget-usd", type=click.FloatRange(0.01), default=None, metavar="USD",
              help="Spending limit of all its sessions.")  # fmt: skip
@click.option("--max-turns", type=click.IntRange(1), default=None, metavar="N",
              help="Turn limit of each session.")  # fmt: skip
@JSON
def new(text: str, path: str, imported: str, no_session: bool, here: bool, as_json: bool,
        **options: Any) -> None:  # fmt: skip
    """Have a session write a spec with failing tests.

    It works headless in a worktree of its own, on the branch handoff/ID. Code checks what it wrote
    and commits the spec and its tests; up to two more sessions fix what is wrong. Nothing is built
    before you accept it.
    """
    from handoff.specs import new_spec

    if no_session and not imported:
        raise click.UsageError("--no-session needs --import: a session writes the features.")
    if here and no_session:
        raise click.UsageError("Use either --here or --no-session.")
    if in_session() and not (here or no_session):
        raise HandoffError(
            "A session writes a spec itself.",
            "Use --here in a session, or run this in a terminal of your own.",
        )
    wish = new_spec.read_wish(_read_text(text, path, needs_stdin=here), imported)
    runtime = current_runtime()
    spec, place = new_spec.prepare(wish, place_here(), runtime, here=here, by_model=in_session())
    if here:
        _say_prepared(spec, new_spec.describe_format(spec.id, spec.root, runtime), as_json=as_json)
    elif no_session:
        from handoff.specs import publish

        say_sound(publish.check(spec.id, place, runtime), as_json=as_json)
    else:
        from handoff.cli.views import progress as progress_view
        from handoff.specs import plan_session

        say(f"handoff: the spec {spec.id} is written in {spec.root}", err=True)
        with progress_view.StatusLine(quiet=as_json) as line:
            show = None if line.is_off else lambda progress: line.show(spec.id[-4:], progress)
            tell = line.above(lambda note: say(f"handoff: {note}", err=True))
            planned = plan_session.write(spec, wish, place, runtime, asked(options), tell, show)
        _say_planned(planned, as_json=as_json)


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


def _say_planned(planned: Planned, *, as_json: bool) -> None:
    checked, last = planned.checked, planned.sessions[-1]
    if last.problem and not checked.committed:
        say(f"handoff: the session: {last.problem}", err=True)
    if not as_json:
        count = count_of(len(planned.sessions), "session")
        say(f"handoff: {count}, ${planned.cost_usd:.4f}.", err=True)
    if planned.others:
        named = ", ".join(planned.others[:_SHOWN])
        say(f"handoff: left uncommitted in {checked.root}: {named}", err=True)
    if planned.is_stopped:
        say(f"{checked.id} is as the session left it, in {os.path.join(checked.root, '.handoff')}."
            f" To see what is missing: handoff spec check {checked.id}", err=True)  # fmt: skip
        sys.exit(last.code)
    say_sound(checked, as_json=as_json)
    if checked.committed is None:
        sys.exit(EXIT_USER_ERROR)
