"""The commands that keep briefs in order: commit, drop, prune, verify."""

from __future__ import annotations

import math
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from handoff.base.errors import EXIT_USER_ERROR
from handoff.base.wording import count_of
from handoff.cli.console import (
    BRIEF_ID,
    BRIEF_IDS,
    BRIEF_IDS_OR_ALL,
    JSON,
    cli,
    current_runtime,
    place_here,
    print_json,
    say,
)

if TYPE_CHECKING:
    from handoff.loops.verification import CommandRun, VerifyRequest
    from handoff.maintenance.prune import PrunePlan


@cli.command(examples=["handoff commit", "handoff commit 9f3a", "handoff commit --edit 9f3a"])
@BRIEF_IDS_OR_ALL
@click.option("--edit", is_flag=True, help="Open a draft in $EDITOR first, then commit it.")
@JSON
def commit(brief_ids: tuple[str, ...], edit: bool, as_json: bool) -> None:
    """Put on the branch what is kept at refs/handoff/, or not committed. Without ID: all of it.

    Each brief is a commit of its own; `git revert` undoes it. A ref is deleted once the branch, or
    its history, has what it holds. A brief that this machine did not write is committed only if you
    name it. Exit code 1 if one could not be put there.
    """
    if edit:
        _edit_draft(brief_ids, as_json=as_json)
        return
    from handoff.maintenance import commit as maintenance_commit

    results = maintenance_commit.commit_briefs(brief_ids, current_runtime(), place_here())
    if as_json:
        print_json([asdict(item) for item in results])
    elif not results:
        click.echo("Every brief here is on the branch already.", err=True)
    else:
        for item in results:
            say(item.describe())
    if any(item.failed for item in results):
        sys.exit(EXIT_USER_ERROR)


def _edit_draft(brief_ids: tuple[str, ...], *, as_json: bool) -> None:
    from handoff.authoring import review
    from handoff.cli.briefs import say_written

    if len(brief_ids) != 1:
        raise click.UsageError("--edit takes the ID of one draft. `handoff list` shows drafts.")
    say_written(review.edit(brief_ids[0], current_runtime(), place_here()), as_json)


@cli.command()
@BRIEF_IDS
@click.option("--force", is_flag=True, help="Also if a session has it.")
@JSON
def drop(brief_ids: tuple[str, ...], force: bool, as_json: bool) -> None:
    """Drop open briefs or drafts without an outcome, in one commit, and say how to undo it.

    What git does not have is copied to the state directory's trash first, and stays there for 90
    days or longer.
    """
    from handoff.maintenance import drop as maintenance_drop

    dropped = maintenance_drop.drop_briefs(brief_ids, current_runtime(), place_here(), force=force)
    if as_json:
        print_json([asdict(item) for item in dropped])
        return
    for item in dropped:
        say(item.describe())


@cli.command()
@click.option("--older-than", "age", default="30d", show_default=True, metavar="AGE",
              help="Finished briefs and refs of this age: 30d, 6w.")  # fmt: skip
@click.option("--keep", type=click.IntRange(0), default=0, metavar="N",
              help="The N newest finished briefs stay, whatever their age.")  # fmt: skip
@click.option("--yes", is_flag=True, help="Do it. Without this, it is only said.")
@click.option("--dry-run", is_flag=True, help="Only say it, also with --yes.")
@JSON
def prune(age: str, keep: int, yes: bool, dry_run: bool, as_json: bool) -> None:
    """Remove what is past: old finished briefs, refs and state files of no use.

    Without --yes it only says what would go, because it commits to your branch and deletes refs.
    Finished briefs leave the work tree in one commit, which `git revert` undoes; git's history
    keeps them. Only what the branch has goes. Refs under refs/handoff/ go once the branch has what
    they hold, or when they are old and their brief is not open; what only they hold is copied to
    the trash. Claims, states of sessions that are over and trash go after 90 days.
    """
    from handoff.maintenance import prune as maintenance_prune

    runtime, place = current_runtime(), place_here()
    past = maintenance_prune.find_past(runtime, place, maintenance_prune.parse_age(age), keep)
    if dry_run or not yes:
        _say_past(past, age.strip(), keep, as_json=as_json)
        return
    done = maintenance_prune.remove_past(past, runtime, place)
    if as_json:
        print_json(asdict(done))
        return
    say(done.describe())
    if past.uncommitted:
        say(_uncommitted(past), err=True)


def _finite(_: click.Context, parameter: click.Parameter, given: float) -> float:
    """A number of seconds, which `nan` and `inf` are not, though no range leaves them out."""
    if not math.isfinite(given):
        raise click.BadParameter(f"{given} is no number of seconds.", param=parameter)
    return given


@cli.command()
@BRIEF_ID
@click.option("--seconds", type=click.FloatRange(0.1), default=600.0, show_default=True,
              callback=_finite,
              help="How long each command may take.")  # fmt: skip
@click.option(
    "--yes", is_flag=True, help="Do not ask (at a terminal only, for one from elsewhere)."
)
@JSON
def verify(brief_id: str, seconds: float, yes: bool, as_json: bool) -> None:
    """Show a brief's verify commands and run them, in a shell at the root of the repository.

    Nothing else runs them but `handoff relay`, with your word. Those of a brief that this machine
    did not write, or that was changed, run only after you have typed yes at a terminal, and never
    in a session's shell. They may do
    anything that you may, and there is no undoing that. Exit code 0 only if all of them pass.
    """
    from handoff.loops import verification

    runtime = current_runtime()
    wanted = verification.find_commands(brief_id, runtime, place_here())
    verification.check_consent(
        wanted, runtime, at_terminal=sys.stdin.isatty() and sys.stderr.isatty()
    )
    _show_commands(wanted)
    if not wanted.own and not yes:
        _ask(wanted)
    runs: list[CommandRun] = []
    for number, command in enumerate(wanted.commands, 1):
        say(f"[{number}/{len(wanted.commands)}] {command}", err=True)
        ran = verification.run(
            command, wanted, seconds, runtime, lambda line: say(line, err=as_json)
        )
        say(f"    {ran.describe()}", err=True)
        runs.append(ran)
    passed = sum(ran.passed for ran in runs)
    if as_json:
        ran_all = [{**asdict(ran), "passed": ran.passed} for ran in runs]
        print_json({"id": wanted.id, "own": wanted.own, "passed": passed, "commands": ran_all})
    else:
        say(f"{wanted.id}: {passed} of {len(runs)} passed.")
    if passed < len(runs):
        sys.exit(EXIT_USER_ERROR)


def _show_commands(wanted: VerifyRequest) -> None:
    origin = (
        ""
        if wanted.own
        else ", which was NOT written on this machine for this repository, or changed since,"
    )
    say(f"{wanted.id}{origin} asks to run in {wanted.root}:", err=True)
    for command in wanted.commands:
        say("\n".join(f"    {line}" for line in command.splitlines()), err=True)


def _ask(wanted: VerifyRequest) -> None:
    """Go on only after a typed yes."""
    count = len(wanted.commands)
    question = f"Run {'it' if count == 1 else f'these {count} commands'} as you? Type yes"
    if click.prompt(question, default="no", show_default=False, err=True).strip() != "yes":
        raise click.Abort


def _say_past(past: PrunePlan, age: str, keep: int, *, as_json: bool) -> None:
    briefs = sorted(past.briefs)
    refs = [ref.ref for ref in past.refs]
    if as_json:
        print_json({"briefs": briefs, "refs": refs, "files": past.files,
                    "uncommitted": past.uncommitted})  # fmt: skip
        return
    for name in (*briefs, *refs, *past.files):
        say(f"  {name}")
    if past.uncommitted:
        say(_uncommitted(past), err=True)
    if past.is_empty:
        click.echo("There is nothing to prune.", err=True)
        return
    command = f"handoff prune --older-than {age}{f' --keep {keep}' if keep else ''} --yes"
    say(f"{past.describe()} would go, nothing was changed yet: {command}", err=True)


def _uncommitted(past: PrunePlan) -> str:
    count = len(past.uncommitted)
    stay = "stays" if count == 1 else "stay"
    briefs = count_of(count, "finished brief")
    return f"{briefs} {stay}: git does not have it as it is. First: handoff commit"
