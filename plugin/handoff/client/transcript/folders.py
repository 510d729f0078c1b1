"""Where the transcripts are: a session's, its subagents', all of them.

Standard library only, without pathlib: the status line loads this.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_MAX_NAME_CHARS = 200


def all_below(config_dir: str) -> Iterator[tuple[str, str, str]]:
    """All transcripts below the client's configuration directory, subagents' included.

    Each as the name of its project's folder, its session ("" for the subagents of clients before
    2.1, which lie beside the sessions) and its path.
    """
    for project in _entries(os.path.join(config_dir, "projects")):
        for entry in _entries(project.path):
            if entry.name.endswith(".jsonl"):
                session = "" if entry.name.startswith("agent-") else entry.name[:-6]
                yield project.name, session, entry.path
            elif entry.is_dir(follow_symlinks=False):
                for path in subagents(entry.path + ".jsonl"):
                    yield project.name, entry.name, path


def folder_name(directory: str) -> str:
    """The client's name of a project's folder: the directory, all but letters and digits as `-`.

    The client counts in UTF-16, and shortens long names (`is_named`).
    """
    return "".join(
        char if char.isascii() and char.isalnum() else "--" if ord(char) > 0xFFFF else "-"
        for char in directory
    )


def is_named(folder: str, directory: str) -> bool:
    """Whether a project's folder, by its name, can be that of `directory`.

    A name of over 200 characters is cut there, and a hash follows that only the client can make.
    """
    name = folder_name(directory)
    if len(name) <= _MAX_NAME_CHARS:
        return bool(name) and folder == name
    return folder.startswith(name[:_MAX_NAME_CHARS] + "-")


def subagents(transcript: str) -> list[str]:
    """The transcripts of a session's subagents, workflows' agents included, sorted."""
    transcripts: list[str] = []
    folders = [subagents_folder(transcript)]
    while folders:
        for entry in _entries(folders.pop()):
            if entry.name.startswith("agent-") and entry.name.endswith(".jsonl"):
                transcripts.append(entry.path)
            elif entry.is_dir(follow_symlinks=False):
                folders.append(entry.path)
    return sorted(transcripts)


def _entries(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except (OSError, ValueError):
        return []


def subagents_folder(transcript: str) -> str:
    """Where the transcripts of a session's subagents are."""
    return os.path.join(transcript.removesuffix(".jsonl"), "subagents")
