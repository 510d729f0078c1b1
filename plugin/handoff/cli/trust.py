"""The command `trust`: a person looks at an untrusted brief, and allows it or not."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from handoff.base.errors import HandoffError
from handoff.cli.console import BRIEF_ID, JSON, cli, current_runtime, place_here, print_json, say
from handoff.client import hook_io

if TYPE_CHECKING:
    from handoff.runtime import Runtime
    from handoff.store import brief_files
    from handoff.store.places import Place


_PROMPTS = "prompts/"


@cli.command(examples=["handoff trust 9f3a", "handoff trust --diff 9f3a"])
@BRIEF_ID
@click.option("--diff", "only_diff", is_flag=True,
              help="Print what was changed in one of your briefs; ask nothing.")  # fmt: skip
@click.option("--yes", is_flag=True, help="Do not ask after showing it.")
@click.option("--revoke", is_flag=True, help="Withdraw your consent.")
@JSON
def trust(brief_id: str, *, only_diff: bool, yes: bool, revoke: bool, as_json: bool) -> None:
    """Review an untrusted brief, and allow it as data.

    Shows it whole. If you agree, sessions here may be given exactly this text, marked as data from
    somebody else; any change to the brief ends your consent. It works only at a terminal, outside
    any session.

    prompts/NAME.md in place of ID: a text in this repository's .handoff/prompts that models here
    are to be given instead of the built-in one.
    """
    if brief_id.startswith(_PROMPTS):
        if only_diff:
            raise click.UsageError("--diff takes the ID of a brief, not a prompt.")
        _trust_prompt(brief_id.removeprefix(_PROMPTS), yes=yes, revoke=revoke, as_json=as_json)
        return
    from handoff.store import brief_files
    from handoff.store import trust as store_trust

    runtime = current_runtime()
    place = place_here()
    stored = brief_files.find(place.root, brief_id)
    if only_diff:
        diff = store_trust.diff_brief(stored, place, runtime)
        print_json({"id": stored.brief.id if stored.brief else "", "diff": diff}
                   ) if as_json else say(diff)  # fmt: skip
        return
    if stored.brief is None:
        raise HandoffError(stored.problem, "Only a brief that can be read can be allowed.")
    name = stored.brief.id
    origin = store_trust.TrustCheck(place, runtime).classify(stored)
    if revoke:
        if origin.kind != "allowed":
            raise HandoffError(f"You have not allowed {name}.")
        store_trust.record_consent(stored, place, runtime, given=False)
        _report(name, f"Consent withdrawn: sessions are no longer given {name}.", as_json=as_json)
        return
    if origin.is_trusted:
        words = f"{name} is already trusted ({origin.label})."
        _report(name, words, as_json=as_json, allowed=True)
        return
    _need_person(
        runtime, "allow a brief", f"In a session: /handoff:pickup {name}. In a terminal: ", name
    )
    say(f"{name} was {origin.label}. Its text, quoted:\n", err=as_json)
    say(store_trust.fence_text(stored, place), err=as_json)
    if origin.kind == "changed":
        say(f"\n{_changes(stored, place, runtime)}", err=as_json)
    if origin.kind == "allowed":
        words = "\nYou have already allowed exactly this text. To withdraw: --revoke"
        _report(name, words, as_json=as_json, allowed=True)
        return
    question = "\nAllow sessions here to be given this text, as data?"
    if not yes and not click.confirm(question, default=False, err=as_json):
        _report(name, "Nothing was changed.", as_json=as_json)
        return
    store_trust.record_consent(stored, place, runtime)
    words = f"Allowed: sessions that start here may be given {name}, marked as data."
    _report(name, words, as_json=as_json, allowed=True)


def _report(name: str, words: str, *, as_json: bool, allowed: bool = False) -> None:
    """Say how it stands now with a brief or a prompt."""
    print_json({"id": name, "allowed": allowed}) if as_json else say(words)


def _need_person(runtime: Runtime, what: str, where: str, name: str) -> None:
    """Raise HandoffError unless a person is at a terminal, outside any session, to do `what`."""
    if hook_io.current_session(runtime.env) or not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise HandoffError(
            f"Only a person can {what}, at a terminal outside any session.",
            f"{where}handoff trust {name}",
        )


def _trust_prompt(file: str, *, yes: bool, revoke: bool, as_json: bool) -> None:
    """Show a text of the repository's, and use it from now on, or (`revoke`) no longer."""
    from handoff.base import plain_text, quoting
    from handoff.prompts import texts
    from handoff.runtime import find_root
    from handoff.store import trusted_prompts

    runtime, root, name = current_runtime(), find_root(os.getcwd()), file.removesuffix(texts.SUFFIX)
    folder = os.path.join(root, trusted_prompts.TEAM_FOLDER)
    if name not in texts.names():
        raise HandoffError(
            f"Unknown prompt {plain_text.one_line(file, 80)}.",
            "docs/configuration.md lists the prompts.",
        )
    path, shown = os.path.join(folder, name + texts.SUFFIX), f"{_PROMPTS}{name}{texts.SUFFIX}"
    raw = texts.read_override(folder, name)
    if raw is None:
        raise HandoffError(f"{path} does not exist.", "`handoff doctor` lists the prompts here.")
    is_trusted = trusted_prompts.is_consented(name, raw, root, runtime)
    if revoke:
        if not is_trusted:
            raise HandoffError(f"You have not allowed {shown}.")
        trusted_prompts.record_consent(name, raw, root, runtime, given=False)
        _report(shown, f"Consent withdrawn: {shown} is no longer used.", as_json=as_json)
        return
    _need_person(runtime, "trust a prompt", "In a terminal: ", shown)
    texts.check(raw, path, texts.fields_of(name))
    say(f"{path}, quoted:\n", err=as_json)
    say(quoting.quotation(raw.decode("utf-8"), "| "), err=as_json)
    if is_trusted:
        words = "\nYou have already allowed exactly this text. To withdraw: --revoke"
        _report(shown, words, as_json=as_json, allowed=True)
        return
    question = "\nGive models here this text in place of handoff's own?"
    if not yes and not click.confirm(question, default=False, err=as_json):
        _report(shown, "Nothing was changed.", as_json=as_json)
        return
    trusted_prompts.record_consent(name, raw, root, runtime)
    _report(shown, f"Allowed, until it is changed: {shown}", as_json=as_json, allowed=True)


def _changes(stored: brief_files.StoredBrief, place: Place, runtime: Runtime) -> str:
    from handoff.store import trust as store_trust

    try:
        return f"What was changed in it:\n\n{store_trust.diff_brief(stored, place, runtime)}"
    except HandoffError as error:
        return error.what
