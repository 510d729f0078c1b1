"""Briefs in a repository: `.handoff/open/<id>.md`, and `.handoff/done/<id>.md` when finished.

The folder is the state. Nothing here follows a symbolic link or leaves the repository.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from handoff import fsio
from handoff.brief import document, plain
from handoff.errors import HandoffError

FOLDER = ".handoff"
OPEN, DONE = "open", "done"
_NAMED = 5  # names in a message


@dataclass(frozen=True)
class Stored:
    """A brief's file. `brief` is None when `problem` says why it cannot be read as one.

    `relative` is its POSIX path from the root, `folder` is `open` or `done`.
    """

    path: str
    relative: str
    folder: str
    raw: bytes
    brief: document.Brief | None
    problem: str = ""


def relative_path(folder: str, brief_id: str) -> str:
    """The path of a brief from the root, with slashes."""
    return f"{FOLDER}/{folder}/{brief_id}.md"


def read_all(root: str, folder: str = OPEN) -> list[Stored]:
    """The briefs of a folder, oldest first (by name); what is no brief comes with its problem."""
    directory = Path(root) / FOLDER / folder
    if _is_link(directory.parent) or _is_link(directory) or not directory.is_dir():
        return []
    names = sorted(name for name in os.listdir(directory) if name.endswith(".md"))
    return [_read(root, folder, name) for name in names]


def find(root: str, wanted: str, folders: tuple[str, ...] = (OPEN, DONE)) -> Stored:
    """The brief whose id is, begins with, ends with or contains `wanted`; it must be the only one.

    Raises HandoffError when there is none or more than one.
    """
    everything = [stored for folder in folders for stored in read_all(root, folder)]
    named = [(Path(stored.path).stem, stored) for stored in everything]
    for fits in (str.__eq__, str.startswith, str.endswith, str.__contains__):
        found = [stored for name, stored in named if fits(name, wanted)]
        if len(found) == 1:
            return found[0]
        if found:
            names = ", ".join(plain.one_line(Path(item.path).stem, 80) for item in found[:_NAMED])
            raise HandoffError(
                f"{wanted!r} fits {len(found)} briefs: {names}.", "Give more of the id."
            )
    raise HandoffError(
        f"There is no brief {wanted[:80]!r} in {Path(root) / FOLDER}.",
        "`handoff list --all` shows them.",
    )


def write(root: str, folder: str, brief_id: str, raw: bytes) -> str:
    """Put a brief's bytes in place, whole or not at all; returns its path."""
    directory = _make_folder(root, folder)
    path = str(directory / f"{brief_id}.md")
    fsio.write_atomic(path, raw, mode=0o644)
    return path


def remove(root: str, folder: str, brief_id: str) -> None:
    """Take a brief's file away, if it is there."""
    (Path(root) / FOLDER / folder / f"{brief_id}.md").unlink(missing_ok=True)


def _read(root: str, folder: str, name: str) -> Stored:
    relative = f"{FOLDER}/{folder}/{name}"
    path = str(Path(root) / relative)
    try:
        raw = _read_regular(path)
        brief = document.parse(raw, relative)
        if f"{brief.id}.md" != name:
            raise HandoffError(f"{relative}: its `id` is {brief.id}, another one's.")
    except HandoffError as error:
        return Stored(path, relative, folder, b"", None, error.what)
    return Stored(path, relative, folder, raw, brief)


def _read_regular(path: str) -> bytes:
    """The bytes of a regular file; a link, a pipe or a device is not opened."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise HandoffError(f"{path}: cannot be read ({error.strerror}).") from None
    with open(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise HandoffError(f"{path}: not a regular file.")
        return file.read(document.MAX_BYTES + 1)


def _make_folder(root: str, folder: str) -> Path:
    directory = Path(root) / FOLDER / folder
    for part in (directory.parent, directory):
        if _is_link(part) or (part.exists() and not part.is_dir()):
            raise HandoffError(
                f"{part} is no directory, so no brief can be written there.",
                "Move it away, then write the brief again.",
            )
        try:
            part.mkdir(exist_ok=True)
        except OSError as error:
            raise HandoffError(
                f"{part} cannot be created: {error.strerror}.",
                "Mend its permissions, then try again.",
            ) from None
    return directory


def _is_link(path: Path) -> bool:
    return path.is_symlink()
