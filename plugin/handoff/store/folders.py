"""Two small files that go with the first finished brief, so that merges of briefs cannot conflict.

git takes a folder whose files were all moved for a renamed one: where one branch finishes the last
open brief and another writes a new one, the merge would stop (`CONFLICT (file location)`). A file
that stays in `open` prevents that. Where two branches finish the same brief, `merge=union` keeps
both outcomes.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from handoff.base import file_io
from handoff.store import brief_files

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from handoff.git import objects
    from handoff.git import run as git

KEEP = f"{brief_files.FOLDER}/{brief_files.OPEN}/.keep"
ATTRIBUTES = f"{brief_files.FOLDER}/{brief_files.DONE}/.gitattributes"
_FILES = {
    KEEP: b"This folder stays, or git would take it for renamed when its last brief is done.\n",
    ATTRIBUTES: b"# Where two branches finish one brief, a merge keeps both outcomes.\n"
    b"*.md merge=union\n",
}


def paths_beside(changes: Mapping[str, bytes | None]) -> Collection[str]:
    """The files that go with a commit of `changes`, if the branch lacks them: none if no brief is
    finished in it.
    """
    finishes = f"{brief_files.FOLDER}/{brief_files.DONE}/"
    is_end = any(content and path.startswith(finishes) for path, content in changes.items())
    return _FILES.keys() if is_end else ()


def missing_files(
    checkout: git.Checkout, changes: Mapping[str, bytes | None], branch: objects.Folders
) -> dict[str, bytes]:
    """Those of `paths_beside` that a commit of `changes` has to bring along, by path, and now in
    the work tree. `branch` has their folders, as HEAD's commit has them.

    Not those that the branch has, in whatever form, or whose places other files have.
    """
    wanted = [path for path in paths_beside(changes) if not branch.has(path)]
    return {
        path: there_now
        for path in wanted
        if (there_now := _in_place(Path(checkout.root, path), _FILES[path])) is not None
    }


def _in_place(path: Path, content: bytes) -> bytes | None:
    """The bytes of the file, which is made if there is none; None where that is not ours to do.

    One with other bytes is somebody else's, and no commit of ours brings it along.
    """
    folder = path.parent
    if folder.is_symlink() or folder.parent.is_symlink() or not folder.is_dir():
        return None
    if path.is_symlink() or (path.exists() and not path.is_file()):
        return None
    if not path.exists():
        file_io.write_atomic(str(path), content, mode=0o644)
        return content
    return content if path.read_bytes() == content else None
