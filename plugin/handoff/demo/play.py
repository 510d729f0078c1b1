"""`handoff demo`: the main job on the real client, step by step, each step with its evidence.

Session 1 works on a small repository and crosses the handoff threshold; the plugin makes it write
and commit a brief. Session 2 starts, and the brief is in its first request to the model. The model
is a script on loopback; everything else is real.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from handoff.base import paths
from handoff.base.errors import HandoffError
from handoff.brief.sections import FACTS
from handoff.client import versions
from handoff.demo import download, script
from handoff.demo.api import ScriptedApi
from handoff.demo.stage import Stage, Terminal
from handoff.launch import client_program
from handoff.session import state
from handoff.store import brief_files
from handoff.store.folders import ATTRIBUTES

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterator, Mapping

_STEP_SECONDS = 40


@dataclass(frozen=True)
class Step:
    """One thing that had to happen, whether it did, and what shows it."""

    name: str
    ok: bool
    evidence: str


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


class _Failed(Exception):  # noqa: N818 - the step that did not happen; the report has it
    pass


def run(env: Mapping[str, str], *, program: str = "", keep: bool = False, quiet: bool) -> Report:
    """Play the main job and report. The files are kept when asked for, or when a step failed."""
    report = Report()
    with _screen(quiet) as show:
        program_used = _client(env, program, report, show)
        folder = Path(tempfile.mkdtemp(prefix="handoff-demo-")).resolve()
        began = time.monotonic()
        try:
            for step in _play(Stage(folder), program_used):
                report.steps.append(step)
                show(step)
        except (_Failed, TimeoutError) as failure:
            report.steps.append(Step(f"{failure}", False, ""))
            show(report.steps[-1])
        finally:
            report.seconds = round(time.monotonic() - began, 1)
            if keep or not report.passed:
                report.folder = str(folder)
            else:
                shutil.rmtree(folder, ignore_errors=True)
    if not quiet:
        _close(report)
    return report


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


def _play(stage: Stage, program: str) -> Iterator[Step]:
    stage.make_repository()
    stage.link_environment()
    (stage.project / "notes.txt").write_text(
        "staged by the user, not committed\n", encoding="utf-8"
    )
    stage.git("add", "notes.txt")
    yield Step(
        "a temporary home and repository",
        True,
        f"{stage.project}, HEAD {_head(stage)}, notes.txt staged by the user",
    )
    command = [
        program,
        "--plugin-dir",
        paths.plugin_root(),
        "--permission-mode",
        "acceptEdits",
        "--allowedTools=Bash(python3:*)",
    ]
    model = script.Model(stage.project)
    with ScriptedApi(model.answer) as api:
        env = stage.env(api.url)
        with Terminal([*command, "--", script.PROMPT], stage.project, env) as terminal:
            yield from _first_session(stage, model, terminal)
        stored = _written(stage)
        yield from _brief_steps(stage, stored)
        with Terminal([*command, "--", "go on"], stage.project, env) as terminal:
            _wait(model.second_session, "session 2 reached the model", terminal)
        yield from _second_session(stage, model, stored)


def _first_session(stage: Stage, model: script.Model, terminal: Terminal) -> Iterator[Step]:
    _wait(model.worked, "session 1 worked", terminal)
    yield Step(
        "session 1 worked",
        True,
        f"the model made {model.calls} tool calls; context {model.tokens:,} tokens",
    )
    _wait(model.asked, "the Stop hook asked for a brief at the threshold", terminal)
    yield Step("the threshold was crossed and /handoff ran automatically", True, model.asked_with)
    _wait(model.reported, "the model wrote the brief", terminal)
    _until(lambda: _settled(stage), "the Stop hook saw the brief", terminal)
    yield Step("the model wrote the brief without a keystroke", True, model.reported_with)


def _brief_steps(stage: Stage, stored: brief_files.StoredBrief) -> Iterator[Step]:
    brief = stored.brief
    sections = ", ".join(brief.sections) if brief else ""
    yield Step("a brief is in the repository", brief is not None, f"{stored.relative}: {sections}")
    facts = brief.sections.get(FACTS, "") if brief else ""
    wanted = ("never touch till/basket.py", "till/receipt.py", "python3 -m unittest")
    yield Step(
        "code added facts: request, files, commands",
        all(fact in facts for fact in wanted),
        "; ".join(line for line in facts.splitlines() if "unittest" in line or "Edited" in line),
    )
    files = stage.git("show", "--name-only", "--format=", "HEAD").split()
    files = [file for file in files if file != ATTRIBUTES]  # comes with a repository's first brief
    staged = stage.git("diff", "--cached", "--name-only").split()
    yield Step(
        "the brief is a commit of its own",
        files == [stored.relative] and staged == ["notes.txt"],
        f"commit {_head(stage)}: {', '.join(files)}; still staged: {', '.join(staged)}",
    )


def _second_session(
    stage: Stage, model: script.Model, stored: brief_files.StoredBrief
) -> Iterator[Step]:
    text = model.second_text
    name = stored.brief.id if stored.brief else "?"
    start = text.find("This session continues earlier work")
    end = text.find("OUTCOME on a line of its own", start)
    injected = text[start:end] if 0 <= start < end else ""
    yield Step(
        "session 2 was given the brief in its first request",
        f'<handoff-brief id="{name}">' in injected,
        f"{len(injected):,} characters, added by the SessionStart hook",
    )
    yield Step(
        "the user's constraint arrived word for word",
        "never touch till/basket.py" in injected,
        "“never touch till/basket.py”",
    )
    claim = stage.state / "claims" / f"{name}.json"
    owner = json.loads(claim.read_text()).get("session", "") if claim.exists() else ""
    yield Step(
        "the brief is claimed, so no other session gets it", bool(owner), f"by session {owner}"
    )


def _written(stage: Stage) -> brief_files.StoredBrief:
    briefs = brief_files.read_all(str(stage.project))
    if len(briefs) != 1:
        raise _Failed(f"one brief in .handoff/open (there are {len(briefs)})")
    return briefs[0]


def _settled(stage: Stage) -> bool:
    sessions = [json.loads(path.read_text()) for path in (stage.state / "sessions").glob("*.json")]
    return any(state.SessionState(values).settled for values in sessions)


def _head(stage: Stage) -> str:
    return stage.git("rev-parse", "--short", "HEAD").strip()


def _wait(event: threading.Event, what: str, terminal: Terminal) -> None:
    _until(lambda: event.wait(0.1), what, terminal)


def _until(check: Callable[[], bool], what: str, terminal: Terminal) -> None:
    deadline = time.monotonic() + _STEP_SECONDS
    while not check():
        waited = "the client ended" if terminal.has_ended else ""
        if time.monotonic() > deadline:
            waited = f"waited {_STEP_SECONDS} s"
        if waited:
            raise _Failed(f"{what} ({waited}); it showed:\n{terminal.output[-1500:]}")
        time.sleep(0.02)


class _screen:  # noqa: N801 - a context manager that reads as a function
    """Shows steps as they happen; silent when `quiet`."""

    def __init__(self, quiet: bool) -> None:
        from rich.console import Console

        self._console = Console(quiet=quiet, highlight=False)
        self._status = self._console.status("looking for a client")

    def __enter__(self) -> Callable[[Step | str], None]:
        self._status.start()
        return self._show

    def __exit__(self, *_: object) -> None:
        self._status.stop()

    def _show(self, step: Step | str) -> None:
        from rich.markup import escape

        if isinstance(step, str):
            self._print(step, "")
            self._status.update("downloading")
            return
        mark = "[green]✓[/green]" if step.ok else "[red]✗[/red]"
        self._console.print(f"{mark} {escape(step.name)}")
        if step.evidence:
            self._print(step.evidence, "dim", indent=2)
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
