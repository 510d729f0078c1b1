"""The verb `trust`: a person looks at an untrusted brief, and allows it or not."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from handoff.base.errors import HandoffError
from handoff.cli.console import BRIEF_ID, cli, current_runtime, place_here, say
from handoff.client import hook_io

if TYPE_CHECKING:
    from handoff.runtime import Runtime
    from handoff.store import brief_files
    from handoff.store.places import Place


_PROMPTS = "prompts/"


@cli.command()
@BRIEF_ID
@click.option(
    "--diff", "only_diff", is_flag=True, help="Print what was changed in it; ask nothing."
)
@click.option("--yes", is_flag=True, help="Ask nothing after it is shown.")
@click.option("--revoke", is_flag=True, help="Take your consent back.")
def trust(brief_id: str, *, only_diff: bool, yes: bool, revoke: bool) -> None:
    """Show an untrusted brief whole, and let sessions here be given exactly these bytes, as data.

    prompts/NAME.md in place of ID: a text of this repository's .handoff/prompts that models here
    are to be given instead of the built-in one.

    A person does this at a terminal; a session cannot. One changed byte ends it.
    """
    if brief_id.startswith(_PROMPTS):
        if only_diff:
            raise click.UsageError("--diff is for briefs.")
        _trust_prompt(brief_id.removeprefix(_PROMPTS), yes=yes, revoke=revoke)
        return
    from handoff.store import brief_files
    from handoff.store import trust as store_trust

    runtime = current_runtime()
    place = place_here()
    stored = brief_files.find(place.root, brief_id, (brief_files.OPEN, brief_files.DONE))
    if only_diff:
        say(store_trust.diff_brief(stored, place, runtime))
        return
    if stored.brief is None:
        raise HandoffError(stored.problem, "It cannot be allowed before it can be read.")
    origin = store_trust.TrustCheck(place, runtime).classify(stored)
    if revoke:
        if origin.kind != "allowed":
            raise HandoffError(f"There is no consent to {stored.brief.id}.")
        store_trust.record_consent(stored, place, runtime, given=False)
        say(f"{stored.brief.id} is given to no session any more.")
        return
    if origin.is_trusted:
        say(f"{stored.brief.id} is {origin.label}: it needs no consent.")
        return
    name = stored.brief.id
    _need_person(
        runtime,
        "allow a brief",
        f"In a session they type /handoff:pickup {name}, in a terminal: ",
        name,
    )
    say(f"{stored.brief.id} was {origin.label}. Its text, quoted:\n")
    say(store_trust.fence_text(stored, place))
    if origin.kind == "changed":
        say(f"\n{_changes(stored, place, runtime)}")
    if origin.kind == "allowed":
        say("\nYou have allowed these bytes already; --revoke takes that back.")
        return
    if not yes and not click.confirm("\nMay sessions here be given this, as data?", default=False):
        say("Nothing was changed.")
        return
    store_trust.record_consent(stored, place, runtime)
    say(f"Allowed. A session that starts here may be offered {stored.brief.id}, fenced as data.")


def _need_person(runtime: Runtime, what: str, where: str, name: str) -> None:
    """Raise HandoffError unless a person is at a terminal, outside any session, to do `what`."""
    if hook_io.current_session(runtime.env) or not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise HandoffError(
            f"Only a person can {what}, at a terminal that is not a session's.",
            f"{where}handoff trust {name}",
        )


def _trust_prompt(file: str, *, yes: bool, revoke: bool) -> None:
    """Show a text of the repository's, and let it count from now on, or (`revoke`) no more."""
    from handoff.base import plain_text, quoting
    from handoff.prompts import texts
    from handoff.runtime import find_root
    from handoff.store import trusted_prompts

    runtime, root, name = current_runtime(), find_root(os.getcwd()), file.removesuffix(texts.SUFFIX)
    folder = os.path.join(root, trusted_prompts.TEAM_FOLDER)
    if name not in texts.names():
        raise HandoffError(
            f"There is no prompt {plain_text.one_line(file, 80)}.",
            "docs/configuration.md lists them.",
        )
    path, shown = os.path.join(folder, name + texts.SUFFIX), f"{_PROMPTS}{name}{texts.SUFFIX}"
    raw = texts.read_override(folder, name)
    if raw is None:
        raise HandoffError(f"There is no {path}.", "`handoff doctor` lists what there is.")
    is_trusted = trusted_prompts.is_consented(name, raw, root, runtime)
    if revoke:
        if not is_trusted:
            raise HandoffError(f"There is no consent to {shown}.")
        trusted_prompts.record_consent(name, raw, root, runtime, given=False)
        say(f"{shown} does not count any more.")
        return
    _need_person(runtime, "trust a prompt", "In a terminal: ", shown)
    texts.check(raw, path, texts.fields_of(name))
    say(f"{path}, quoted:\n")
    say(quoting.quotation(raw.decode("utf-8"), "| "))
    if is_trusted:
        say("\nYou have trusted these bytes already; --revoke takes that back.")
        return
    question = "\nMay models here be given this, as handoff's own words?"
    if not yes and not click.confirm(question, default=False):
        say("Nothing was changed.")
        return
    trusted_prompts.record_consent(name, raw, root, runtime)
    say(f"Trusted, until a byte of it changes: {shown}")


def _changes(stored: brief_files.StoredBrief, place: Place, runtime: Runtime) -> str:
    from handoff.store import trust as store_trust

    try:
        return f"What was changed in it:\n\n{store_trust.diff_brief(stored, place, runtime)}"
    except HandoffError as error:
        return error.what
