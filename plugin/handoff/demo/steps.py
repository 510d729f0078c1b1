"""A demo is steps, each with its evidence: they are shown as they happen, and reported."""

from __future__ import annotations

import shutil
import tempfile
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from handoff.base.errors import HandoffError
from handoff.client import versions
from handoff.demo import download
from handoff.launch import client_program

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


@dataclass(frozen=True)
class Step:
    """One thing that had to happen, whether it did, and what shows it."""

    name: str
    ok: bool
    evidence: str


@dataclass(frozen=True)
class Line:
    """A line that a program on stage printed; it is shown and not reported."""

    text: str


@dataclass
class Report:
    """How the demo went. `folder` is where its files are, "" when they are gone."""

    steps: list[Step] = field(default_factory=list)
    client: str = ""
    seconds: float = 0.0
    folder: str = ""

    @property
    def passed(self) -> bool:
        """Whether every step happened."""
        return bool(self.steps) and all(step.ok for step in self.steps)

    def as_json(self) -> dict[str, Any]:
        """The JSON of `handoff demo --json`."""
        return {**asdict(self), "passed": self.passed}


class FailedError(Exception):
    """The step that did not happen."""


def perform(
    play: Callable[[Path, str], Iterator[Step | Line]],
    env: Mapping[str, str],
    *,
    program: str = "",
    keep: bool = False,
    quiet: bool,
) -> Report:
    """Play it in a temporary folder, with the client, and report. The files are kept when asked
    for, or when a step failed; not after Ctrl-C.
    """
    report = Report()
    with _Screen(quiet=quiet) as screen:
        program_used = _client(env, program, report, screen.show)
        folder = Path(tempfile.mkdtemp(prefix="handoff-demo-")).resolve()
        began = time.monotonic()
        is_kept = keep
        try:
            _play_all(play(folder, program_used), report, screen)
            is_kept = keep or not report.passed
        except Exception:
            is_kept = True
            raise
        finally:
            report.seconds = round(time.monotonic() - began, 1)
            if is_kept:
                report.folder = str(folder)
            else:
                shutil.rmtree(folder, ignore_errors=True)
    if not quiet:
        _close(report)
    return report


def _play_all(steps: Iterator[Step | Line], report: Report, screen: _Screen) -> None:
    try:
        for step in steps:
            if isinstance(step, Step):
                report.steps.append(step)
            screen.show(step)
    except (FailedError, TimeoutError) as failure:
        report.steps.append(Step(f"{failure}", False, ""))
        screen.show(report.steps[-1])
    finally:
        close = getattr(steps, "close", None)
        if close is not None:
            close()  # what runs on stage ends before its files go


def _client(
    env: Mapping[str, str], program: str, report: Report, show: Callable[[Step | str], None]
) -> str:
    """The client to run: the one named, the first on the PATH that can be used, else one fetched
    from npm. Any version from the oldest supported one on is used.
    """
    refused: list[client_program.Client] = []
    if program:
        client: client_program.Client | None = client_program.check(program, env)
    else:
        client, refused = client_program.choose(env)
    if client is None:
        why = "; ".join(other.problem for other in refused) or "no client is on the PATH"
        fetched = client_program.install(
            versions.FETCHED, env, why, lambda folder: show(download.describe(why, folder))
        )
        client = client_program.check(fetched, env)
    if client.problem:
        raise HandoffError(
            f"{client.problem}.",
            f"Name the program of Claude Code {versions.OLDEST} or later with --client.",
        )
    report.client = client.version
    step = Step("the real client", True, f"Claude Code {client.version}: {client.program}")
    report.steps.append(step)
    show(step)
    return client.program


class _Screen:
    """Shows steps as they happen; silent when `quiet`."""

    def __init__(self, *, quiet: bool) -> None:
        from rich.console import Console

        self._console = Console(quiet=quiet, highlight=False)
        self._status = self._console.status("looking for a client")

    def __enter__(self) -> _Screen:
        self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._status.stop()

    def show(self, step: Step | Line | str) -> None:
        """Show a step, a line of a program on stage, or what is downloaded now."""
        from rich.markup import escape

        if isinstance(step, str):
            self._print(step, "")
            self._status.update("downloading")
            return
        if isinstance(step, Line):
            self._print(step.text, "cyan", indent=4)
            return
        mark = "[green]✓[/green]" if step.ok else "[red]✗[/red]"
        self._console.print(f"{mark} {escape(step.name)}")
        if step.evidence:
            for line in step.evidence.splitlines():
                self._print(line, "dim", indent=2)
        self._status.update("running the demo")

    def _print(self, text: str, style: str, indent: int = 0) -> None:
        """Print a text, wrapped between words where a screen is looked at."""
        from rich.padding import Padding
        from rich.text import Text

        shown = Text(text, style=style)
        if self._console.is_terminal:
            self._console.print(Padding(shown, (0, 0, 0, indent)))
        else:
            self._console.print(Text(" " * indent) + shown, soft_wrap=True)


def _close(report: Report) -> None:
    import click

    if report.passed:
        click.echo(f"The demo passed: {len(report.steps)} steps in {report.seconds:g} s.")
    else:
        failed = next(number for number, step in enumerate(report.steps, 1) if not step.ok)
        click.echo(f"The demo failed at step {failed}. Look at {report.folder}", err=True)
    if report.passed and report.folder:
        click.echo(f"Its files are in {report.folder}")
