"""The commands that reach a remote, and only when told to: claim, push."""

from __future__ import annotations

import os
import sys
from dataclasses import asdict

import click

from handoff.base.errors import EXIT_USER_ERROR
from handoff.cli.console import (
    JSON,
    OPTIONAL_BRIEF_ID,
    SESSION,
    cli,
    current_runtime,
    place_here,
    print_json,
    say,
)
from handoff.cli.options import FORCE


@cli.command(examples=[
    "handoff claim 9f3a",
    "handoff claim 9f3a --remote origin",
    "handoff claim 9f3a --release --remote",
    "handoff claim --list --remote",
])  # fmt: skip
@OPTIONAL_BRIEF_ID
@click.option("--remote", is_flag=False, flag_value="", default=None, metavar="[NAME]",
              help="Also on a remote, for everyone who uses it.")  # fmt: skip
@click.option("--release", "releasing", is_flag=True, help="Release the brief instead.")
@click.option("--list", "listing", is_flag=True, help="List who has claimed what instead.")
@FORCE
@SESSION
@JSON
def claim(
    brief_id: str,
    remote: str | None,
    releasing: bool,
    listing: bool,
    force: bool,
    session: str,
    as_json: bool,
) -> None:
    """Claim a brief, so that no other session gets it.

    With --remote no session on another machine gets it either: a commit at refs/handoff/claims/ID
    on the remote says who has it (the name in your git configuration), since when, until when, and
    in which session. --force is used with --release.
    """
    from handoff.authoring import gather
    from handoff.cli.views import briefs as briefs_view
    from handoff.maintenance import claim as maintenance_claim
    from handoff.store import places

    runtime = current_runtime()
    if listing:
        if brief_id or releasing:
            raise click.UsageError(
                "--list cannot be used with an ID or --release. To name a remote: --remote NAME"
            )
        held = maintenance_claim.list_claims(runtime, place_here(), remote)
        if as_json:
            print_json([asdict(item) for item in held])
        elif held:
            briefs_view.show_claims(held)
        else:
            say("No brief is claimed.", err=True)
        return
    if not brief_id:
        raise click.UsageError("Name the brief first: handoff claim ID --remote [NAME]")
    session_id = gather.current_session(runtime, session)
    if releasing:
        owner = None if force else session_id
        freed = maintenance_claim.release(brief_id, runtime, place_here(), remote, only_of=owner)
        print_json({"id": freed, "released": True}) if as_json else say(f"Released {freed}.")
        return
    place = places.session_place(runtime, session_id, os.getcwd())
    held = maintenance_claim.claim(brief_id, session_id, runtime, place, remote)
    if as_json:
        print_json([asdict(item) for item in held])
        return
    for item in held:
        say(f"Claimed {item}")
    where = f" --remote {held[-1].remote}" if held[-1].remote else ""
    say(f"  To release it: handoff claim {held[0].id} --release{where}")


@cli.command(examples=["handoff push", "handoff push origin --dry-run"])
@click.argument("remote", metavar="[REMOTE]", default="")
@click.option("--with-commits", is_flag=True,
              help="Push the branch even if it has other commits too.")  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Show what would be pushed; push nothing.")
@JSON
def push(remote: str, with_commits: bool, dry_run: bool, as_json: bool) -> None:
    """Push the commits of briefs.

    Pushes the refs under refs/handoff/, and the current branch if its unpushed commits are all
    briefs. Never by force; your pre-push hook runs, as with `git push`. Exit code 1 if something
    was held back or refused.
    """
    from handoff.maintenance import push as maintenance_push

    report = maintenance_push.push(place_here(), remote, with_commits=with_commits, dry_run=dry_run)
    if as_json:
        print_json(asdict(report))
    else:
        say("\n".join(report.lines()))
    if not report.is_complete:
        sys.exit(EXIT_USER_ERROR)
