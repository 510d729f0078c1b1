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
from handoff.cli.options import FORCE

if TYPE_CHECKING:
    from handoff.loops.verification import CommandRun, VerifyRequest
    from handoff.maintenance.prune import PrunePlan


@cli.command(examples=["handoff commit", "handoff commit 9f3a", "handoff commit --edit 9f3a"])
@BRIEF_IDS_OR_ALL
@click.option("--edit", is_flag=True, help="Open a draft in $EDITOR first, then commit it.")
@JSON
def commit(brief_ids: tuple[str, ...], edit: bool, as_json: bool) -> None:
    """Commit briefs that are not on the branch yet.

    These are briefs that are uncommitted, or kept only under refs/handoff/. Without ID: all of
    them, except those that this machine did not write. Each brief is a commit of its own, which
    `git revert` undoes. A ref is deleted once its brief is on the branch. Exit code 1 if a brief
    could not be committed.
    """
    if edit:
        _edit_draft(brief_ids, as_json=as_json)
        return
    from handoff.maintenance import commit as maintenance_commit

    results = maintenance_commit.commit_briefs(brief_ids, current_runtime(), place_here())
    if as_json:
        print_json([asdict(item) for item in results])
    elif not results:
        click.echo("Nothing to commit: every brief is on the branch.", err=True)
    else:
        for item in results:
            say(item.describe())
    if any(item.failed for item in results):
        sys.exit(EXIT_USER_ERROR)


def _edit_draft(brief_ids: tuple[str, ...], *, as_json: bool) -> None:
    from handoff.authoring import review
    from handoff.cli.briefs import say_written

    if len(brief_ids) != 1:
        raise click.UsageError("--edit takes the ID of one draft; `handoff list` shows them.")
    say_written(review.edit(brief_ids[0], current_runtime(), place_here()), as_json)


@cli.command(examples=["handoff drop 9f3a", "handoff drop 9f3a 77c1"])
@BRIEF_IDS
@FORCE
@JSON
def drop(brief_ids: tuple[str, ...], force: bool, as_json: bool) -> None:
    """Delete open briefs or drafts, without an outcome.

    They are deleted in one commit, and the command that undoes it is printed. What git does not
    have is copied to the trash in the state directory first, and stays there for at least 90 days.
    """
    from handoff.maintenance import drop as maintenance_drop

    dropped = maintenance_drop.drop_briefs(brief_ids, current_runtime(), place_here(), force=force)
    if as_json:
        print_json([asdict(item) for item in dropped])
        return
    for item in dropped:
        say(item.describe())


@cli.command(examples=["handoff prune", "handoff prune --older-than 6w --keep 20 --yes"])
@click.option("--older-than", "age", default="30d", show_default=True, metavar="AGE",
              help="Minimum age of finished briefs and refs, such as 30d or 6w.")  # fmt: skip
@click.option("--keep", type=click.IntRange(0), default=0, metavar="N",
              help="Keep the N newest finished briefs, whatever their age.")  # fmt: skip
@click.option("--yes", is_flag=True, help="Do not ask before deleting.")
@click.option("--dry-run", is_flag=True, help="Show what would be deleted; delete nothing.")
@JSON
def prune(age: str, keep: int, yes: bool, dry_run: bool, as_json: bool) -> None:
    """Delete old finished briefs, refs and state files.

    It lists what it would delete and asks; without a terminal, nothing is deleted unless --yes is
    given.

    Finished briefs are deleted in one commit, which `git revert` undoes, and only if they are
    committed as they are now. Refs under refs/handoff/ are deleted once their brief is on the
    branch, or when they are old and their brief is not open; a brief that exists only there is
    copied to the trash first. Old refs under refs/handoff/wip/, which keep what the sessions of a
    build left uncommitted, are deleted too.
    Claims, the state of ended sessions, and the trash itself are deleted after 90 days.
    """
    from handoff.maintenance import prune as maintenance_prune

    runtime, place = current_runtime(), place_here()
    past = maintenance_prune.find_past(runtime, place, maintenance_prune.parse_age(age), keep)
    if dry_run or not yes:
        _say_past(past, age.strip(), keep, as_json=as_json)
        if dry_run or as_json or past.is_empty or not _is_at_terminal():
            return
        click.confirm("Delete these?", abort=True, err=True)
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
        raise click.BadParameter(f"{given} is not a number of seconds.", param=parameter)
    return given


@cli.command(examples=["handoff verify 9f3a", "handoff verify 9f3a --timeout 60"])
@BRIEF_ID
@click.option("--timeout", type=click.FloatRange(0.1), default=600.0, show_default=True,
              callback=_finite, metavar="SECONDS",
              help="Time limit for each command.")  # fmt: skip
@click.option("--yes", is_flag=True, help="Do not ask, even if the brief is untrusted.")
@JSON
def verify(brief_id: str, timeout: float, yes: bool, as_json: bool) -> None:
    """Run a brief's verify commands.

    They are shown, then run in a shell at the root of the repository, with all your rights; nothing
    undoes what they do. Only this command and `handoff relay` run them. Those of an untrusted brief
    run only at a terminal, after you have typed yes, and never in a session's shell. Exit code 0
    only if all of them pass.

    Test files run as they are now; you are told if they differ from when the brief was written.
    """
    from handoff.loops import frozen_tests, verification
    from handoff.store import recovery

    runtime = current_runtime()
    place = place_here()
    recovery.recover_own(runtime, place.root)
    wanted = verification.find_commands(brief_id, runtime, place)
    verification.check_consent(
        wanted, runtime, at_terminal=sys.stdin.isatty() and sys.stderr.isatty()
    )
    _show_commands(wanted)
    if not wanted.own and not yes:
        _ask(wanted)
    if differing := frozen_tests.describe_differing(wanted.id, place, runtime.home):
        say(differing, err=True)
    runs: list[CommandRun] = []
    for number, command in enumerate(wanted.commands, 1):
        say(f"[{number}/{len(wanted.commands)}] {command}", err=True)
        ran = verification.run(
            command, wanted, timeout, runtime, lambda line: say(line, err=as_json)
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
        "" if wanted.own else " (NOT written on this machine for this repository, or changed since)"
    )
    say(f"The verify commands of {wanted.id}{origin} run in {wanted.root}:", err=True)
    for command in wanted.commands:
        say("\n".join(f"    {line}" for line in command.splitlines()), err=True)


def _ask(wanted: VerifyRequest) -> None:
    """Continue only after a typed yes."""
    count = len(wanted.commands)
    question = f"Run {'this command' if count == 1 else f'these {count} commands'}? Type yes"
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
        click.echo("Nothing to prune.", err=True)
        return
    command = f"handoff prune --older-than {age}{f' --keep {keep}' if keep else ''} --yes"
    say(f"{past.describe()} would be deleted. To delete without asking: {command}", err=True)


def _is_at_terminal() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()


def _uncommitted(past: PrunePlan) -> str:
    count = len(past.uncommitted)
    stay = "stays" if count == 1 else "stay"
    briefs = count_of(count, "finished brief")
    return f"{briefs} {stay}: not committed as it is now. Commit first: handoff commit"
