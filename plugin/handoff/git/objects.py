"""Blobs and trees, made along the touched folders only, so cost does not grow with the rest.

Objects that nobody points at yet harm nobody; `git gc` takes them away. Each run of git costs
milliseconds while other commits wait, so all trees are read in one run, and all that is new (the
commit too, where `commit_object` can say it) is written in another, as a pack of which git makes
ordinary objects. For that their ids are computed here, as git does: a hash of kind, size and
content.
"""

from __future__ import annotations

import hashlib
import os
import struct
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from handoff.base.errors import HandoffError
from handoff.git import run as git

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

# The change of each name of a folder: a blob's id, None (gone), or the changes of a folder below.
Changes = dict[str, "str | Changes | None"]
_Entries = dict[str, tuple[str, str, str]]  # name: mode, kind, id
_TREE = "040000"
_PACKED = {"commit": 1, "tree": 2, "blob": 3}  # their numbers in a pack


@dataclass(frozen=True)
class Folders:
    """What some folders of a commit hold, by the folder's path, "" being the root; a folder that
    the commit does not have is not in `entries`. `commit` is None where there is none yet.
    """

    commit: str | None
    paths: frozenset[str]
    entries: Mapping[str, _Entries]

    def has(self, path: str) -> bool:
        """Whether the commit has this path, whose folder was read."""
        folder, _, name = path.rpartition("/")
        return name in self.entries.get(folder, {})


class New:
    """Objects that are not written yet: `add` them, then `write` them all in one run."""

    def __init__(self, checkout: git.Checkout) -> None:
        self._checkout = checkout
        self._objects: dict[str, tuple[str, bytes]] = {}

    def add(self, kind: str, body: bytes) -> str:
        """The id of an object ("blob", "tree", "commit") with this content."""
        form = self._checkout.config.text("extensions.objectformat") or "sha1"
        hashed = hashlib.new(form, f"{kind} {len(body)}\0".encode() + body, usedforsecurity=False)
        self._objects[hashed.hexdigest()] = (kind, body)
        return hashed.hexdigest()

    def write(self) -> None:
        """Have git write them. Raises HandoffError when it does not."""
        if not self._objects:
            return
        form = self._checkout.config.text("extensions.objectformat") or "sha1"
        pack = b"PACK" + struct.pack(">II", 2, len(self._objects))
        for kind, body in self._objects.values():
            pack += _pack_header(_PACKED[kind], len(body)) + zlib.compress(body, 1)
        pack += hashlib.new(form, pack, usedforsecurity=False).digest()
        answer = git.run(self._checkout, "unpack-objects", "-q", stdin=pack)
        git.check_result(answer, f"store objects in {self._checkout.root}")
        self._objects.clear()


def _pack_header(number: int, size: int) -> bytes:
    """How an object begins in a pack (gitformat-pack): its kind and size, 7 bits a byte but for the
    first, the lowest first.
    """
    header, first, size = bytearray(), number << 4 | size & 0x0F, size >> 4
    while size:
        header.append(first | 0x80)
        first, size = size & 0x7F, size >> 7
    header.append(first)
    return bytes(header)


def add_blob(new: New, checkout: git.Checkout, path: str, content: bytes) -> str:
    """The id of a blob of `content`, as `git add` would store it at `path`, but through no filter.
    It is among the `new` objects, or written already.
    """
    if b"\r\n" not in content:
        return new.add("blob", content)
    # Where lines end in CR LF git has to say what becomes of them there, and runs no filter either.
    answer = git.run(checkout, "hash-object", "-w", "--stdin", f"--path={path}", stdin=content)
    return git.decode_path(git.check_result(answer, f"store {path} in {checkout.root}")).strip()


def read_folders(
    checkout: git.Checkout, commit: str | None, paths: Collection[str], known: Folders | None = None
) -> Folders:
    """The folders of a commit on the way to these paths: those that are `known`, if they were read
    of it. Raises HandoffError when git cannot read them.
    """
    wanted = frozenset(folder for path in paths for folder in _above(path))
    if known is not None and known.commit == commit and known.paths >= wanted:
        return known
    return Folders(commit, wanted, _read(checkout, commit, wanted) if commit else {})


def add_tree(
    new: New, checkout: git.Checkout, base: Folders, blobs: Mapping[str, str | None]
) -> str | None:
    """The id of the tree of a commit, of which `base` has the folders, with the blob of every path
    put in, or taken out (None); it is among the `new` objects. None when that is the commit's own.

    Raises HandoffError when a file, link or submodule of `base` stands where a folder is needed, or
    a folder where a file is.
    """
    top: Changes = {}
    for path, blob in sorted(blobs.items()):
        *parents, name = path.split("/")
        node = top
        for folder in parents:
            below = node.setdefault(folder, {})
            if not isinstance(below, dict):
                raise ValueError(f"{path!r} lies below another of the paths")
            node = below
        node[name] = blob
    trees = _Trees(checkout, base.entries, new)
    entries = trees.changed("", top)
    return None if entries == base.entries.get("", {}) else new.add("tree", _body(entries))


def empty_tree(checkout: git.Checkout) -> str:
    """The id of the tree without entries, which is written."""
    new = New(checkout)
    tree = new.add("tree", b"")
    new.write()
    return tree


class _Trees:
    """Trees under change: `read` those of the base by path; the changed ones go into `new`,
    children first.
    """

    def __init__(self, checkout: git.Checkout, read: Mapping[str, _Entries], new: New) -> None:
        self._checkout = checkout
        self._read = read
        self._new = new

    def changed(self, folder: str, changes: Changes) -> _Entries:
        """What is in a folder with the changes made."""
        entries = dict(self._read.get(folder, {}))
        for name, change in changes.items():
            kind = entries[name][1] if name in entries else ""
            if isinstance(change, dict):
                if kind in ("tree", ""):
                    below = self.changed(f"{folder}/{name}" if folder else name, change)
                    tree = self._new.add("tree", _body(below)) if below else None
                    _put(entries, name, _TREE, "tree", tree)
                elif _adds(change):
                    raise _in_the_way(self._checkout, name, "is not a folder")
            elif kind != "tree":
                _put(entries, name, "100644", "blob", change)
            elif change:
                raise _in_the_way(self._checkout, name, "is a folder")
        return entries


def _put(entries: _Entries, name: str, mode: str, kind: str, sha: str | None) -> None:
    if sha:
        entries[name] = (mode, kind, sha)
    else:
        entries.pop(name, None)


def _adds(changes: Changes) -> bool:
    return any(_adds(change) if isinstance(change, dict) else change for change in changes.values())


def _above(path: str) -> list[str]:
    """The folders of a POSIX path, from the root, which is ""."""
    parents = path.split("/")[:-1]
    return ["/".join(parents[:depth]) for depth in range(len(parents) + 1)]


def _read(checkout: git.Checkout, tree: str, folders: Collection[str]) -> dict[str, _Entries]:
    """The entries of these folders (POSIX paths, "" the root) of a tree, where it has them."""
    wanted = [f"{folder}/" if folder else "." for folder in sorted(folders)]
    answer = git.run(checkout, "ls-tree", "-z", "-t", "--full-tree", tree, "--", *wanted)
    entries: dict[str, _Entries] = {}
    for line in os.fsdecode(git.check_result(answer, f"read {checkout.root}")).split("\0")[:-1]:
        fields, _, path = line.partition("\t")
        mode, kind, sha = fields.split(" ")
        folder, _, name = path.rpartition("/")
        entries.setdefault(folder, {})[name] = (mode, kind, sha)
    return entries


def _body(entries: _Entries) -> bytes:
    """A tree as git stores it."""
    named = sorted(  # a folder is sorted as if its name ended with a slash
        (os.fsencode(name) + b"/" * (kind == "tree"), name, mode, sha)
        for name, (mode, kind, sha) in entries.items()
    )
    return b"".join(
        mode.lstrip("0").encode() + b" " + os.fsencode(name) + b"\0" + bytes.fromhex(sha)
        for _, name, mode, sha in named
    )


def _in_the_way(checkout: git.Checkout, name: str, what: str) -> HandoffError:
    return HandoffError(
        f"{name!r} {what} in the last commit of {checkout.root}.",
        "Rename it there, or set `commit: off` in handoff's configuration.",
    )


def read_blobs(checkout: git.Checkout, wanted: Iterable[str], most: int) -> dict[str, bytes]:
    """Blob -> its bytes; a blob that is missing, or larger than `most`, is left out."""
    asked = sorted(set(wanted))
    if not asked:
        return {}
    command = ("cat-file", "--batch-check=%(objectname) %(objecttype) %(objectsize)")
    lines = git.decode_path(feed_ids(checkout, command, asked)).splitlines()
    small = []
    for line in lines:
        blob, kind, size = (*line.split(" "), "", "")[:3]
        if kind == "blob" and int(size) <= most:
            small.append(blob)
    out = feed_ids(checkout, ("cat-file", "--batch"), small) if small else b""
    blobs, at = {}, 0
    for blob in small:
        start = out.index(b"\n", at) + 1
        end = start + int(out[at:start].split(b" ")[2])
        blobs[blob] = out[start:end]
        at = end + 1
    return blobs


def feed_ids(checkout: git.Checkout, command: tuple[str, ...], ids: list[str]) -> bytes:
    """What a git command prints that is given ids of objects on its stdin, a line each."""
    given = "".join(f"{i}\n" for i in ids).encode()
    answer = git.run(checkout, *command, stdin=given, env=git.NO_REPLACING)
    return git.check_result(answer, f"read objects of {checkout.root}")
