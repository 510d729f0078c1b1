"""The command with which a person accepts a spec, and nobody else can."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from handoff.base import plain_text
from handoff.base.errors import HandoffError
from handoff.base.wording import count_of
from handoff.cli.console import current_runtime, in_session, place_here, say
from handoff.cli.specs import SPEC_ID, specs_group

if TYPE_CHECKING:
    from handoff.runtime import Runtime
    from handoff.specs.model import Spec
    from handoff.store.places import Place


@specs_group.command(examples=["handoff spec accept 77c1"])
@SPEC_ID
@click.option("--yes", is_flag=True, help="Do not ask.")
def accept(spec_id: str, yes: bool) -> None:
    """Accept a spec, so that it can be built.

    Shows every command that a build runs and the files that it keeps as they are, and asks. Then
    each verify command is run once: it must fail before the work, or it proves nothing. Only a
    person can accept: in a session's shell this command is refused.
    """
    from handoff.specs import acceptance

    runtime, place = current_runtime(), place_here()
    if in_session():
        raise HandoffError(
            "Only a person can accept a spec. Nothing was run.",
            f"Run it in a terminal outside any session: handoff spec accept {spec_id}",
        )
    spec, own, base = _find(spec_id, place, runtime)
    _refuse(spec)
    _show(spec, own)
    if not yes:
        _ask()
    accepted = acceptance.accept(spec, own, runtime, lambda line: say(f"  {line}"), base=base)
    proving = sum(accepted.proves(feature) for feature in spec.features)
    say(
        f"Accepted {spec.id} at {accepted.commit[:10]}: {proving} of "
        f"{count_of(len(spec.features), 'feature')} can be verified."
    )
    say(f"  To build it: handoff build {spec.id}")


def _find(spec_id: str, place: Place, runtime: Runtime) -> tuple[Spec, Place, str]:
    """The spec, the worktree that it is accepted in, and the commit that its build began at."""
    from handoff.build import journal as journals
    from handoff.specs import spec_folder
    from handoff.store import places

    spec = spec_folder.find(spec_id, place)
    journal = journals.load(runtime.home, spec.id)
    if journal is None or not os.path.isdir(journal.directory):
        return spec, places.locate_near(place, spec.root), ""
    with journals.lock_build(runtime.home, spec.id):  # not while its build runs
        spec = spec_folder.read(journal.directory, spec.id)
    return spec, places.locate(journal.directory), journal.base


def _refuse(spec: Spec) -> None:
    """Raise HandoffError for what cannot be shown as it is, or must not be run at all."""
    from handoff.specs import lint, run

    problems = lint.find_problems(spec)
    if problems:
        raise HandoffError(
            f"{spec.id} has {count_of(len(problems), 'problem')}: {problems[0]}",
            f"All of them: handoff spec check {spec.id}",
        )
    shown = [*spec.runners.values(), spec.start, spec.ready, spec.smoke, *spec.frozen, *spec.env]
    shown += [feature.verify.target for feature in spec.features if feature.verify]
    for text in shown:
        if plain_text.printable(text) != text:
            raise HandoffError(
                f"{spec.id} has a command with invisible characters: "
                f"{plain_text.one_line(text, 120)}. Nothing was run.",
                f"Remove them: handoff spec edit {spec.id}",
            )
    refused = [name for name in spec.env if run.is_refused(name)]
    if refused:
        raise HandoffError(
            f"`env` in spec.md names {', '.join(refused)}, which a command never gets.",
            f"Remove it: handoff spec edit {spec.id}",
        )


def _show(spec: Spec, place: Place) -> None:
    """Everything that is run, and everything that is frozen, before the question."""
    from handoff.specs import acceptance, run

    checkout = place.need_checkout("cannot hold a spec", "Run `git init` there first.")
    commit = acceptance.find_commit(spec, checkout)
    _, files = acceptance.find_frozen(spec, checkout, commit)
    say(f"{spec.id}: {spec.title}")
    say("A build runs these commands in a shell, in a worktree of its own:")
    for name, command in (("start", spec.start), ("ready", spec.ready), ("smoke", spec.smoke)):
        if command:
            say(f"    {name}: {command}")
    for feature in spec.features:
        how = run.command_of(feature, spec) if feature.verify else "nothing verifies it"
        say(f"    {feature.id}: {how}")
    if spec.env:
        say(f"They see these variables besides the usual ones: {', '.join(spec.env)}")
    say(f"Frozen as they are now, whatever a session does: {count_of(len(files), 'file')}")
    if spec.frozen:
        say(f"    by `frozen` in spec.md: {', '.join(spec.frozen)}")
    for path in [*files][:20]:
        say(f"    {path}")
    if len(files) > 20:
        say(f"    and {len(files) - 20} more")


def _ask() -> None:
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise HandoffError(
            "Accepting a spec needs your consent, but there is no terminal to ask in.",
            "Check the commands above, then add --yes.",
        )
    question = "Run these commands, and take these tests as proof? Type yes"
    if click.prompt(question, default="no", show_default=False, err=True).strip() != "yes":
        raise click.Abort
