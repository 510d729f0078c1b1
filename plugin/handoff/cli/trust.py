"""The verb `trust`: a person looks at a brief of others, and lets it in or not."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from handoff.base.errors import HandoffError
from handoff.cli.console import BRIEF_ID, cli, here, place_here, say
from handoff.client import hook_io

if TYPE_CHECKING:
    from handoff.runtime import Here
    from handoff.store import brief_files
    from handoff.store.places import Place


@cli.command()
@BRIEF_ID
@click.option(
    "--diff", "only_diff", is_flag=True, help="Print what was changed in it; ask nothing."
)
@click.option("--yes", is_flag=True, help="Trust it without a question, after it is shown.")
@click.option("--revoke", is_flag=True, help="Take your consent back.")
def trust(brief_id: str, *, only_diff: bool, yes: bool, revoke: bool) -> None:
    """Show a brief of others whole, and let sessions here be given exactly these bytes, as data.

    A person does this at a terminal; a session cannot. One changed byte ends it.
    """
    from handoff.store import brief_files
    from handoff.store import trust as store_trust

    around = here()
    place = place_here()
    stored = brief_files.find(place.root, brief_id, (brief_files.OPEN, brief_files.DONE))
    if only_diff:
        say(store_trust.diff(stored, place, around))
        return
    if stored.brief is None:
        raise HandoffError(stored.problem, "It cannot be trusted before it can be read.")
    standing = store_trust.Judge(place, around).of(stored)
    if revoke:
        if standing.kind != "consented":
            raise HandoffError(f"There is no consent to {stored.brief.id}.")
        store_trust.consent(stored, place, around, given=False)
        say(f"{stored.brief.id} is given to no session any more.")
        return
    if standing.is_own:
        say(f"{stored.brief.id} is {standing.words}: it needs no consent.")
        return
    _need_person(around, stored.brief.id)
    say(f"{stored.brief.id} was {standing.words}. Its text, behind bars:\n")
    say(store_trust.fence(stored, place))
    if standing.kind == "changed":
        say(f"\n{_changes(stored, place, around)}")
    if standing.kind == "consented":
        say("\nYou have trusted these bytes already; --revoke takes that back.")
        return
    if not yes and not click.confirm("\nMay sessions here be given this, as data?", default=False):
        say("Nothing was changed.")
        return
    store_trust.consent(stored, place, around)
    say(f"Trusted. A session that starts here may be offered {stored.brief.id}, fenced as data.")


def _need_person(around: Here, brief_id: str) -> None:
    """Raise HandoffError unless a person is at a terminal, outside any session."""
    if hook_io.current_session(around.env) or not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise HandoffError(
            "Only a person can trust a brief, at a terminal that is not a session's.",
            f"In a session they type /handoff:pickup {brief_id}, in a terminal: "
            f"handoff trust {brief_id}",
        )


def _changes(stored: brief_files.Stored, place: Place, around: Here) -> str:
    from handoff.store import trust as store_trust

    try:
        return f"What was changed in it:\n\n{store_trust.diff(stored, place, around)}"
    except HandoffError as error:
        return error.what
