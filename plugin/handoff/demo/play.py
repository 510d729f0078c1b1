"""`handoff demo`: the main job on the real client, step by step, each step with its evidence.

Session 1 works on a small repository and crosses the handoff threshold; the plugin makes it write
and commit a brief. Session 2 starts, and the brief is in its first request to the model. The model
is a script on loopback; everything else is real.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

from handoff.base import paths
from handoff.brief.sections import FACTS
from handoff.demo import script, steps
from handoff.demo.api import ScriptedApi
from handoff.demo.stage import Stage, Terminal
from handoff.demo.steps import FailedError, Step
from handoff.session import state
from handoff.store import brief_files
from handoff.store.folders import ATTRIBUTES

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterator, Mapping

    from handoff.demo.steps import Report

_STEP_SECONDS = 40


def run(env: Mapping[str, str], *, program: str = "", keep: bool = False, quiet: bool) -> Report:
    """Play the main job and report. The files are kept when asked for, or when a step failed."""
    return steps.perform(
        lambda folder, client: _play(Stage(folder), client),
        env, program=program, keep=keep, quiet=quiet,
    )  # fmt: skip


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
        raise FailedError(f"one brief in .handoff/open (there are {len(briefs)})")
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
            raise FailedError(f"{what} ({waited}); it showed:\n{terminal.output[-1500:]}")
        time.sleep(0.02)
