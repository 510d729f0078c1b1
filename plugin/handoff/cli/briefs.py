"""The commands of a brief's life: write, pickup, done."""

from __future__ import annotations

import os
from dataclasses import asdict
from typing import Any

import click
from click.core import ParameterSource

from handoff.base.errors import HandoffError
from handoff.cli.console import (
    BRIEF_ID,
    JSON,
    OPTIONAL_BRIEF_ID,
    SESSION,
    cli,
    current_runtime,
    place_here,
    print_json,
    read_stdin,
    say,
)
from handoff.cli.options import FORCE
from handoff.config import presets


@cli.command(examples=[
    "handoff write < brief.md",
    "handoff write --kind task --label docs --verify 'make docs' < task.md",
    "handoff write --from-facts",
])  # fmt: skip
@click.option("--kind", type=click.Choice(["continue", "task"]), default="continue",
              show_default=True, help="Continue this session, or a separate task.")  # fmt: skip
@click.option("--label", "labels", multiple=True, metavar="WORD", help="Add a label; repeatable.")
@click.option("--for", "model", default="", metavar="MODEL", help="The model it is written for.")
@click.option("--verify", "verify", multiple=True, metavar="COMMAND",
              help="A command that proves the task done; stored, not run; repeatable.")  # fmt: skip
@click.option("--effort", type=click.Choice(presets.EFFORTS), default=None,
              help="The effort level to run it with.")  # fmt: skip
@click.option("--budget-usd", type=click.FloatRange(0.01, 100_000), default=None, metavar="USD",
              help="Spending limit for `handoff start --print`.")  # fmt: skip
@click.option("--max-turns", type=click.IntRange(1, 100_000), default=None, metavar="N",
              help="Turn limit for `handoff start --print`.")  # fmt: skip
@click.option("--shared", is_flag=True,
              help="Offer it in the whole repository, not only in this directory.")  # fmt: skip
@click.option("--goal", default="", metavar="TEXT",
              help="Keep only the facts relevant to this goal.")  # fmt: skip
@click.option("--from-facts", is_flag=True,
              help="Write a snapshot: facts only, no text is read.")  # fmt: skip
@SESSION
@click.option("--transcript", default="", metavar="FILE", type=click.Path(),
              help="With --from-facts: use this transcript instead.")  # fmt: skip
@click.option("--stdout", "to_stdout", is_flag=True,
              help="With --from-facts: print it; store and commit nothing.")  # fmt: skip
@click.option("--max-chars", type=click.IntRange(200, 200_000), default=10_000, show_default=True,
              metavar="N", help="With --stdout: maximum length, in characters.")  # fmt: skip
@JSON
@click.pass_context
def write(
    context: click.Context,
    kind: str,
    labels: tuple[str, ...],
    model: str,
    verify: tuple[str, ...],
    effort: str | None,
    budget_usd: float | None,
    max_turns: int | None,
    shared: bool,
    goal: str,
    from_facts: bool,
    session: str,
    transcript: str,
    to_stdout: bool,
    max_chars: int,
    as_json: bool,
) -> None:
    """Write a brief from standard input and commit it.

    The text is Markdown: a `# Title`, then the sections `## Task` (required), `## Constraints`,
    `## Next step`, `## State`, `## Decisions`, `## Verify` and `## Questions`. handoff adds the
    facts: files, commands and their results, commits. The brief is the only file in its commit.

    With --from-facts no text is read, and the brief is a snapshot: the facts alone.
    """
    from handoff.authoring import gather, submit
    from handoff.authoring import model as authoring_model

    _check_combination(context, from_facts=from_facts, to_stdout=to_stdout)
    runtime = current_runtime()
    session_id = gather.current_session(runtime, session)
    if to_stdout:
        _print_snapshot(session_id, transcript, max_chars, as_json=as_json)
        return
    if from_facts:
        _write_snapshot(session_id, transcript, as_json=as_json)
        return
    text = read_stdin("a brief as Markdown")
    asked = {"effort": effort, "budget_usd": budget_usd, "max_turns": max_turns}
    target = {key: value for key, value in asked.items() if value is not None}
    orders = authoring_model.WriteOptions(
        kind, "manual", labels, verify, model, goal, target, shared=shared
    )
    written = submit.submit_brief(text, orders, session_id, os.getcwd(), runtime)
    say_written(written, as_json, kind)


_OF_SNAPSHOTS = ("transcript", "to_stdout", "max_chars")
_OF_BOTH = ("from_facts", "session", "as_json", *_OF_SNAPSHOTS)


def _check_combination(context: click.Context, *, from_facts: bool, to_stdout: bool) -> None:
    """Raise UsageError for an option that would not be used."""
    for parameter in context.command.params:
        name = parameter.name or ""
        if context.get_parameter_source(name) is not ParameterSource.COMMANDLINE:
            continue
        if from_facts and name not in _OF_BOTH:
            raise click.UsageError(f"{parameter.opts[0]} cannot be used with --from-facts.")
        if not from_facts and name in _OF_SNAPSHOTS:
            raise click.UsageError(f"{parameter.opts[0]} can only be used with --from-facts.")
        if name == "max_chars" and not to_stdout:
            raise click.UsageError("--max-chars can only be used with --stdout.")


def _check_transcript(transcript: str) -> None:
    if transcript and not os.path.isfile(transcript):
        raise HandoffError(f"{transcript} is not a file.", "Name a session's transcript (.jsonl).")


def _print_snapshot(session_id: str, transcript: str, max_chars: int, *, as_json: bool) -> None:
    from handoff.authoring import gather
    from handoff.brief import snapshot as snapshots
    from handoff.redact import redact
    from handoff.store import trusted_prompts

    _check_transcript(transcript)
    runtime = current_runtime()
    read = gather.read_facts(runtime, session_id, os.getcwd(), transcript_path=transcript)
    prompts = trusted_prompts.load(runtime, read.root)
    sheet = snapshots.compose_text(read.facts, max_chars, prompts=prompts)
    text = redact.cleaner(runtime.config(read.root))(sheet)[:max_chars]
    print_json({"text": text}) if as_json else say(text)


def _write_snapshot(session_id: str, transcript: str, *, as_json: bool) -> None:
    from handoff.authoring import gather, write_brief
    from handoff.authoring import model as authoring_model
    from handoff.store import places

    _check_transcript(transcript)
    runtime = current_runtime()
    place = places.session_place(runtime, session_id, os.getcwd())
    material = gather.collect_material(runtime, session_id, place, transcript_path=transcript)
    config = runtime.config(place.root)
    written = write_brief.write_snapshot(material, authoring_model.WriteOptions(), runtime, config)
    if written is None:
        raise HandoffError(
            "There is nothing to write: the session is unknown, or has done nothing yet.",
            "Name one with --session or --transcript.",
        )
    say_written(written, as_json)


@cli.command(examples=["handoff pickup", "handoff pickup 9f3a", "handoff pickup --release 9f3a"])
@OPTIONAL_BRIEF_ID
@click.option("--release", is_flag=True, help="Release a claimed brief instead.")
@FORCE
@SESSION
@JSON
def pickup(brief_id: str, release: bool, force: bool, session: str, as_json: bool) -> None:
    """Claim a brief and print it for a session to continue.

    Without ID: the only brief that can be picked up here. --force is used with --release.
    """
    from handoff.authoring import gather
    from handoff.pickup import offer as picking
    from handoff.store import claim_rules, claims, lookup, places

    runtime = current_runtime()
    session_id = gather.current_session(runtime, session)
    if release:
        stored = lookup.find_open(place_here(), brief_id, runtime)
        if stored.brief:
            if not force:
                hint = f"To release it anyway: handoff pickup --release --force {stored.brief.id}"
                claim_rules.check_not_taken(stored.brief, session_id, runtime, hint)
            claims.forget(runtime.home, stored.brief.id)
        text = f"Released {stored.relative}."
    else:
        place = places.session_place(runtime, session_id, os.getcwd())
        stored, text = picking.pick_up_by_hand(brief_id.strip(), session_id, runtime, place)
    if as_json:
        print_json({"path": stored.relative, "text": text})
    else:
        say(text)


@cli.command(examples=[
    "handoff done 9f3a --outcome 'Fixed; all tests pass.'",
    "handoff done 9f3a --outcome - < outcome.md",
])  # fmt: skip
@BRIEF_ID
@click.option("--outcome", default="", metavar="TEXT",
              help="The result, for the brief's Outcome; - reads standard input.")  # fmt: skip
@FORCE
@JSON
def done(brief_id: str, outcome: str, force: bool, as_json: bool) -> None:
    """Finish a brief and record its outcome.

    It moves to .handoff/done, in a commit of its own.
    """
    from handoff.authoring import gather
    from handoff.launch import session_cost
    from handoff.session import delegated
    from handoff.store import claim_rules, finish, lookup

    runtime = current_runtime()
    text = read_stdin("the outcome") if outcome == "-" else outcome
    place = place_here()
    stored = lookup.find_or_restore(place, brief_id, runtime)
    if stored.brief and not force:
        hint = f"To finish it anyway: handoff done --force {stored.brief.id}"
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


def say_written(written: Any, as_json: bool, kind: str = "continue") -> None:
    """Say what was written, and how to continue or undo it."""
    if as_json:
        print_json(asdict(written))
        return
    say(f"Brief {written.id}")
    say(f"  {written.summary()}")
    for past in written.finished:
        click.echo(f"  replaces {past}, which moved to .handoff/done")
    for name in written.cut:
        say(f"  cut for length (brief.max_tokens): {name}")
    for finding in written.findings:
        say(f"  listed in it under Findings: {finding}")
    if written.draft:
        return
    if kind == "continue":
        click.echo("  Next: /clear, or a new `claude` here; the session picks it up automatically.")
    else:
        click.echo(f"  Next, in a separate session: handoff start {written.id}")
    click.echo(f"  Or pick it up manually: /handoff:pickup {written.id}")
    if written.committed.then():
        click.echo(f"  {written.committed.then()}")
    for line in written.notice.splitlines():
        say(f"  {line}")
