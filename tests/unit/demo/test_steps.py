"""A demo leaves nothing behind but what is worth a look, and nothing runs on."""

from __future__ import annotations

import os
import sys
import tempfile
from typing import TYPE_CHECKING

import pytest

from handoff.demo import steps
from handoff.demo.stage import Command
from handoff.demo.steps import FailedError, Line, Step

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A program that says it is the client; temporary folders are below `tmp_path`."""
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    program = tmp_path / "claude"
    program.write_text('#!/bin/sh\necho "2.1.330 (Claude Code)"\n')
    program.chmod(0o755)
    return str(program)


def left(client: str) -> list[str]:
    """The demo folders that are left."""
    return os.listdir(os.path.join(os.path.dirname(client), "tmp"))


def passes(_: Path, __: str) -> Iterator[Step | Line]:
    yield Line("$ work")
    yield Step("it works", True, "seen")


def test_it_passes(client: str) -> None:
    """The steps are reported, a program's lines are not, and the files are gone."""
    report = steps.perform(passes, os.environ, program=client, quiet=True)

    assert report.passed
    assert [step.name for step in report.steps] == ["the real client", "it works"]
    assert (report.folder, left(client)) == ("", [])


def test_files_are_kept(client: str) -> None:
    """Asked for, the files stay."""
    report = steps.perform(passes, os.environ, program=client, keep=True, quiet=True)

    assert [report.folder.rpartition("/")[2]] == left(client)


@pytest.mark.parametrize("error", [FailedError("no brief"), TimeoutError("late")])
def test_a_step_that_did_not_happen(client: str, error: Exception) -> None:
    """The step is named and the files stay."""

    def play(_: Path, __: str) -> Iterator[Step | Line]:
        yield Step("it works", True, "")
        raise error

    report = steps.perform(play, os.environ, program=client, quiet=True)

    assert not report.passed
    assert report.steps[-1] == Step(f"{error}", False, "")
    assert [report.folder.rpartition("/")[2]] == left(client)


def test_a_mistake_of_ours(client: str) -> None:
    """An unexpected error keeps the files for a look."""

    def play(_: Path, __: str) -> Iterator[Step | Line]:
        yield Step("it works", True, "")
        raise ValueError

    with pytest.raises(ValueError):  # any
        steps.perform(play, os.environ, program=client, quiet=True)

    assert len(left(client)) == 1


def test_ctrl_c(client: str, tmp_path: Path) -> None:
    """After Ctrl-C no program runs on, and the files are gone."""
    ended = tmp_path / "ended"
    code = (
        "import pathlib, time\n"
        "try: print('ready', flush=True); time.sleep(60)\n"
        f"except KeyboardInterrupt: pathlib.Path({str(ended)!r}).touch()"
    )

    def play(_: Path, __: str) -> Iterator[Step | Line]:
        with Command([sys.executable, "-c", code], tmp_path, os.environ, 60) as command:
            for line in command.lines:
                yield Line(line)
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        steps.perform(play, os.environ, program=client, quiet=True)

    assert ended.exists()
    assert left(client) == []


def test_a_command_that_does_not_end(tmp_path: Path) -> None:
    """It is told to end when its time is up."""
    code = "import time; time.sleep(60)"
    with Command([sys.executable, "-c", code], tmp_path, os.environ, 0.5) as command:
        list(command.lines)

        assert command.code != 0
