"""Two small files that go with briefs.

`.handoff/.gitattributes`, with the first brief: code hosts fold briefs up in a review
(`linguist-generated`), and where two branches finish the same brief, a merge keeps both outcomes
(`merge=union`).

`.handoff/open/.keep`, with the first finished brief: git takes a folder whose files were all moved
for a renamed one, so where one branch finishes the last open brief and another writes a new one,
the merge would stop (`CONFLICT (file location)`). A file that stays in `open` prevents that.

A file with other content is the user's: it is neither changed nor committed. None is left behind
where the commit did not get on the branch: git refuses to switch to a branch, or to merge one, that
brings a file which lies there untracked.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from handoff.base import file_io
from handoff.git import filters, index
from handoff.store import brief_files

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from handoff.git import objects
    from handoff.git import run as git

KEEP = f"{brief_files.FOLDER}/{brief_files.OPEN}/.keep"
ATTRIBUTES = f"{brief_files.FOLDER}/.gitattributes"
_FILES = {
    KEEP: b"This folder stays, or git would take it for renamed when its last brief is done.\n",
    ATTRIBUTES: b"# handoff wrote this file. It leaves the file alone once you have changed it.\n"
    b"# linguist-generated: reviews show briefs folded up.\n"
    b"# merge=union: where two branches finish one brief, a merge keeps both outcomes.\n"
    b"open/*.md linguist-generated\n"
    b"done/*.md linguist-generated merge=union\n",
}


class FilesBeside:
    """What a commit brings along, by path, and now in the worktree. Those that were made for it go
    at the end of `with` unless they are kept: `is_kept` says that the branch has them.
    """

    def __init__(self, checkout: git.Checkout) -> None:
        self.files: dict[str, bytes] = {}
        self.is_kept = False
        self._checkout = checkout
        self._made: list[str] = []

    def put(self, path: str) -> None:
        """Put a file there, unless something of the user's is in its place."""
        full = Path(self._checkout.root, path)
        if not _is_ours_to_put(full):
            return
        if not full.exists():
            self._made.append(path)
            file_io.write_atomic(str(full), _FILES[path], mode=0o644)
        elif full.read_bytes() != _FILES[path]:
            return
        self.files[path] = _FILES[path]

    def __enter__(self) -> FilesBeside:
        return self

    def __exit__(self, *_: object) -> None:
        if self.is_kept or not self._made:
            return
        tracked = index.read(self._checkout, self._made).tracked  # another process's commit has it
        for path in self._made:
            is_unchanged = brief_files.read_content(self._checkout.root, path) == _FILES[path]
            if is_unchanged and path not in tracked:
                Path(self._checkout.root, path).unlink(missing_ok=True)


def paths_beside(changes: Mapping[str, bytes | None]) -> Collection[str]:
    """The files that go with a commit of `changes`, if the branch lacks them: none if no brief is
    added in it, and `.keep` only if one is finished.
    """
    added = [path for path, content in changes.items() if content]
    folders = {path.rpartition("/")[0] for path in added}
    if f"{brief_files.FOLDER}/{brief_files.DONE}" in folders:
        return _FILES.keys()
    return (ATTRIBUTES,) if f"{brief_files.FOLDER}/{brief_files.OPEN}" in folders else ()


def put_missing(
    checkout: git.Checkout,
    changes: Mapping[str, bytes | None],
    branch: objects.Folders,
    tracked: Collection[str] = (),
) -> FilesBeside:
    """Put those of `paths_beside` in place that a commit of `changes` has to bring along. `branch`
    has their folders, as HEAD's commit has them; `tracked` are those in the index.

    Not those that the branch has, in whatever form, that the user staged and then removed, whose
    places other files have, or that git would take only through a filter, which is not run. One
    that is in the index and on disk may be ours, of a writer that was killed before its commit.
    """
    wanted = [
        path
        for path in paths_beside(changes)
        if not branch.has(path)
        and (path not in tracked or os.path.lexists(os.path.join(checkout.root, path)))
    ]
    filtered = filters.find_required(checkout, wanted) if wanted else {}
    beside = FilesBeside(checkout)
    for path in wanted:
        if path not in filtered:
            beside.put(path)
    return beside


def _is_ours_to_put(path: Path) -> bool:
    """Whether the path is a file, or could be made one, and no link leads there."""
    for folder in (path.parent, path.parent.parent):
        if folder.name in (brief_files.FOLDER, brief_files.OPEN) and folder.is_symlink():
            return False
    if not path.parent.is_dir() or path.is_symlink():
        return False
    return not path.exists() or path.is_file()
