"""What a swap of files has to do in a worktree, and what has to be known to undo it.

Nothing is changed here. No symbolic link is followed: one that stands in the way is an entry of its
own.
"""

from __future__ import annotations

import base64
import hashlib
import os
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

LINK = 0o120000  # the mode of a symbolic link, whose content is where it leads
FILE, SYMLINK, ASIDE = "file", "link", "aside"
MAX_BYTES = 50_000_000


@dataclass(frozen=True)
class Put:
    """What a path (POSIX, from the root) has during the swap: content, and mode with its kind."""

    raw: bytes
    mode: int


@dataclass(frozen=True)
class Was:
    """What stood at a path: a file with its content, a link with its target, anything else under
    the name that it has meanwhile. `content` is base64; times are nanoseconds since the epoch.
    """

    path: str
    kind: str
    content: str
    mode: int
    accessed: int
    modified: int

    @property
    def raw(self) -> bytes:
        """The content as bytes."""
        return base64.b64decode(self.content)


@dataclass(frozen=True)
class SwapJournal:
    """A swap: what was there, the digests of what is put in its place, and the folders made."""

    root: str
    was: tuple[Was, ...]
    put: Mapping[str, str]
    made: tuple[str, ...]


def plan(root: str, files: Mapping[str, Put | None]) -> SwapJournal:
    """What has to be set aside and made for the files. Nothing is changed."""
    was: dict[str, Was] = {}
    made: list[str] = []
    for path, put in sorted(files.items()):
        blocked = False
        for above in _folders_above(path) if put is not None else ():
            about = None if blocked else stat_path(root, above)
            if about is not None and stat.S_ISDIR(about.st_mode):
                continue
            blocked = True
            if about is not None and above not in was:
                was[above] = _look(root, above, about)
            if above not in made:
                made.append(above)
        about = None if blocked or is_behind_link(root, path) else stat_path(root, path)
        if about is not None:
            was[path] = _look(root, path, about)
    digests = {path: digest(put.raw) for path, put in files.items() if put is not None}
    return SwapJournal(root, tuple(was.values()), digests, tuple(made))


def _look(root: str, path: str, about: os.stat_result) -> Was:
    full = os.path.join(root, path)
    if stat.S_ISLNK(about.st_mode):
        kind, raw = SYMLINK, os.fsencode(os.readlink(full))
    elif stat.S_ISREG(about.st_mode) and about.st_size <= MAX_BYTES:
        kind, raw = FILE, read_file(full)
    else:  # a folder, a pipe, a file that is too large: moved, and not read
        kind, raw = ASIDE, os.fsencode(_aside(path))
    content = base64.b64encode(raw).decode()
    mode = stat.S_IMODE(about.st_mode)
    return Was(path, kind, content, mode, about.st_atime_ns, about.st_mtime_ns)


def read_file(full: str) -> bytes:
    """The bytes of a file. Raises OSError where it is a link, or cannot be read."""
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    with open(os.open(full, flags), "rb") as file:
        return file.read()


def stat_path(root: str, path: str) -> os.stat_result | None:
    """What stands at a path itself, None if nothing does."""
    try:
        return os.lstat(os.path.join(root, path))
    except OSError:
        return None


def is_behind_link(root: str, path: str) -> bool:
    """Whether a folder on the way to a path is a symbolic link."""
    return any(os.path.islink(os.path.join(root, above)) for above in _folders_above(path))


def _folders_above(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:depth]) for depth in range(1, len(parts))]


def _aside(path: str) -> str:
    folder, slash, name = path.rpartition("/")
    return f"{folder}{slash}.{name}.handoff-aside"


def digest(raw: bytes) -> str:
    """The name that a swap's journal has for a content."""
    return hashlib.sha256(raw).hexdigest()
