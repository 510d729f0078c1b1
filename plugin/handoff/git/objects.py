"""Blobs and trees, written along the touched folders only, so cost does not grow with the rest.

Objects that nobody points at yet harm nobody; `git gc` takes them away. Each run of git costs
milliseconds while other commits wait, so all trees are read in one run and written in another. For
that their ids are computed here, as git does: a hash of the size and the sorted entries.
"""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

from handoff.base.errors import HandoffError
from handoff.git import run as git

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# The change of each name of a folder: a blob's id, None (gone), or the changes of a folder below.
Changes = dict[str, "str | Changes | None"]
_Entries = dict[str, tuple[str, str, str]]  # name: mode, kind, id
_TREE = "040000"


def write_blob(checkout: git.Checkout, path: str, content: bytes) -> str:
    """The id of a blob of `content`, stored as `git add` would at `path`, but through no filter."""
    # Where lines end in CR LF git has to say what becomes of them there, and runs no filter either.
    how = f"--path={path}" if b"\r\n" in content else "--no-filters"
    answer = git.run(checkout, "hash-object", "-w", "--stdin", how, stdin=content)
    return git.text(git.good(answer, f"store {path} in {checkout.root}")).strip()


def write_tree(
    checkout: git.Checkout, base: str | None, blobs: Mapping[str, str | None]
) -> str | None:
    """The id of tree `base` with the blob of every path put in, or taken out (None).

    None when nothing is left. Raises HandoffError when a file, link or submodule of `base` stands
    where a folder is needed, or a folder where a file is.
    """
    top: Changes = {}
    folders = {""}
    for path, blob in sorted(blobs.items()):
        *parents, name = path.split("/")
        here = top
        for depth, folder in enumerate(parents, 1):
            folders.add("/".join(parents[:depth]))
            below = here.setdefault(folder, {})
            if not isinstance(below, dict):
                raise ValueError(f"{path!r} lies below another of the paths")
            here = below
        here[name] = blob
    trees = _Trees(checkout, _read(checkout, base, folders) if base else {})
    root = trees.changed("", top)
    _write(checkout, trees.made)
    return root


def empty_tree(checkout: git.Checkout) -> str:
    """The id of the tree without entries, which is written."""
    return _mktree(checkout, [{}])[0]


class _Trees:
    """Trees under change: `read` those of the base by path, `made` the new ones by id, children
    first.
    """

    def __init__(self, checkout: git.Checkout, read: Mapping[str, _Entries]) -> None:
        self._checkout = checkout
        self._read = read
        self.made: dict[str, _Entries] = {}

    def changed(self, folder: str, changes: Changes) -> str | None:
        entries = dict(self._read.get(folder, {}))
        for name, change in changes.items():
            kind = entries[name][1] if name in entries else ""
            if isinstance(change, dict):
                if kind in ("tree", ""):
                    below = self.changed(f"{folder}/{name}" if folder else name, change)
                    _put(entries, name, _TREE, "tree", below)
                elif _adds(change):
                    raise _in_the_way(self._checkout, name, "is no folder")
            elif kind != "tree":
                _put(entries, name, "100644", "blob", change)
            elif change:
                raise _in_the_way(self._checkout, name, "is a folder")
        if not entries:
            return None
        tree = _id(entries)
        self.made[tree] = entries
        return tree


def _put(entries: _Entries, name: str, mode: str, kind: str, sha: str | None) -> None:
    if sha:
        entries[name] = (mode, kind, sha)
    else:
        entries.pop(name, None)


def _adds(changes: Changes) -> bool:
    return any(_adds(change) if isinstance(change, dict) else change for change in changes.values())


def _read(checkout: git.Checkout, tree: str, folders: set[str]) -> dict[str, _Entries]:
    """The entries of these folders (POSIX paths, "" the root) of a tree, where it has them."""
    wanted = [f"{folder}/" if folder else "." for folder in sorted(folders)]
    answer = git.run(checkout, "ls-tree", "-z", "-t", "--full-tree", tree, "--", *wanted)
    found: dict[str, _Entries] = {}
    for line in os.fsdecode(git.good(answer, f"read {checkout.root}")).split("\0")[:-1]:
        fields, _, path = line.partition("\t")
        mode, kind, sha = fields.split(" ")
        folder, _, name = path.rpartition("/")
        found.setdefault(folder, {})[name] = (mode, kind, sha)
    return found


def _write(checkout: git.Checkout, trees: Mapping[str, _Entries]) -> None:
    if trees and _mktree(checkout, list(trees.values())) != list(trees):
        raise HandoffError(
            f"git wrote other trees in {checkout.root} than were asked for.",
            "Set `commit: off` in the configuration of handoff, and report it.",
        )


def _mktree(checkout: git.Checkout, trees: list[_Entries]) -> list[str]:
    lines = []
    for entries in trees:
        lines += [f"{mode} {kind} {sha}\t{name}\0" for name, (mode, kind, sha) in entries.items()]
        lines.append("\0")
    # --missing: a partial clone has not all blobs that the other entries name.
    command = ("mktree", "-z", "--missing", "--batch")
    answer = git.run(checkout, *command, stdin=os.fsencode("".join(lines)))
    return git.text(git.good(answer, f"write a tree in {checkout.root}")).split()


def _id(entries: _Entries) -> str:
    """The id that git gives a tree, by SHA-1 or SHA-256 as the ids in it."""
    named = sorted(  # a folder is sorted as if its name ended with a slash
        (os.fsencode(name) + b"/" * (kind == "tree"), name, mode, sha)
        for name, (mode, kind, sha) in entries.items()
    )
    body = b"".join(
        mode.lstrip("0").encode() + b" " + os.fsencode(name) + b"\0" + bytes.fromhex(sha)
        for _, name, mode, sha in named
    )
    kind = "sha1" if len(named[0][3]) == 40 else "sha256"
    return hashlib.new(kind, b"tree %d\0" % len(body) + body, usedforsecurity=False).hexdigest()


def _in_the_way(checkout: git.Checkout, name: str, what: str) -> HandoffError:
    return HandoffError(
        f"{name!r} {what} in the last commit of {checkout.root}.",
        "Rename it there, or set `commit: off` in the configuration of handoff.",
    )


def contents(checkout: git.Checkout, wanted: Iterable[str], most: int) -> dict[str, bytes]:
    """Blob -> its bytes; a blob that is missing, or larger than `most`, is left out."""
    asked = sorted(set(wanted))
    if not asked:
        return {}
    command = ("cat-file", "--batch-check=%(objectname) %(objecttype) %(objectsize)")
    lines = git.text(fed(checkout, command, asked)).splitlines()
    small = []
    for line in lines:
        blob, kind, size = (*line.split(" "), "", "")[:3]
        if kind == "blob" and int(size) <= most:
            small.append(blob)
    out = fed(checkout, ("cat-file", "--batch"), small) if small else b""
    found, at = {}, 0
    for blob in small:
        start = out.index(b"\n", at) + 1
        end = start + int(out[at:start].split(b" ")[2])
        found[blob] = out[start:end]
        at = end + 1
    return found


def fed(checkout: git.Checkout, command: tuple[str, ...], ids: list[str]) -> bytes:
    """What a git command prints that is given ids of objects on its stdin, a line each."""
    answer = git.run(checkout, *command, stdin="".join(f"{i}\n" for i in ids).encode())
    return git.good(answer, f"read objects of {checkout.root}")
