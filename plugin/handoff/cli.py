"""The command line: one thin command a verb. Data on stdout, words for people on stderr.

Exit codes: 0 done, 1 something the user can mend, 2 wrong usage, 3 a bug (with a log file).
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict
from typing import Any, NoReturn

import click

from handoff import __version__, log
from handoff.errors import EXIT_BUG, EXIT_MENDABLE, EXIT_OK, HandoffError
from handoff.flow.here import Here

_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
_SESSION = click.option(
    "--session", default="", metavar="ID", help="A session's id (default: the one this runs in)."
)
_MAX_STDIN = 1024 * 1024


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="handoff")
def cli() -> None:
    """Hand a Claude Code session over to a fresh one, by a brief in the repository."""


def main() -> None:
    """Run the command line with the exit codes of `handoff.errors`."""
    try:
        cli.main(prog_name="handoff", standalone_mode=False)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        click.echo("handoff: stopped.", err=True)
        sys.exit(130)
    except HandoffError as error:
        _say(f"handoff: {error}", err=True)
        sys.exit(EXIT_MENDABLE)
    except BrokenPipeError:
        os._exit(EXIT_OK)  # the reader of our output has seen enough
    except OSError as error:
        if error.filename is None:
            _end_with_bug()
        _say(f"handoff: {error.filename}: {error.strerror}. Mend that, then try again.", err=True)
        sys.exit(EXIT_MENDABLE)
    except Exception:  # noqa: BLE001 - the last resort: a bug goes to the log, not on the screen
        _end_with_bug()
    sys.exit(EXIT_OK)


def _end_with_bug() -> NoReturn:
    path = log.note_bug(_here().home, " ".join(sys.argv[:2]))
    where = f"the details are in {path}" if path else "and its details could not be written down"
    _say(f"handoff: a bug; {where}", err=True)
    sys.exit(EXIT_BUG)


def _here() -> Here:
    return Here(os.environ, full=True)


def _print_json(value: Any) -> None:
    click.echo(json.dumps(value, indent=2))  # ASCII: no control character reaches a terminal


def _say(text: str, *, err: bool = False) -> None:
    """Print text that may hold what others wrote: made fit for a terminal."""
    from handoff.brief import plain

    click.echo(plain.printable(text), err=err)


@cli.command()
@click.option("--kind", type=click.Choice(["continue", "task"]), default="continue",
              help="Carry this session on, or one piece of work for another session.")  # fmt: skip
@click.option("--label", "labels", multiple=True, metavar="WORD", help="A label; may be repeated.")
@click.option("--for", "model", default="", metavar="MODEL", help="The model it is meant for.")
@click.option("--verify", "verify", multiple=True, metavar="COMMAND",
              help="A command that proves it done; stored, not run. May be repeated.")  # fmt: skip
@click.option("--goal", default="", metavar="TEXT", help="What alone the facts are needed for.")
@_SESSION
@_JSON
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

    here = _here()
    words = document.parse_words(_stdin("a brief as Markdown"))
    session_id = material.current_session(here, session)
    found = material.collect(here, session_id, os.getcwd())
    trigger = state.load(here.home, session_id).text("trigger") if session_id else ""
    orders = writing.Orders(kind, trigger or "manual", labels, verify, model, goal)
    written = writing.write(words, found, orders, here, here.config(found.place.root))
    _say_written(written, as_json)


@cli.command()
@_SESSION
@click.option("--transcript", default="", metavar="FILE", help="Read this transcript instead.")
@click.option("--stdout", "to_stdout", is_flag=True, help="Print it; store and commit nothing.")
@click.option("--max-chars", type=click.IntRange(200, 200_000), default=10_000, show_default=True,
              help="With --stdout: at most so many characters.")  # fmt: skip
@_JSON
def snapshot(session: str, transcript: str, to_stdout: bool, max_chars: int, as_json: bool) -> None:
    """Write a brief by code alone, without a model."""
    from handoff.brief import snapshot as snapshots
    from handoff.flow import material, writing

    here = _here()
    if transcript and not os.path.isfile(transcript):
        raise HandoffError(f"{transcript} is not a file.", "Name a session's transcript (.jsonl).")
    session_id = material.current_session(here, session)
    cwd = os.getcwd()
    found = material.collect(
        here, session_id, cwd, transcript_path=transcript, with_git=not to_stdout
    )
    if to_stdout:
        text = snapshots.text(found.facts, max_chars)
        _print_json({"text": text}) if as_json else _say(text)
        return
    config = here.config(found.place.root)
    written = writing.write_snapshot(found, writing.Orders(), here, config)
    if written is None:
        raise HandoffError(
            "There is nothing to write down: the session has done nothing yet, or is not known.",
            "Name one with --session or --transcript.",
        )
    _say_written(written, as_json)


@cli.command(name="list")
@click.option("--all", "everything", is_flag=True, help="Finished ones too.")
@_JSON
def list_briefs(everything: bool, as_json: bool) -> None:
    """List the briefs of this repository."""
    from handoff.flow import listing

    rows = listing.rows(_here(), os.getcwd(), everything=everything)
    if as_json:
        _print_json([asdict(row) for row in rows])
    elif not rows:
        click.echo(
            "No briefs here. /handoff in a session, or `handoff write`, makes one.", err=True
        )
    else:
        listing.show(rows)


@cli.command()
@click.argument("brief_id", metavar="ID")
@_JSON
def show(brief_id: str, as_json: bool) -> None:
    """Print a brief. ID may be any part of it that fits one brief only."""
    from handoff.brief import plain
    from handoff.flow import listing, material
    from handoff.repo import store

    here = _here()
    place = material.locate(os.getcwd())
    stored = store.find(place.root, brief_id)
    row = listing.row(stored, place, here)
    if as_json:
        _print_json({**asdict(row), "text": stored.raw.decode("utf-8", "replace")})
        return
    if stored.brief is None:
        raise HandoffError(stored.problem, f"Look at {stored.path}.")
    if not row.own:
        click.echo("handoff: not written on this machine, or changed since.", err=True)
    click.echo(plain.printable(stored.raw.decode("utf-8")), nl=False)


@cli.command()
@click.argument("brief_id", metavar="[ID]", default="")
@_SESSION
@click.option("--release", is_flag=True, help="Give a claimed brief back instead.")
@_JSON
def pickup(brief_id: str, session: str, release: bool, as_json: bool) -> None:
    """Claim a brief and print what a session needs to go on with it."""
    from handoff.flow import material
    from handoff.flow import pickup as picking
    from handoff.repo import claims, store

    here = _here()
    cwd = os.getcwd()
    session_id = material.current_session(here, session)
    if release:
        stored = store.find(material.locate(cwd).root, brief_id, (store.OPEN,))
        if stored.brief:
            claims.release(here.home, stored.brief.id)
        text = f"{stored.relative} is free again."
    else:
        stored, text = picking.by_hand(brief_id.strip(), session_id, here, cwd)
    if as_json:
        _print_json({"path": stored.relative, "text": text})
    else:
        _say(text)


@cli.command()
@click.argument("brief_id", metavar="ID")
@click.option(
    "--outcome", default="", metavar="TEXT", help="What came of it; - reads it from stdin."
)
@_JSON
def done(brief_id: str, outcome: str, as_json: bool) -> None:
    """Finish a brief: move it to .handoff/done with its outcome, in a commit of its own."""
    from handoff.flow import filing, material
    from handoff.repo import store

    here = _here()
    text = _stdin("the outcome") if outcome == "-" else outcome
    place = material.locate(os.getcwd())
    stored = store.find(place.root, brief_id, (store.OPEN,))
    moved, committed = filing.finish(
        place, [stored], text.strip() or "Finished.", here, here.config(place.root)
    )
    new_path = next(iter(moved.values()))
    if as_json:
        _print_json({"id": next(iter(moved)), "path": new_path, **asdict(committed)})
    elif committed.sha:
        _say(f"Done: {new_path}, committed as {committed.sha[:9]}.")
    else:
        _say(f"Done: {new_path}, not committed ({committed.reason}).")


@cli.command()
@_SESSION
@click.option("--transcript", default="", metavar="FILE", help="Read this transcript instead.")
@click.option("--watch", "live", is_flag=True, help="Go on showing it until Ctrl-C.")
@_JSON
def status(session: str, transcript: str, live: bool, as_json: bool) -> None:
    """How full the session is, what it costs, and what happens at which line."""
    from handoff.flow import panel, standing

    def take() -> standing.Standing:
        return standing.take(_here(), session, transcript, os.getcwd())

    try:
        if live and as_json:
            for found in panel.changes(take):
                click.echo(json.dumps(found.as_json()))
        elif live:
            panel.watch(take)
        elif as_json:
            _print_json(take().as_json())
        else:
            panel.show(take())
    except KeyboardInterrupt:
        if not live:
            raise


@cli.command()
@click.option(
    "--install",
    "change",
    flag_value="install",
    help="Put it into the client's settings, around yours if you have one.",
)
@click.option(
    "--uninstall",
    "change",
    flag_value="uninstall",
    help="Take it out again; what was there comes back.",
)
@_JSON
def statusline(change: str | None, as_json: bool) -> None:
    """Print one line about the session: the client's status line (JSON on standard input)."""
    if change is None:
        from handoff.flow import statusline as showing

        if sys.stdin.isatty():
            raise click.UsageError(
                "The client calls this; to set it up: handoff statusline --install"
            )
        showing.run(_here())
        return
    from handoff.flow import statusline_setup

    here = _here()
    install = change == "install"
    outcome = (
        statusline_setup.install(here, os.getcwd()) if install else statusline_setup.uninstall(here)
    )
    if as_json:
        _print_json(asdict(outcome))
    else:
        _say(outcome.words())


@cli.command()
@click.option(
    "--since", default="", metavar="DAY", help="Only from this day on: 2026-11-22, or 7d."
)
@click.option("--project", default="", metavar="DIR", help="Only of this directory's sessions.")
@_JSON
def usage(since: str, project: str, as_json: bool) -> None:
    """What all sessions used and cost, by day and model."""
    from handoff.flow import usage as used

    found = used.collect_shown(_here(), os.getcwd(), since=since, project=project)
    if as_json:
        _print_json(found.as_json())
    elif found.rows:
        used.show(found)
    else:
        click.echo("No transcripts with answers there.", err=True)
    if found.problem:
        _say(f"handoff: {found.problem}", err=True)


@cli.command()
@_JSON
def doctor(as_json: bool) -> None:
    """Say what works, what does not, and what mends it. Exit code 1 when something does not."""
    from handoff.flow import checkup, material

    found = checkup.checks(_here(), material.locate(os.getcwd()))
    if as_json:
        _print_json([asdict(check) for check in found])
    else:
        width = max(len(check.name) for check in found)
        for check in found:
            mark = {True: "ok  ", False: "FAIL", None: "note"}[check.ok]
            _say(f"{mark}  {check.name:<{width}}  {check.found}")
            if check.mend and check.ok is not True:
                _say(f"      {'':<{width}}  {check.mend}")
    if any(check.ok is False for check in found):
        sys.exit(EXIT_MENDABLE)


@cli.command()
@_JSON
def config(as_json: bool) -> None:
    """Show the configuration in force, and what is wrong in its files."""
    import yaml

    from handoff import configfile
    from handoff.flow.here import config_files

    here = _here()
    files = config_files(here.env, os.getcwd())
    found, problems = configfile.load(files)
    if as_json:
        _print_json(
            {"values": found.values, "files": files, "problems": [asdict(p) for p in problems]}
        )
    else:
        for path, owner in zip(files, ("yours", "the team's"), strict=True):
            there = "" if os.path.exists(path) else ", not there"
            _say(f"# {owner}: {path}{there}")
        click.echo(yaml.safe_dump(found.values, sort_keys=False, default_flow_style=None), nl=False)
        for problem in problems:
            _say(f"handoff: {problem}", err=True)
    if problems:
        sys.exit(EXIT_MENDABLE)


@cli.command()
@click.option("--keep", is_flag=True, help="Keep the temporary home and repository to look at.")
@click.option("--client", "program", default="", metavar="PATH", help="The client to run.")
@_JSON
def demo(keep: bool, program: str, as_json: bool) -> None:
    """Run the main job on the real client against a scripted model: no account, no key."""
    from handoff.demo import play

    report = play.run(dict(os.environ), program=program, keep=keep, quiet=as_json)
    if as_json:
        _print_json(report.as_json())
    if not report.passed:
        sys.exit(EXIT_MENDABLE)


@cli.command()
@click.argument("words", metavar="[ID] [QUESTION]...", nargs=-1)
@click.option("--file", default="", metavar="PATH", help="What was done with this file.")
@click.option("--command", default="", metavar="TEXT", help="Runs of commands that hold TEXT.")
@click.option("--around", type=click.IntRange(1), metavar="TURN", help="What surrounds a turn.")
@click.option("--max-tokens", type=click.IntRange(50, 100_000), default=1500, show_default=True,
              help="At most so much.")  # fmt: skip
@click.option("--session", default="", metavar="ID", help="Look into this session; no brief's ID.")
@click.option("--transcript", default="", metavar="FILE", help="Look into this; no brief's ID.")
@_JSON
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

    here = _here()
    if transcript:
        source = looking.of_file(transcript)
    elif session:
        source = looking.of_session(session, here)
    elif words:
        source, words = looking.of_brief(words[0], here, os.getcwd()), words[1:]
    else:
        raise click.UsageError("Name a brief (`handoff list` shows them), and ask something.")
    wanted = Wanted(" ".join(words), file, command, around or 0)
    found = looking.look(source, wanted, max_tokens, here)
    if as_json:
        _print_json(found.as_json())
    else:
        _say(found.text().rstrip("\n"))


@cli.command()
@click.argument("source", metavar="[FILE]", default="-")
@_SESSION
@_JSON
def lint(source: str, session: str, as_json: bool) -> None:
    """Hold the claims in a brief's State against the facts. Exit code 1 when they contradict.

    FILE is a brief, or the words for one, or a brief's ID; - (the default) is standard input.
    """
    from handoff.flow import examine

    if source == "-" and sys.stdin.isatty():
        raise click.UsageError("Name a file, or send a brief on standard input.")
    found = examine.check(source, session, _here(), os.getcwd())
    if as_json:
        _print_json([asdict(finding) for finding in found])
    elif not found:
        click.echo("Nothing in its State is contradicted by the facts.", err=True)
    else:
        for finding in found:
            _say(("contradicted: " if finding.contradicts else "not found: ") + str(finding))
    if any(finding.contradicts for finding in found):
        sys.exit(EXIT_MENDABLE)


@cli.command()
@click.argument("source", metavar="FILE")
@click.option("--inject", "injected", is_flag=True, help="As the next session is given it.")
@_JSON
def render(source: str, injected: bool, as_json: bool) -> None:
    """Print a brief as it is read. FILE is a file or a brief's ID."""
    from handoff.flow import examine

    text = examine.render(source, _here(), os.getcwd(), injected=injected)
    _print_json({"text": text, "characters": len(text)}) if as_json else _say(text)


@cli.command()
@click.argument("brief_id", metavar="ID")
@_JSON
def edit(brief_id: str, as_json: bool) -> None:
    """Open a draft in $EDITOR; when the editor ends, store and commit it as a brief."""
    from handoff.flow import examine

    _say_written(examine.edit(brief_id, _here(), os.getcwd()), as_json)


@cli.command(name="setup-tokens")
@_JSON
def setup_tokens(as_json: bool) -> None:
    """Fetch tiktoken's vocabulary (2 MB, from OpenAI's server), to count tokens by it.

    Without it they are estimated. Nothing else in handoff reaches a network by itself.
    """
    from handoff.brief import budget

    file = budget.fetch_vocabulary(_here().env)
    _print_json({"file": file}) if as_json else click.echo(f"Tokens are counted by {file}.")


@cli.command()
@click.argument("event")
def hook(event: str) -> None:
    """Answer one client event (JSON on stdin). Always exits 0: to the client, 2 means "block"."""
    if event == "statusline":  # where python3 is too old for hooks/hook.py
        from handoff.flow import statusline as showing

        showing.run(_here())
        return
    from handoff.flow import dispatch

    dispatch.run(event)


def _stdin(what: str) -> str:
    if sys.stdin.isatty():
        raise click.UsageError(f"Send {what} on standard input: handoff … <<'EOF' … EOF")
    raw = sys.stdin.buffer.read(_MAX_STDIN + 1)
    if len(raw) > _MAX_STDIN:
        raise HandoffError(f"Standard input is over {_MAX_STDIN} bytes.", "Send a shorter text.")
    return raw.decode("utf-8", "replace")


def _say_written(written: Any, as_json: bool) -> None:
    if as_json:
        _print_json(asdict(written))
        return
    _say(f"Brief {written.id}")
    _say(f"  {written.summary()}")
    for past in written.finished:
        click.echo(f"  replaces {past}, now in .handoff/done")
    for name in written.cut:
        _say(f"  cut for length (brief.max_tokens): {name}")
    for finding in written.findings:
        _say(f"  shown in it under Findings: {finding}")
    if written.draft:
        return
    click.echo("  A fresh session here picks it up by itself (/clear, or a new `claude`).")
    click.echo(f"  By hand: /handoff:pickup {written.id}")
    if written.on_branch:
        click.echo(f"  To undo: git revert {written.commit[:9]}")
