"""What no commit can hold is moved out of a worktree: large files, other repositories."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from handoff.base import file_io, plain_text
from handoff.base.errors import HandoffError
from handoff.git import leftovers
from handoff.git import run as git

if TYPE_CHECKING:
    from collections.abc import Iterable

_WHY = {
    leftovers.LARGE: "is over 50 MB",
    leftovers.UNREADABLE: "cannot be read",
    leftovers.REPOSITORY: "is a repository of its own",
}


def plan(folder: str, paths: Iterable[bytes]) -> dict[bytes, str]:
    """Path -> where it goes: the same place below `folder`, with a number if that is taken."""
    moves: dict[bytes, str] = {}
    for path in sorted(paths):
        target = wanted = os.path.join(folder, os.fsdecode(path))
        number = 0
        while os.path.lexists(target):
            number += 1
            target = f"{wanted}.{number}"
        moves[path] = target
    return moves


def move_away(path: str, folder: str) -> str:
    """Move a file or folder into `folder`, under its own name; where it is then."""
    (target,) = plan(folder, [os.fsencode(os.path.basename(path))]).values()
    move(os.fsencode(path), target)
    return target


def move(source: bytes, target: str) -> None:
    """Across file systems it is copied whole first."""
    if not os.path.lexists(source):
        return
    file_io.make_private(os.path.dirname(target))
    whole, part = os.fsdecode(source), f"{target}.part"
    try:
        try:
            os.rename(whole, target)
        except OSError:
            _remove_all(part)
            shutil.move(whole, part)
            os.rename(part, target)
    except (OSError, shutil.Error) as error:
        raise refused(source, error) from None


def _remove_all(path: str) -> None:
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    elif os.path.lexists(path):
        os.unlink(path)


def describe(path: bytes, reason: str, target: str) -> str:
    """What was moved, why and where to, in a sentence for people."""
    shown = plain_text.one_line(git.decode_path(path), 200)
    where = plain_text.one_line(git.decode_path(os.fsencode(target)), 400)
    return f"{shown} {_WHY[reason]}, so it was moved to {where}."


def refused(path: bytes, error: Exception) -> HandoffError:
    """What the user can do about a path that the system does not let go."""
    words = getattr(error, "strerror", None) or type(error).__name__
    return HandoffError(
        f"{git.decode_path(path)} cannot be moved or deleted: {words}.",
        "Change its permissions, or remove it, then try again.",
    )
