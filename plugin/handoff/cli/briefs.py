"""The verbs that make briefs, take them and finish them: write, snapshot, edit, pickup, done."""

from __future__ import annotations

import os
from dataclasses import asdict
from typing import Any

import click

from handoff.base.errors import HandoffError
from handoff.cli.console import (
    BRIEF_ID,
    JSON,
    SESSION,
    cli,
    current_runtime,
    place_here,
    print_json,
    read_stdin,
    say,
)
from handoff.config import presets


@cli.command()
@click.option("--kind", type=click.Choice(["continue", "task"]), default="continue",
              help="Carry this session on, or one piece of work for another session.")  # fmt: skip
@click.option("--label", "labels", multiple=True, metavar="WORD", help="A label; may be repeated.")
@click.option("--for", "model", default="", metavar="MODEL", help="The model it is meant for.")
@click.option("--verify", "verify", multiple=True, metavar="COMMAND",
              help="A command that proves it done; stored, not run. May be repeated.")  # fmt: skip
@click.option("--effort", type=click.Choice(presets.EFFORTS), default=None,
              help="The effort that it is meant for.")  # fmt: skip
@click.option("--budget-usd", type=click.FloatRange(0.01, 100_000), default=None, metavar="USD",
              help="What `handoff start --print` may spend on it.")  # fmt: skip
@click.option("--max-turns", type=click.IntRange(1, 100_000), default=None, metavar="N",
              help="The most turns that `handoff start --print` gives it.")  # fmt: skip
@click.option("--shared", is_flag=True,
              help="Offer it in the whole repository, not only in this directory.")  # fmt: skip
@click.option(
    "--goal", default="", metavar="TEXT", help="Keep only the facts that this goal needs."
)
@SESSION
@JSON
def write(
    kind: str,
    labels: tuple[str, ...],
    model: str,
    verify: tuple[str, ...],
    effort: str | None,
    budget_usd: float | None,
    max_turns: int | None,
    shared: bool,
    goal: str,
    session: str,
    as_json: bool,
) -> None:
    """Write a brief from Markdown on standard input, and commit it alone.

    The text: a `# Title`, then sections: `## Task` (needed), `## Constraints`, `## Next step`,
    `## State`, `## Decisions`, `## Verify`, `## Questions`. Code adds the facts.
    """
    from handoff.authoring import gather, submit
    from handoff.authoring import model as authoring_model

    runtime = current_runtime()
    text = read_stdin("a brief as Markdown")
    session_id = gather.current_session(runtime, session)
    asked = {"effort": effort, "budget_usd": budget_usd, "max_turns": max_turns}
    target = {key: value for key, value in asked.items() if value is not None}
    orders = authoring_model.WriteOptions(
        kind, "manual", labels, verify, model, goal, target, shared=shared
    )
    written = submit.submit_brief(text, orders, session_id, os.getcwd(), runtime)
    say_written(written, as_json, kind)


@cli.command()
@SESSION
@click.option("--transcript", default="", metavar="FILE", help="Read this transcript instead.")
@click.option("--stdout", "to_stdout", is_flag=True, help="Print it; store and commit nothing.")
@click.option("--max-chars", type=click.IntRange(200, 200_000), default=10_000, show_default=True,
              help="With --stdout: the most characters to print.")  # fmt: skip
@JSON
def snapshot(session: str, transcript: str, to_stdout: bool, max_chars: int, as_json: bool) -> None:
    """Write a brief by code alone, without a model."""
    from handoff.authoring import gather

    runtime = current_runtime()
    if transcript and not os.path.isfile(transcript):
        raise HandoffError(f"{transcript} is not a file.", "Name a session's transcript (.jsonl).")
    session_id = gather.current_session(runtime, session)
    if to_stdout:
        from handoff.brief import snapshot as snapshots
        from handoff.redact import redact
        from handoff.store import trusted_prompts

        read = gather.read_facts(runtime, session_id, os.getcwd(), transcript_path=transcript)
        prompts = trusted_prompts.load(runtime, read.root)
        sheet = snapshots.compose_text(read.facts, max_chars, prompts=prompts)
        text = redact.cleaner(runtime.config(read.root))(sheet)[:max_chars]
        print_json({"text": text}) if as_json else say(text)
        return
    from handoff.authoring import model as authoring_model
    from handoff.authoring import write_brief
    from handoff.store import places

    place = places.session_place(runtime, session_id, os.getcwd())
    material = gather.collect_material(runtime, session_id, place, transcript_path=transcript)
    config = runtime.config(place.root)
    written = write_brief.write_snapshot(material, authoring_model.WriteOptions(), runtime, config)
    if written is None:
        raise HandoffError(
            "There is nothing to write down: the session has done nothing yet, or is not known.",
            "Name one with --session or --transcript.",
        )
    say_written(written, as_json)


@cli.command()
@click.argument("brief_id", metavar="[ID]", default="")
@SESSION
@click.option("--release", is_flag=True, help="Give a claimed brief back instead.")
@click.option("--force", is_flag=True, help="With --release: also if an open session has it.")
@JSON
def pickup(brief_id: str, session: str, release: bool, force: bool, as_json: bool) -> None:
    """Claim a brief and print what a session needs to go on with it."""
    from handoff.authoring import gather
    from handoff.pickup import offer as picking
    from handoff.store import brief_files, claim_rules, claims, places

    runtime = current_runtime()
    session_id = gather.current_session(runtime, session)
    if release:
        stored = brief_files.find(place_here().root, brief_id, (brief_files.OPEN,))
        if stored.brief:
            if not force:
                hint = f"If nobody works on it: handoff pickup --release --force {stored.brief.id}"
                claim_rules.check_not_taken(stored.brief, session_id, runtime, hint)
            claims.forget(runtime.home, stored.brief.id)
        text = f"{stored.relative} is free again."
    else:
        place = places.session_place(runtime, session_id, os.getcwd())
        stored, text = picking.pick_up_by_hand(brief_id.strip(), session_id, runtime, place)
    if as_json:
        print_json({"path": stored.relative, "text": text})
    else:
        say(text)


@cli.command()
@BRIEF_ID
@click.option(
    "--outcome", default="", metavar="TEXT", help="What came of it; - reads it from stdin."
)
@click.option("--force", is_flag=True, help="Also if another open session has it.")
@JSON
def done(brief_id: str, outcome: str, force: bool, as_json: bool) -> None:
    """Finish a brief: move it to .handoff/done with its outcome, in a commit of its own."""
    from handoff.authoring import gather
    from handoff.launch import session_cost
    from handoff.session import delegated
    from handoff.store import claim_rules, finish, lookup

    runtime = current_runtime()
    text = read_stdin("the outcome") if outcome == "-" else outcome
    place = place_here()
    stored = lookup.find_or_restore(place, brief_id)
    if stored.brief and not force:
        hint = f"If it is finished all the same: handoff done --force {stored.brief.id}"
        claim_rules.check_not_taken(stored.brief, gather.current_session(runtime), runtime, hint)
    outcome_text = session_cost.with_cost(text.strip() or "Finished.", stored, runtime)
    moved, committed = finish.finish(
        place, [stored], outcome_text, runtime, runtime.config(place.root)
    )
    new_path = next(iter(moved.values()))
    delegated.note_finished(stored.brief, os.path.join(place.root, new_path), runtime)
    if as_json:
        print_json({"id": next(iter(moved)), "path": new_path, **asdict(committed)})
    else:
        say(f"Done: {new_path}, {committed.describe()}.")
        if committed.then():
            click.echo(f"  {committed.then()}")


@cli.command()
@BRIEF_ID
@JSON
def edit(brief_id: str, as_json: bool) -> None:
    """Open a draft in $EDITOR; when the editor ends, store and commit it as a brief."""
    from handoff.authoring import review

    say_written(review.edit(brief_id, current_runtime(), place_here()), as_json)


def say_written(written: Any, as_json: bool, kind: str = "continue") -> None:
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
    if kind == "continue":
        click.echo("  A fresh session here picks it up by itself (/clear, or a new `claude`).")
    else:
        click.echo(f"  In a session of its own: handoff start {written.id}")
    click.echo(f"  By hand: /handoff:pickup {written.id}")
    if written.committed.then():
        click.echo(f"  {written.committed.then()}")
