"""The verbs for briefs: write, snapshot, list, show, pickup, done, lint, render, edit, recall."""

from __future__ import annotations

import os
import sys
from dataclasses import asdict
from typing import Any

import click

from handoff.cli.console import JSON, SESSION, cli, here, print_json, read_stdin, say
from handoff.errors import EXIT_MENDABLE, HandoffError


@cli.command()
@click.option("--kind", type=click.Choice(["continue", "task"]), default="continue",
              help="Carry this session on, or one piece of work for another session.")  # fmt: skip
@click.option("--label", "labels", multiple=True, metavar="WORD", help="A label; may be repeated.")
@click.option("--for", "model", default="", metavar="MODEL", help="The model it is meant for.")
@click.option("--verify", "verify", multiple=True, metavar="COMMAND",
              help="A command that proves it done; stored, not run. May be repeated.")  # fmt: skip
@click.option("--goal", default="", metavar="TEXT", help="What alone the facts are needed for.")
@SESSION
@JSON
def write(
    kind: str,
    labels: tuple[str, ...],
    model: str,
    verify: tuple[str, ...],
    goal: str,
    session: str,
    as_json: bool,
) -> None:
    """Write a brief from Markdown on standard input, and commit it alone.

    The text: a `# Title`, then sections: `## Task` (needed), `## Constraints`, `## Next step`,
    `## State`, `## Decisions`, `## Verify`, `## Questions`. Code adds the facts.
    """
    from handoff.brief import document
    from handoff.flow import material, state, writing

    around = here()
    words = document.parse_words(read_stdin("a brief as Markdown"))
    session_id = material.current_session(around, session)
    found = material.collect(around, session_id, os.getcwd())
    trigger = state.load(around.home, session_id).text("trigger") if session_id else ""
    orders = writing.Orders(kind, trigger or "manual", labels, verify, model, goal)
    written = writing.write(words, found, orders, around, around.config(found.place.root))
    say_written(written, as_json)


@cli.command()
@SESSION
@click.option("--transcript", default="", metavar="FILE", help="Read this transcript instead.")
@click.option("--stdout", "to_stdout", is_flag=True, help="Print it; store and commit nothing.")
@click.option("--max-chars", type=click.IntRange(200, 200_000), default=10_000, show_default=True,
              help="With --stdout: at most so many characters.")  # fmt: skip
@JSON
def snapshot(session: str, transcript: str, to_stdout: bool, max_chars: int, as_json: bool) -> None:
    """Write a brief by code alone, without a model."""
    from handoff.flow import material

    around = here()
    if transcript and not os.path.isfile(transcript):
        raise HandoffError(f"{transcript} is not a file.", "Name a session's transcript (.jsonl).")
    session_id = material.current_session(around, session)
    cwd = os.getcwd()
    found = material.collect(
        around, session_id, cwd, transcript_path=transcript, with_git=not to_stdout
    )
    config = around.config(found.place.root)
    if to_stdout:
        from handoff.brief import snapshot as snapshots
        from handoff.flow import cleaning

        text = cleaning.cleaner(config)(snapshots.text(found.facts, max_chars))[:max_chars]
        print_json({"text": text}) if as_json else say(text)
        return
    from handoff.flow import writing

    written = writing.write_snapshot(found, writing.Orders(), around, config)
    if written is None:
        raise HandoffError(
            "There is nothing to write down: the session has done nothing yet, or is not known.",
            "Name one with --session or --transcript.",
        )
    say_written(written, as_json)


@cli.command(name="list")
@click.option("--all", "everything", is_flag=True, help="Finished ones too.")
@JSON
def list_briefs(everything: bool, as_json: bool) -> None:
    """List the briefs of this repository."""
    from handoff.flow import listing

    rows = listing.rows(here(), os.getcwd(), everything=everything)
    if as_json:
        print_json([asdict(row) for row in rows])
    elif not rows:
        click.echo(
            "No briefs here. /handoff in a session, or `handoff write`, makes one.", err=True
        )
    else:
        listing.show(rows)


@cli.command()
@click.argument("brief_id", metavar="ID")
@JSON
def show(brief_id: str, as_json: bool) -> None:
    """Print a brief. ID may be any part of it that fits one brief only."""
    from handoff.brief import plain
    from handoff.flow import listing, material
    from handoff.repo import store

    around = here()
    place = material.locate(os.getcwd())
    stored = store.find(place.root, brief_id)
    row = listing.row(stored, place, around)
    if as_json:
        print_json({**asdict(row), "text": stored.raw.decode("utf-8", "replace")})
        return
    if stored.brief is None:
        raise HandoffError(stored.problem, f"Look at {stored.path}.")
    if not row.own:
        click.echo("handoff: not written on this machine, or changed since.", err=True)
    click.echo(plain.printable(stored.raw.decode("utf-8")), nl=False)


@cli.command()
@click.argument("brief_id", metavar="[ID]", default="")
@SESSION
@click.option("--release", is_flag=True, help="Give a claimed brief back instead.")
@JSON
def pickup(brief_id: str, session: str, release: bool, as_json: bool) -> None:
    """Claim a brief and print what a session needs to go on with it."""
    from handoff.flow import material
    from handoff.flow import pickup as picking
    from handoff.repo import claims, store

    around = here()
    cwd = os.getcwd()
    session_id = material.current_session(around, session)
    if release:
        stored = store.find(material.locate(cwd).root, brief_id, (store.OPEN,))
        if stored.brief:
            claims.release(around.home, stored.brief.id)
        text = f"{stored.relative} is free again."
    else:
        stored, text = picking.by_hand(brief_id.strip(), session_id, around, cwd)
    if as_json:
        print_json({"path": stored.relative, "text": text})
    else:
        say(text)


@cli.command()
@click.argument("brief_id", metavar="ID")
@click.option(
    "--outcome", default="", metavar="TEXT", help="What came of it; - reads it from stdin."
)
@JSON
def done(brief_id: str, outcome: str, as_json: bool) -> None:
    """Finish a brief: move it to .handoff/done with its outcome, in a commit of its own."""
    from handoff.flow import filing, material
    from handoff.repo import store

    around = here()
    text = read_stdin("the outcome") if outcome == "-" else outcome
    place = material.locate(os.getcwd())
    stored = store.find(place.root, brief_id, (store.OPEN,))
    moved, committed = filing.finish(
        place, [stored], text.strip() or "Finished.", around, around.config(place.root)
    )
    new_path = next(iter(moved.values()))
    if as_json:
        print_json({"id": next(iter(moved)), "path": new_path, **asdict(committed)})
    elif committed.sha:
        say(f"Done: {new_path}, committed as {committed.sha[:9]}.")
    else:
        say(f"Done: {new_path}, not committed ({committed.reason}).")


@cli.command()
@click.argument("source", metavar="[FILE]", default="-")
@SESSION
@JSON
def lint(source: str, session: str, as_json: bool) -> None:
    """Hold the claims in a brief's State against the facts. Exit code 1 when they contradict.

    FILE is a brief, or the words for one, or a brief's ID; - (the default) is standard input.
    """
    from handoff.flow import examine

    if source == "-" and sys.stdin.isatty():
        raise click.UsageError("Name a file, or send a brief on standard input.")
    found = examine.check(source, session, here(), os.getcwd())
    if as_json:
        print_json([asdict(finding) for finding in found])
    elif not found:
        click.echo("Nothing in its State is contradicted by the facts.", err=True)
    else:
        for finding in found:
            say(("contradicted: " if finding.contradicts else "not found: ") + str(finding))
    if any(finding.contradicts for finding in found):
        sys.exit(EXIT_MENDABLE)


@cli.command()
@click.argument("source", metavar="FILE")
@click.option("--inject", "injected", is_flag=True, help="As the next session is given it.")
@JSON
def render(source: str, injected: bool, as_json: bool) -> None:
    """Print a brief as it is read. FILE is a file or a brief's ID."""
    from handoff.flow import examine

    text = examine.render(source, here(), os.getcwd(), injected=injected)
    print_json({"text": text, "characters": len(text)}) if as_json else say(text)


@cli.command()
@click.argument("brief_id", metavar="ID")
@JSON
def edit(brief_id: str, as_json: bool) -> None:
    """Open a draft in $EDITOR; when the editor ends, store and commit it as a brief."""
    from handoff.flow import examine

    say_written(examine.edit(brief_id, here(), os.getcwd()), as_json)


@cli.command()
@click.argument("words", metavar="[ID] [QUESTION]...", nargs=-1)
@click.option("--file", default="", metavar="PATH", help="What was done with this file.")
@click.option("--command", default="", metavar="TEXT", help="Runs of commands that hold TEXT.")
@click.option("--around", type=click.IntRange(1), metavar="TURN", help="What surrounds a turn.")
@click.option("--max-tokens", type=click.IntRange(50, 100_000), default=1500, show_default=True,
              help="At most so much.")  # fmt: skip
@click.option("--session", default="", metavar="ID", help="Look into this session; no brief's ID.")
@click.option("--transcript", default="", metavar="FILE", help="Look into this; no brief's ID.")
@JSON
def recall(
    words: tuple[str, ...],
    file: str,
    command: str,
    around: int | None,
    max_tokens: int,
    session: str,
    transcript: str,
    as_json: bool,
) -> None:
    """Look back: find what answers a question in the transcript that a brief was written from.

    ID is the brief's, or a part of it.
    """
    from handoff.brief.recall import Wanted
    from handoff.flow import recall as looking

    place = here()
    if transcript:
        source = looking.of_file(transcript)
    elif session:
        source = looking.of_session(session, place)
    elif words:
        source, words = looking.of_brief(words[0], place, os.getcwd()), words[1:]
    else:
        raise click.UsageError("Name a brief (`handoff list` shows them), and ask something.")
    wanted = Wanted(" ".join(words), file, command, around or 0)
    found = looking.look(source, wanted, max_tokens, place)
    if as_json:
        print_json(found.as_json())
    else:
        say(found.text().rstrip("\n"))


def say_written(written: Any, as_json: bool) -> None:
    """What a writing did, and how to go on or undo it."""
    if as_json:
        print_json(asdict(written))
        return
    say(f"Brief {written.id}")
    say(f"  {written.summary()}")
    for past in written.finished:
        click.echo(f"  replaces {past}, now in .handoff/done")
    for name in written.cut:
        say(f"  cut for length (brief.max_tokens): {name}")
    for finding in written.findings:
        say(f"  shown in it under Findings: {finding}")
    if written.draft:
        return
    click.echo("  A fresh session here picks it up by itself (/clear, or a new `claude`).")
    click.echo(f"  By hand: /handoff:pickup {written.id}")
    if written.on_branch:
        click.echo(f"  To undo: git revert {written.commit[:9]}")
