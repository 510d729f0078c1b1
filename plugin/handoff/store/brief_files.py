"""Briefs in a repository: `.handoff/open/<id>.md`, and `.handoff/done/<id>.md` when finished.

The folder is the state. A brief that is in both is finished, if the file in `done` is that brief
(`store.finished_briefs`): anybody can put a file there. Nothing here follows a symbolic link or
leaves the repository.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from handoff.base import file_io, locks, plain_text
from handoff.base.errors import HandoffError
from handoff.brief import document, marking
from handoff.git import discovery
from handoff.store.finished_briefs import finishes
from handoff.store.match_id import match_id

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FOLDER = ".handoff"
OPEN, DONE = "open", "done"
_PROBLEM_CHARS = 400
_TURN_SECONDS = 15.0


@dataclass(frozen=True)
class StoredBrief:
    """A brief's file. `brief` is None when `problem` says why it cannot be read as one.

    `relative` is its POSIX path from the root, `folder` is `open` or `done`. `raw` is what counts
    as the brief's bytes; the file has others, `on_disk`, where only its form was changed since
    (`store.originals`).
    """

    path: str
    relative: str
    folder: str
    raw: bytes
    brief: document.Brief | None
    problem: str = ""
    on_disk: bytes = b""

    @property
    def file_bytes(self) -> bytes:
        """What the file holds."""
        return self.on_disk or self.raw


def relative_path(folder: str, brief_id: str) -> str:
    """The path of a brief from the root, with slashes."""
    return f"{FOLDER}/{folder}/{brief_id}.md"


def list_names(root: str, folder: str = OPEN) -> list[str]:
    """The names of what could be briefs in a folder, sorted: the oldest first.

    A finished brief is not open, though its file may be left in `open`
    (`transaction.finish_entry`).
    """
    listing = list_files(root, folder)
    if folder == OPEN and listing:
        done = set(list_files(root, DONE))
        return [name for name in listing if name not in done or not _is_finished(root, name)]
    return listing


def list_files(root: str, folder: str) -> list[str]:
    """The names of all files of a folder that could be briefs, sorted."""
    directory = Path(root) / FOLDER / folder
    if _is_link(directory.parent) or _is_link(directory) or not directory.is_dir():
        return []
    return sorted(name for name in os.listdir(directory) if name.endswith(".md"))


def read_all(root: str, folder: str = OPEN, only: Sequence[str] | None = None) -> list[StoredBrief]:
    """The briefs of a folder, or `only` those names of it, oldest first.

    What is no brief comes with its problem, on one line.
    """
    return [
        _read(root, folder, name) for name in (list_names(root, folder) if only is None else only)
    ]


def find(root: str, wanted: str, folders: tuple[str, ...] = (OPEN, DONE)) -> StoredBrief:
    """The brief whose id is, begins with, ends with or contains `wanted`; it must be the only one.

    Raises HandoffError when there is none or more than one.
    """
    named: dict[str, str] = {}
    for folder in folders:
        named = dict.fromkeys(list_names(root, folder), folder) | named  # an open one comes first
    ids = {name[:-3]: name for name in named}
    name = ids[match_id(wanted, ids, where=f"in {Path(root) / FOLDER}")]
    return _read(root, named[name], name)


def put_files(
    root: str, put: Mapping[str, bytes], take: Mapping[str, bytes]
) -> dict[str, bytes | None]:
    """Put files in place; what now holds of the whole change, as changes to commit.

    Paths are those of `relative_path`. A file of `take` is only looked at: it can go while it has
    those bytes (`remove_unchanged`). A name that is in both is moved, unless it is there already;
    any other name of `put` is new, and is left alone where a brief of that name is open or done.
    Once is as good as twice, so a killed process's work is finished by the same call. Raises
    HandoffError or OSError when a file cannot be written.
    """
    with locks.Turn(str(_make_folder(root)), _TURN_SECONDS):
        ready = {path: raw for path, raw in take.items() if read_content(root, path) == raw}
        moved = {_name(path): path for path in take}
        for path, raw in put.items():
            origin = moved.get(_name(path))
            is_free = not os.path.lexists(Path(root, path))
            if (origin in ready and is_free) or (
                origin is None and not _is_there(root, _name(path))
            ):
                write(root, _folder_of(path), Path(path).stem, raw)
        held: dict[str, bytes | None] = {
            p: b for p, b in put.items() if is_in_place(root, p, b, take)
        }
        lost = {_name(path) for path in put.keys() - held.keys()}
        for path in take:
            is_gone = not os.path.lexists(Path(root, path))
            if is_gone or (path in ready and _name(path) not in lost):
                held[path] = None
    return held


def is_in_place(root: str, path: str, raw: bytes | None, take: Mapping[str, bytes]) -> bool:
    """Whether the worktree is still as a change left it: `path` has `raw` and, if it is an open
    brief, was not finished since; or (None) it is gone, or has the bytes that it has in `take`.
    """
    if raw is None:
        return not os.path.lexists(Path(root, path)) or read_content(root, path) == take.get(
            path, b""
        )
    if _folder_of(path) == OPEN and finishes(
        read_content(root, f"{FOLDER}/{DONE}/{_name(path)}"), raw
    ):
        return False
    return read_content(root, path) == raw


def remove_unchanged(root: str, take: Mapping[str, bytes]) -> None:
    """Take files away that still have these bytes."""
    if not take:
        return
    with locks.Turn(str(_make_folder(root)), _TURN_SECONDS):
        for path, raw in take.items():
            if read_content(root, path) == raw:
                Path(root, path).unlink(missing_ok=True)
    for folder in {_folder_of(path) for path in take}:
        if Path(root, FOLDER, folder).is_dir():
            file_io.sync_folder(str(Path(root, FOLDER, folder)))


def sweep(root: str, now: float) -> None:
    """Take away what killed writers left here; `now` is epoch seconds."""
    for folder in ("", OPEN, DONE):
        directory = Path(root) / FOLDER / folder
        if not _is_link(directory.parent) and not _is_link(directory):
            file_io.sweep(str(directory), now)


def read_content(root: str, relative: str) -> bytes | None:
    """The bytes of a brief's file, None when there is no regular file of a readable size."""
    try:
        return read_regular(str(Path(root, relative)))
    except HandoffError:
        return None


def read_regular(path: str, shown: str = "", most: int = document.MAX_BYTES) -> bytes:
    """The bytes of a regular file, of a larger one `most` and one more; a link, a pipe or a device
    is not opened. Raises HandoffError, which calls the file `shown`.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise HandoffError(f"{shown or path}: cannot be read ({error.strerror}).") from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):  # `open` itself would raise for a folder
        os.close(descriptor)
        raise HandoffError(f"{shown or path}: not a regular file.")
    with open(descriptor, "rb") as file:
        return file.read(most + 1)


def write(root: str, folder: str, brief_id: str, raw: bytes) -> str:
    """Put a brief's bytes in place, whole or not at all; returns its path."""
    directory = _make_folder(root, folder)
    path = str(directory / f"{brief_id}.md")
    file_io.write_atomic(path, raw, mode=0o644)
    return path


def remove(root: str, folder: str, brief_id: str) -> None:
    """Take a brief's file away, if it is there."""
    (Path(root) / FOLDER / folder / f"{brief_id}.md").unlink(missing_ok=True)


def _read(root: str, folder: str, name: str) -> StoredBrief:
    relative = f"{FOLDER}/{folder}/{name}"
    path, shown = str(Path(root) / relative), marking.mark_path(relative)
    try:
        raw = read_regular(path, shown)
        brief = document.parse(raw, shown)
        if f"{brief.id}.md" != name:
            raise HandoffError(f"{shown}: its `id` is {brief.id}, not the file's name.")
    except HandoffError as error:
        return StoredBrief(
            path, relative, folder, b"", None, plain_text.one_line(error.what, _PROBLEM_CHARS)
        )
    return StoredBrief(path, relative, folder, raw, brief)


def _is_finished(root: str, name: str) -> bool:
    done, opened = (read_content(root, f"{FOLDER}/{folder}/{name}") for folder in (DONE, OPEN))
    return finishes(done, opened)


def _name(relative: str) -> str:
    return relative.rpartition("/")[2]


def _folder_of(relative: str) -> str:
    return relative.split("/")[1]


def _is_there(root: str, name: str) -> bool:
    return any(os.path.lexists(Path(root, FOLDER, folder, name)) for folder in (OPEN, DONE))


def _make_folder(root: str, *folder: str) -> Path:
    """`.handoff`, or a folder in it, created if need be."""
    _refuse_git_directory(Path(root))
    directory = Path(root, FOLDER, *folder)
    for part in (Path(root, FOLDER), directory):
        if _is_link(part) or (part.exists() and not part.is_dir()):
            raise HandoffError(
                f"{part} is not a directory, so no brief can be written there.",
                "Move it away and write the brief again.",
            )
        if part.is_dir():
            continue
        try:
            part.mkdir(exist_ok=True)
            file_io.sync_folder(str(part.parent))
        except OSError as error:
            raise HandoffError(
                f"{part} cannot be created: {error.strerror}.",
                "Fix its permissions and try again.",
            ) from None
    return directory


def _refuse_git_directory(root: Path) -> None:
    """Raise HandoffError inside `.git` or a bare repository: nothing there is a worktree's."""
    for part in (root, *root.parents):
        if os.path.lexists(part / ".git"):
            return  # a worktree, also where cloned files in it look like a bare repository
        if discovery.is_git_directory(str(part)):
            raise HandoffError(
                f"{root} is inside a git directory ({part}), so no brief was written there.",
                "Change to a worktree of the repository and try again.",
            )


def _is_link(path: Path) -> bool:
    return path.is_symlink()
