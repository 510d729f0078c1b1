"""The directories that a person added, as the command line and the transcript show them."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from handoff.client import added_directories
from support.added import line, typed

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--add-dir", "/a", "b", "-p", "c"], ["/a", "b"]),
        (["--add-dir=/a b", "c", "--add-dir=d"], ["/a b", "d"]),
        (["/a", "--add-dirs", "b", "--add-dir"], []),
        (["--add-dir", "/a", "--add-dir", "/b", ""], ["/a", "/b"]),
    ],
)
def test_the_flag(words: list[str], expected: list[str]) -> None:
    """It takes any number of words, or one with `=`."""
    assert list(added_directories.from_arguments(["claude", *words])) == expected


def test_the_command_line_of_a_process() -> None:
    """It is read where the system has it, and no process has none."""
    assert added_directories.command_line(os.getpid())[0] == sys.orig_argv[0]
    assert added_directories.command_line(2**30) == []


def answered(path: str) -> str:
    """What it printed."""
    return line(
        f"<local-command-stdout>Added \x1b[1m{path}\x1b[22m as a working directory for this "
        "session \x1b[2m· /permissions to manage\x1b[22m</local-command-stdout>"
    )


def test_the_command(tmp_path: Path) -> None:
    """Typed with a path, or without one and asked for it; damaged and other lines are passed by."""
    path = tmp_path / "transcript.jsonl"
    path.write_text(
        typed("/a b/ä")
        + answered("/a b/ä")
        + typed("../c")
        + typed("")
        + answered("/d")
        + typed("/e\0")
        + line([{"type": "text", "text": "<command-name>/add-dir</command-name>"}])
        + line("look at this as a working directory")
        + '{"message": "/add-dir</command-name>"}\n[1]\n{"/add-dir<": \n'
    )

    assert list(added_directories.from_transcript(str(path))) == ["/a b/ä", "/a b/ä", "../c", "/d"]
    assert list(added_directories.from_transcript(str(tmp_path / "none"))) == []
    directories = added_directories.find(2**30, str(path), ["/x", ""])
    assert directories == ["/a b/ä", "/x/../c", "../c", "/d"]


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    """A transcript's path is whatever a hook's input says."""
    os.mkfifo(tmp_path / "pipe")

    assert list(added_directories.from_transcript(str(tmp_path / "pipe"))) == []
    assert list(added_directories.from_transcript("")) == []
