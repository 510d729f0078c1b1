"""Directories that a person added to a session: `--add-dir` and `/add-dir`.

The client reads commands and skills from them (docs/client.md, "Names of commands"), and no hook's
input names them. The flag stands on the client's command line, the command in the transcript.
"""

from __future__ import annotations

import os

from handoff.base import quickjson
from handoff.client.transcript import tail

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_FLAG = "--add-dir"
_COMMAND = "<command-name>/add-dir</command-name>"
_ARGUMENTS = ("<command-args>", "</command-args>")
# What the command prints when it has added one, bold: also where the path was typed in its dialog.
_ANSWER = ("Added \x1b[1m", "\x1b[22m as a working directory")
_MARKS = (b"/add-dir<", b"as a working directory")


def find(process: int, transcript: str, directories: Sequence[str]) -> list[str]:
    """The directories added to the session of a client's `process`; a person may have declined one.

    Relative ones are taken as being in each of `directories`.
    """
    given = [*from_arguments(command_line(process)), *from_transcript(transcript)]
    return list(
        dict.fromkeys(os.path.join(directory, path) for path in given for directory in directories)
    )


def command_line(process: int) -> list[str]:
    """The words a process was started with; [] where the system does not say it in a file."""
    try:
        with open(f"/proc/{process}/cmdline", "rb") as file:
            return [os.fsdecode(word) for word in file.read().split(b"\0")]
    except OSError:
        return []


def from_arguments(words: Sequence[str]) -> Iterator[str]:
    """The directories of `--add-dir A B` and `--add-dir=A`."""
    takes = False
    for word in words:
        if word.startswith("-"):
            takes = word == _FLAG
            if word.startswith(f"{_FLAG}="):
                yield word.partition("=")[2]
        elif takes and word:
            yield word


def from_transcript(path: str) -> Iterator[str]:
    """The directories of each `/add-dir`, as typed and as the client answered."""
    try:
        with open(path, "rb", opener=tail.open_regular) as file:
            lines = [line for line in file if any(mark in line for mark in _MARKS)]
    except (OSError, ValueError):
        return
    for line in lines:
        try:
            content = quickjson.loads(line)["message"]["content"]
        except (ValueError, KeyError, TypeError, RecursionError):
            continue
        if not isinstance(content, str):
            continue
        start, end = _ARGUMENTS if _COMMAND in content else _ANSWER
        directory = content.partition(start)[2].partition(end)[0].strip()
        if directory and "\0" not in directory:
            yield directory
