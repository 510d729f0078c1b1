"""The commands of specs that need no session: spec list, show, check, edit, drop, export."""

from __future__ import annotations

import os
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from handoff.base.errors import EXIT_USER_ERROR, HandoffError
from handoff.base.wording import count_of
from handoff.cli.complete_ids import complete_specs
from handoff.cli.console import (
    JSON,
    cli,
    current_runtime,
    in_session,
    place_here,
    print_json,
    say,
)

if TYPE_CHECKING:
    from handoff.git.commit_result import Committed
    from handoff.specs.model import Spec
    from handoff.specs.publish import CheckedSpec


def _named(_: click.Context, parameter: click.Parameter, given: str) -> str:
    """What names a spec. An empty text, as of an unset variable, is part of every ID."""
    if not given.strip():
        raise click.BadParameter("it is empty. `handoff spec list` shows the IDs.", param=parameter)
    return given


SPEC_ID = click.argument("spec_id", metavar="ID", callback=_named, shell_complete=complete_specs)


@cli.group(name="spec", examples=["handoff spec list", "handoff spec show 77c1"])
def specs_group() -> None:
    """Describe what is to be built, feature by feature."""


@specs_group.command(name="list", examples=["handoff spec list", "handoff spec list --json"])
@JSON
def list_specs(as_json: bool) -> None:
    """List the specs of this repository, in all worktrees."""
    from handoff.build import spec_report
    from handoff.cli.views import specs as specs_view

    rows, problems = spec_report.list_rows(place_here(), current_runtime())
    if as_json:
        print_json({"specs": [asdict(row) for row in rows], "problems": problems})
        return
    if rows:
        specs_view.show_list(rows)
    elif not problems:
        say('No specs here. To begin one: handoff spec new "what is to be built"', err=True)
    for problem in problems:
        say(f"handoff: {problem}", err=True)


@specs_group.command(examples=["handoff spec show 77c1", "handoff spec show 77c1 --json"])
@SPEC_ID
@JSON
def show(spec_id: str, as_json: bool) -> None:
    """Show a spec: its features, and what is run.

    The states are those of its build on this machine; without one, those in state.json.
    """
    from handoff.build import spec_report
    from handoff.cli.views import specs as specs_view
    from handoff.specs import spec_folder

    report = spec_report.describe(spec_folder.find(spec_id, place_here()), current_runtime())
    if as_json:
        print_json(report.as_json())
    else:
        specs_view.show(report)


@specs_group.command(examples=["handoff spec check 77c1"])
@SPEC_ID
@JSON
def check(spec_id: str, as_json: bool) -> None:
    """Look for mistakes in a spec, and commit it.

    All mistakes are named, with exit code 1. A spec without any is committed, with the files that
    its verify targets name and nothing else. Nothing of it is run.
    """
    from handoff.specs import publish

    say_sound(publish.check(spec_id, place_here(), current_runtime()), as_json=as_json)


@specs_group.command(examples=["handoff spec edit 77c1"])
@SPEC_ID
@JSON
def edit(spec_id: str, as_json: bool) -> None:
    """Edit a spec in $EDITOR, and commit it.

    spec.md is opened first, then features.json. A text with mistakes can be edited again; until it
    has none, the spec stays as it is and your text is kept.

    A feature whose id, steps and verify stay the same keeps its state; others are open again. The
    spec has to be accepted again.
    """
    from handoff.cli import spec_edit

    runtime, place = current_runtime(), place_here()
    result = spec_edit.run(spec_id, runtime, place)
    if as_json:
        print_json({"id": result.id, "commit": result.commit, "reopened": list(result.reopened)})
    elif not result.commit:
        say(f"{result.id} is unchanged.")
    else:
        say(f"Edited {result.id}, {result.where}.")
        if result.reopened:
            say(f"  Open again: {', '.join(result.reopened)}")
        say(f"  To undo: git -C {result.root} revert {result.commit[:9]}")
        say(f"  It has to be accepted again: handoff spec accept {result.id}")


@specs_group.command(examples=[
    "handoff spec drop 77c1",
    "handoff spec drop 77c1 --feature dark-mode",
    "handoff spec drop 77c1 --feature dark-mode --undo",
])  # fmt: skip
@SPEC_ID
@click.option("--feature", default="", metavar="ID",
              help="Drop only this feature: it is not built, and not counted.")  # fmt: skip
@click.option("--undo", is_flag=True, help="Reopen a dropped feature.")
@JSON
def drop(spec_id: str, feature: str, undo: bool, as_json: bool) -> None:
    """Delete a spec, or drop one of its features.

    A spec's folder is deleted in one commit. The journal of its build and your consent to it are
    deleted too. What git does not have is copied to the trash first. Its worktree and branch stay.
    """
    if undo and not feature:
        raise click.UsageError("--undo is used with --feature.")
    from handoff.build import drop_spec, spec_states
    from handoff.build.journal import lock_build
    from handoff.specs import publish, spec_folder

    runtime, place = current_runtime(), place_here()
    root, whole_id = spec_folder.locate(spec_id, place)
    with lock_build(runtime.home, whole_id):
        if feature:
            _refuse_in_session(whole_id)
            spec = spec_folder.read(root, whole_id)
            checkout = publish.checkout_at(root, place)
            committed = spec_states.set_dropped(
                spec, feature, checkout, runtime.home, dropped=not undo
            )
        else:
            dropped = drop_spec.drop(root, whole_id, publish.checkout_at(root, place), runtime.home)
    if feature:
        _say_feature(whole_id, feature, committed, undo=undo, as_json=as_json)
    elif as_json:
        print_json(asdict(dropped))
    else:
        say("\n".join(dropped.lines(root)))


@specs_group.command(examples=["handoff spec export 77c1 --to ../till"])
@SPEC_ID
@click.option("--to", "folder", required=True, metavar="DIR",
              type=click.Path(file_okay=False), help="Directory for the files.")  # fmt: skip
@click.option("--force", is_flag=True, help="Overwrite files that are there.")
@JSON
def export(spec_id: str, folder: str, force: bool, as_json: bool) -> None:
    """Write a spec as the files of Anthropic's quickstart.

    These are feature_list.json, claude-progress.txt and init.sh. `passes` is true for the features
    that code has verified.
    """
    from handoff.build import spec_states
    from handoff.specs import export_folder, quickstart, spec_folder

    runtime = current_runtime()
    spec = spec_folder.find(spec_id, place_here())
    states = spec_states.read(spec, runtime.home).features
    files = quickstart.export_files(spec, states, export_folder.read_progress(spec))
    paths = export_folder.write(folder, files, force=force)
    if as_json:
        print_json({"id": spec.id, "files": paths})
    else:
        say(f"Exported {spec.id}:")
        for path in paths:
            say(f"  {path}")


def say_sound(checked: CheckedSpec, *, as_json: bool) -> None:
    """Say what is wrong with a spec, and end with exit code 1; or its commit, and what is run."""
    if as_json:
        print_json({
            "id": checked.id, "root": checked.root, "problems": list(checked.problems),
            "missing": list(checked.missing), "uncommitted": list(checked.uncommitted),
            "commit": checked.committed.sha if checked.committed else "",
        })  # fmt: skip
    if checked.spec is None or checked.committed is None:
        for problem in () if as_json else checked.problems:
            say(problem)
        say(f"{checked.id} has {count_of(len(checked.problems), 'problem')}. Nothing was "
            f"committed. Its files: {os.path.join(checked.root, '.handoff/specs', checked.id)}",
            err=True)  # fmt: skip
        sys.exit(EXIT_USER_ERROR)
    if as_json:
        return
    state = checked.committed.describe() if checked.is_new else "already committed as it is"
    say(f"{checked.id}: {state}.")
    say_what_runs(checked.spec, checked)


def say_what_runs(spec: Spec, checked: CheckedSpec) -> None:
    """Say what of a sound spec can only be claimed, what is run of it, and what comes next."""
    from handoff.build import spec_report
    from handoff.cli.views import specs as specs_view

    for line in _what_is_unproven(checked):
        say(f"  {line}")
    report = spec_report.describe(spec, current_runtime())
    say("This will be run once you accept it:")
    for line in specs_view.command_lines(report, None):
        say(line)
    say(f"  To accept it: handoff spec accept {checked.id}")


def _what_is_unproven(checked: CheckedSpec) -> list[str]:
    """What can only be claimed as the spec is now, in sentences."""
    listed = checked.spec.features if checked.spec else ()
    without = sum(feature.verify is None for feature in listed)
    found = []
    if without:
        found.append(f"Without a verify, these can only be claimed: {count_of(without, 'feature')}")
    if checked.missing:
        found.append(f"Tests that do not exist yet: {', '.join(checked.missing)}")
    if checked.uncommitted:
        names = ", ".join(checked.uncommitted[:5]) + (", …" if len(checked.uncommitted) > 5 else "")
        found.append(f"Commit these yourself, or a build does not have them: {names}")
    return found


def _refuse_in_session(spec_id: str) -> None:
    if in_session():
        raise HandoffError(
            "Only a person can drop a feature: a session could drop what it fails to build.",
            f"In a terminal of your own: handoff spec drop {spec_id} --feature ID",
        )


def _say_feature(
    spec_id: str, feature: str, committed: Committed, *, undo: bool, as_json: bool
) -> None:
    if as_json:
        print_json({"id": spec_id, "feature": feature, "dropped": not undo,
                    "commit": committed.sha})  # fmt: skip
        return
    say(f"{'Reopened' if undo else 'Dropped'} {feature}, {committed.describe()}.")
    if not undo:
        say(f"  To undo: handoff spec drop {spec_id} --feature {feature} --undo")
