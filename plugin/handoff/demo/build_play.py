"""`handoff demo --build`: a spec is built by the real client, and code says what works.

The application, the spec and its tests are files of the demo; `handoff spec accept` and
`handoff build` are the real command line, and its sessions are the real client. The model is a
script on loopback: one of its sessions claims success and writes nothing, one replaces its test.
"""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING

from handoff.base import paths
from handoff.build import journal as journals
from handoff.demo import build_app, build_evidence, build_script, steps
from handoff.demo.api import ScriptedApi
from handoff.demo.stage import Command, Stage
from handoff.demo.steps import FailedError, Line, Step
from handoff.specs import acceptance

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from handoff.build.journal import Journal
    from handoff.demo.steps import Report

_COMMAND_SECONDS = 60
_BUILD_SECONDS = 240
_BRANCH = f"handoff/{build_app.SPEC}"
_NOTES = "notes.txt"


def run(env: Mapping[str, str], *, program: str = "", keep: bool = False, quiet: bool) -> Report:
    """Play a build and report. The files are kept when asked for, or when a step failed."""
    return steps.perform(_play, env, program=program, keep=keep, quiet=quiet)


def _play(folder: Path, program: str) -> Iterator[Step | Line]:
    stage = Stage(folder, build_app.files())
    _set_up(stage, program)
    head, status = _state_of(stage)
    yield Step(
        "a temporary home and repository",
        True,
        f"{stage.project}, HEAD {head[:10]}, {_NOTES} staged by the user",
    )
    yield from _run(stage, "spec", "check", build_app.SHORT)
    yield build_evidence.of_spec()
    yield from _run(stage, "spec", "accept", build_app.SHORT, "--yes")
    accepted = acceptance.load(str(stage.state), build_app.SPEC)
    yield build_evidence.of_consent(accepted)
    model = build_script.Model(_worktree(stage))
    with ScriptedApi(model.answer) as api:
        yield from _build(stage, model, api.url)
    yield from _end(stage, _journal(stage))
    yield Step(
        "the user's worktree is as it was",
        (head, status) == _state_of(stage),
        f"HEAD {head[:10]}, {_NOTES} still staged; the work is on branch {_BRANCH}",
    )
    yield build_evidence.of_requests(_journal(stage), api)


def _set_up(stage: Stage, program: str) -> None:
    """The repository, the user's configuration, and `claude` on the PATH."""
    stage.make_repository("Say what is to be built, and test it")
    stage.link_environment()
    (stage.project / _NOTES).write_text("staged by the user, not committed\n", encoding="utf-8")
    stage.git("add", _NOTES)
    client = stage.root / "bin" / "claude"
    client.parent.mkdir()
    client.write_text(f'#!/bin/sh\nexec {shlex.quote(program)} "$@"\n', encoding="utf-8")
    client.chmod(0o755)
    route = {
        "when": {"for": "builder"},
        "args": ["--plugin-dir", paths.plugin_root()],
        "permission_mode": "acceptEdits",
        "allowed_tools": ["Bash"],
    }
    config = stage.home / ".config" / "handoff" / "config.yaml"
    config.parent.mkdir(parents=True)
    config.write_text(json.dumps({"routes": [route]}), encoding="utf-8")


def _run(stage: Stage, *arguments: str) -> Iterator[Line]:
    """Run a command of handoff; the lines that it prints. Raises FailedError if it fails."""
    shown = " ".join(("handoff", *arguments))
    yield Line(f"$ {shown}")
    lines: list[str] = []
    command = [stage.command_line, *arguments]
    with Command(command, stage.project, stage.basic_env, _COMMAND_SECONDS) as running:
        for line in running.lines:
            lines.append(line)
            yield Line(line)
        if running.code != 0:
            raise FailedError(f"`{shown}` (exit code {running.code}):\n" + "\n".join(lines[-20:]))


def _build(stage: Stage, model: build_script.Model, api_url: str) -> Iterator[Step | Line]:
    """Build it: the command's lines as they come, and a step after each session."""
    env = stage.env(api_url)
    # What is asked of another address shows in `ScriptedApi.refused`.
    env |= dict.fromkeys(("HTTPS_PROXY", "HTTP_PROXY"), api_url) | {"NO_PROXY": "127.0.0.1"}
    env["PATH"] = f"{stage.root / 'bin'}:{env['PATH']}"
    shown = f"handoff build {build_app.SHORT}"
    yield Line(f"$ {shown}")
    lines: list[str] = []
    judged = 0
    command = [stage.command_line, "build", build_app.SHORT]
    with Command(command, stage.project, env, _BUILD_SECONDS) as running:
        for line in running.lines:
            lines.append(line)
            yield Line(line)
            if build_evidence.is_verification(line):
                yield build_evidence.of_session(_journal(stage), judged, lines)
                judged += 1
                if judged == build_evidence.TOLD:
                    yield build_evidence.of_next_brief(model)
        code = running.code
    if judged != len(build_script.ACTS) or code != 0:
        said = "\n".join(lines[-30:])
        raise FailedError(
            f"`{shown}` verified {len(build_app.FEATURES)} features in "
            f"{len(build_script.ACTS)} sessions (exit code {code}, {judged} sessions):\n{said}"
        )


def _end(stage: Stage, journal: Journal) -> Iterator[Step | Line]:
    yield build_evidence.of_counts(journal)
    worktree = _worktree(stage)
    checked = ["python3", "-m", "unittest", "-q", *(one.test_path for one in build_app.FEATURES)]
    with Command(checked, worktree, stage.basic_env, _COMMAND_SECONDS) as running:
        said = [line for line in running.lines if line]
        code = running.code
    yield Step(
        "the accepted tests pass on the branch, run without handoff",
        code == 0 and build_evidence.has_accepted_tests(worktree),
        f"{' '.join(checked)}: {said[-1] if said else ''}",
    )
    commits = {
        one.id: stage.git("log", "--format=%h %s", f"HEAD..{_BRANCH}", "--", one.path).splitlines()
        for one in build_app.FEATURES
    }
    yield build_evidence.of_commits(commits)


def _journal(stage: Stage) -> Journal:
    journal = journals.load(str(stage.state), build_app.SPEC)
    if journal is None:
        raise FailedError("the build has a journal")
    return journal


def _worktree(stage: Stage) -> Path:
    return stage.root / f"{stage.project.name}.handoff" / build_app.SPEC


def _state_of(stage: Stage) -> tuple[str, str]:
    """The user's HEAD, and what `git status` says."""
    return stage.git("rev-parse", "HEAD").strip(), stage.git("status", "--porcelain")
