"""Blobs and trees, written along the touched folders only, so cost does not grow with the rest.

Objects that nobody points at yet harm nobody; `git gc` takes them away.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from handoff.errors import HandoffError
from handoff.repo import git

if TYPE_CHECKING:
    from collections.abc import Mapping

# The change of each name of a folder: a blob's id, None (gone), or the changes of a folder below.
Changes = dict[str, "str | Changes | None"]
_Entries = dict[str, tuple[str, str, str]]  # name: mode, kind, id


def write_blob(checkout: git.Checkout, path: str, content: bytes) -> str:
    """The id of a blob of `content`, stored as `git add` would at `path` (filters, line ends)."""
    answer = git.run(checkout, "hash-object", "-w", "--stdin", f"--path={path}", stdin=content)
    return git.text(git.good(answer, f"store {path} in {checkout.root}")).strip()


def write_tree(
    checkout: git.Checkout, base: str | None, blobs: Mapping[str, str | None]
) -> str | None:
    """The id of tree `base` with the blob of every path put in, or taken out (None).

    None when nothing is left. Raises HandoffError when a file, link or submodule of `base` stands
    where a folder is needed, or a folder where a file is.
    """
    top: Changes = {}
    for path, blob in sorted(blobs.items()):
        *folders, name = path.split("/")
        here = top
        for folder in folders:
            below = here.setdefault(folder, {})
            if not isinstance(below, dict):
                raise ValueError(f"{path!r} lies below another of the paths")
            here = below
        here[name] = blob
    return _changed(checkout, base, top)


def empty_tree(checkout: git.Checkout) -> str:
    """The id of the tree without entries, which is written."""
    return _make(checkout, {})


def _changed(checkout: git.Checkout, base: str | None, changes: Changes) -> str | None:
    entries = _read(checkout, base) if base else {}
    for name, change in changes.items():
        _, kind, old = entries.get(name, ("", "", ""))
        if isinstance(change, dict):
            if kind in ("tree", ""):
                _put(entries, name, "040000", "tree", _changed(checkout, old or None, change))
            elif _adds(change):
                raise _in_the_way(checkout, name, "is no folder")
        elif kind != "tree":
            _put(entries, name, "100644", "blob", change)
        elif change:
            raise _in_the_way(checkout, name, "is a folder")
    return _make(checkout, entries) if entries else None


def _put(entries: _Entries, name: str, mode: str, kind: str, sha: str | None) -> None:
    if sha:
        entries[name] = (mode, kind, sha)
    else:
        entries.pop(name, None)


def _adds(changes: Changes) -> bool:
    return any(_adds(change) if isinstance(change, dict) else change for change in changes.values())


def _read(checkout: git.Checkout, tree: str) -> _Entries:
    listed = git.good(
        git.run(checkout, "ls-tree", "-z", "--full-tree", tree), f"read {checkout.root}"
    )
    entries = {}
    for line in os.fsdecode(listed).split("\0")[:-1]:
        fields, _, name = line.partition("\t")
        mode, kind, sha = fields.split(" ")
        entries[name] = (mode, kind, sha)
    return entries


def _make(checkout: git.Checkout, entries: _Entries) -> str:
    lines = [f"{mode} {kind} {sha}\t{name}\0" for name, (mode, kind, sha) in entries.items()]
    # --missing: a partial clone has not all blobs that the other entries name.
    answer = git.run(checkout, "mktree", "-z", "--missing", stdin=os.fsencode("".join(lines)))
    return git.text(git.good(answer, f"write a tree in {checkout.root}")).strip()


def _in_the_way(checkout: git.Checkout, name: str, what: str) -> HandoffError:
    return HandoffError(
        f"{name!r} {what} in the last commit of {checkout.root}.",
        "Rename it there, or set `commit: off` in the configuration of handoff.",
    )
