"""The commands that only read briefs: list, show, lint, recall."""

from __future__ import annotations

import os
import re
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from handoff.base.errors import EXIT_USER_ERROR, HandoffError
from handoff.cli.complete_ids import complete_briefs, complete_sessions
from handoff.cli.console import (
    BRIEF_SOURCE,
    JSON,
    SESSION,
    cli,
    current_runtime,
    find_session,
    in_session,
    place_here,
    print_json,
    say,
)

if TYPE_CHECKING:
    from handoff.recall.lookup import Turn

STATES = ("open", "claimed", "kept", "draft", "done", "unreadable")


@cli.command(name="list", examples=[
    "handoff list",
    "handoff list --all --tree",
    "handoff list --kind task --label docs",
])  # fmt: skip
@click.option("--all", "everything", is_flag=True, help="Include finished briefs.")
@click.option("--kind", type=click.Choice(["continue", "task"]), help="Only this kind of brief.")
@click.option("--label", "labels", multiple=True, metavar="WORD",
              help="Only briefs with this label; repeat it for any of several.")  # fmt: skip
@click.option("--state", "states", multiple=True, type=click.Choice(STATES),
              help="Only this state; repeatable. `kept`: only under refs/handoff/.")  # fmt: skip
@click.option("--trusted/--untrusted", "trusted", default=None,
              help="Only trusted, or only untrusted briefs.")  # fmt: skip
@click.option("--tree", is_flag=True, help="Show which brief continues which.")
@click.option("--width", type=click.IntRange(1), default=None, hidden=True)  # of another screen
@JSON
def list_briefs(
    everything: bool,
    kind: str | None,
    labels: tuple[str, ...],
    states: tuple[str, ...],
    trusted: bool | None,
    tree: bool,
    width: int | None,
    as_json: bool,
) -> None:
    """List the briefs of this repository.

    Without --all: open briefs, drafts, and briefs that are kept only under refs/handoff/.
    """
    from handoff.cli.views import briefs as briefs_view
    from handoff.maintenance import listing
    from handoff.store import lookup

    runtime, place = current_runtime(), place_here()
    wanted = listing.Filter(kind or "", labels, states, trusted)
    rows = listing.list_rows(runtime, place, everything=everything, wanted=wanted)
    if as_json:
        print_json([asdict(row) for row in rows])
    elif not rows and wanted != listing.Filter():
        click.echo(
            "No brief matches these options. `handoff list --all` shows all briefs.", err=True
        )
    elif not rows:
        click.echo(
            "No briefs here. To write one: /handoff in a session, or `handoff write`.", err=True
        )
    elif tree:
        briefs_view.show_tree(rows, listing.list_rows(runtime, place, everything=True), width)
    else:
        briefs_view.show(rows, width, lookup.list_ids(place))


@cli.command(examples=[
    "handoff show 9f3a",
    "handoff show 9f3a --inject",
    "handoff show 9f3a --history",
])  # fmt: skip
@BRIEF_SOURCE
@click.option("--inject", "injected", is_flag=True,
              help="Print it as the next session is given it.")  # fmt: skip
@click.option("--history", is_flag=True,
              help="Print the briefs before and after it, each with its outcome.")  # fmt: skip
@JSON
def show(source: str, injected: bool, history: bool, as_json: bool) -> None:
    """Print a brief.

    ID is the ID of a brief, or any part of it that matches one brief only. FILE is the path of a
    brief; - reads standard input.
    """
    if injected and history:
        raise click.UsageError("--inject and --history cannot be used together.")
    if history:
        _show_history(source, as_json=as_json)
    elif injected or source == "-" or os.path.isfile(source):
        from handoff.pickup import preview

        text = preview.render(source, current_runtime(), place_here(), injected=injected)
        print_json({"text": text, "characters": len(text)}) if as_json else say(text)
    else:
        _show_stored(source, as_json=as_json)


def _show_history(brief_id: str, *, as_json: bool) -> None:
    from handoff.maintenance import chain as chains

    links = chains.read_links(brief_id, current_runtime(), place_here())
    print_json([asdict(link) for link in links]) if as_json else say(chains.format_links(links))


def _show_stored(brief_id: str, *, as_json: bool) -> None:
    from handoff.brief import marking
    from handoff.git.commit_result import Committed
    from handoff.maintenance import listing
    from handoff.redact import redact
    from handoff.store import lookup, trust

    runtime = current_runtime()
    place = place_here()
    judge = trust.TrustCheck(place, runtime)
    stored = judge.as_written(lookup.find_with_drafts(place, brief_id, runtime))
    row = listing.build_row(stored, place, runtime)
    clean = redact.cleaner(runtime.config(place.root))
    text: str = clean(stored.raw.decode("utf-8", "replace"))
    if not row.trusted and in_session():
        text = clean(trust.fence_text(stored, place, clean=clean)) if stored.brief else ""
    if as_json:
        print_json({**asdict(row), "text": text})
        return
    if stored.brief is None:
        raise HandoffError(stored.problem, f"Look at {marking.mark_path(stored.relative)}.")
    if row.commit:
        where = Committed(row.commit, row.ref, row.on_branch, row.reason)
        say(f"handoff: {where.describe()}. {where.then()}".rstrip(), err=True)
    if row.origin != "own":
        say(f"handoff: {judge.classify(stored).label}.", err=True)
    say(text.removesuffix("\n"))


@cli.command(hidden=True, examples=["handoff lint 9f3a", "handoff lint < brief.md"])
@click.argument("source", metavar="[ID|FILE]", default="-", shell_complete=complete_briefs)
@SESSION
@JSON
def lint(source: str, session: str, as_json: bool) -> None:
    """Check the statements in a brief's State against the facts.

    FILE is a brief, or the text of one; - (the default) is standard input. Exit code 1 if a
    statement is contradicted.
    """
    from handoff.authoring import fact_check

    if source == "-" and sys.stdin.isatty():
        raise click.UsageError("Name a brief or a file, or pass a brief on standard input.")
    checked = fact_check.check(source, session, current_runtime(), place_here())
    findings = checked.findings
    if not checked.has_facts:
        say(
            "Not checked: statements about tests and commands, because no session's "
            "transcript was found. To name a session: --session ID",
            err=True,
        )
    if as_json:
        print_json([asdict(finding) for finding in findings])
    elif not findings:
        known = "No statement" if checked.has_facts else "No other statement"
        click.echo(f"{known} in its State was found to be wrong.", err=True)
    else:
        for finding in findings:
            say(("contradicted: " if finding.contradicts else "not found: ") + str(finding))
    if any(finding.contradicts for finding in findings):
        sys.exit(EXIT_USER_ERROR)


def _read_turn(_: click.Context, __: click.Parameter, value: str) -> Turn | None:
    """The turn of `--around`."""
    from handoff.recall.lookup import Turn

    brief, _colon, number = value.rpartition(":")
    if not value:
        return None
    if not re.fullmatch("[1-9][0-9]{0,8}", number, re.ASCII):
        raise click.BadParameter(
            f"{value!r} is not a turn. Use a number, or the ID of a brief and a number: 2c41:12."
        )
    return Turn(int(number), brief)


@cli.command(examples=[
    "handoff recall 9f3a 'why is the lock needed'",
    "handoff recall 9f3a --file src/auth.py",
    "handoff recall 9f3a --around 2c41:12",
    "handoff recall --session 1b2c 'which port'",
])  # fmt: skip
@click.argument("words", metavar="[ID] [QUESTION]...", nargs=-1, shell_complete=complete_briefs)
@click.option("--file", default="", metavar="PATH", help="Find what was done with this file.")
@click.option("--command", default="", metavar="TEXT",
              help="Find runs of commands that contain TEXT.")  # fmt: skip
@click.option("--around", default="", metavar="TURN", callback=_read_turn,
              help="Print what was said around this turn; 2c41:12 is a turn of the session of "
              "the earlier brief 2c41.")  # fmt: skip
@click.option("--max-tokens", type=click.IntRange(50, 100_000), default=1500, show_default=True,
              metavar="N", help="Maximum length of the answer, in tokens.")  # fmt: skip
@click.option("--session", default="", metavar="ID", callback=find_session,
              shell_complete=complete_sessions,
              help="Search this session instead of a brief's; its ID, or part of it.")  # fmt: skip
@click.option("--transcript", default="", metavar="FILE", type=click.Path(),
              help="Search this transcript (.jsonl) instead.")  # fmt: skip
@JSON
def recall(
    words: tuple[str, ...],
    file: str,
    command: str,
    around: Turn | None,
    max_tokens: int,
    session: str,
    transcript: str,
    as_json: bool,
) -> None:
    """Search the transcripts of a brief's chain of sessions.

    ID is the ID of a brief, or part of it. The answer is quoted from the sessions, without secrets.
    """
    from handoff.cli.views import progress as progress_view
    from handoff.recall import chain
    from handoff.recall import lookup as looking
    from handoff.recall.search import Query
    from handoff.store import trusted_prompts

    runtime = current_runtime()
    if transcript:
        sources = chain.name_file(transcript)
    elif session:
        sources = chain.find_session(session, runtime)
    elif words:
        sources, words = chain.find_chain(words[0], runtime, place_here()), words[1:]
    else:
        raise click.UsageError("Name a brief (`handoff list` shows them) and ask a question.")
    wanted = Query(" ".join(words), file, command)
    with progress_view.searching([source.path for source in sources.found]):
        recalled = looking.search_sources(sources, wanted, max_tokens, runtime, around)
    if as_json:
        print_json(recalled.as_json())
    else:
        say(recalled.text(trusted_prompts.load(runtime, os.getcwd())).rstrip("\n"))
