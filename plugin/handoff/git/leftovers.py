"""What is uncommitted in a worktree, kept as a commit of its own beside every branch.

The commit is made with an index of its own, so the worktree's is not touched. Files are kept byte
for byte: no filter runs and no line ends change. Modes and symbolic links are kept too.

What a commit cannot hold, or should not, has to be moved out of the worktree: files over
`MAX_BYTES`, files that cannot be read, and repositories inside of this one (`Leftovers.to_move`).
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

from handoff.git import blind_spots
from handoff.git import run as git
from handoff.git.author import author
from handoff.git.dirty import parse_status
from handoff.git.filters import judge_filters
from handoff.git.objects import New

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from handoff.git.dirty import Entry

MAX_BYTES = 50 * 1024 * 1024
SECONDS = 600.0  # for what reads or writes all files of a worktree
LARGE, UNREADABLE, REPOSITORY = "large", "unreadable", "repository"
_GONE, _LINK, _SUBMODULE = "000000", "120000", "160000"
_EXECUTABLE, _FILE = "100755", "100644"
_INDEX = "handoff-index"
# A session may have told git to look less closely.
CLOSELY = {"core.trustctime": "true", "core.checkStat": "default", "core.ignoreStat": "false"}
# Names that are refused on other systems are kept as they are.
_ANY_NAME = {"core.protectNTFS": "false", "core.protectHFS": "false"}


@dataclass(frozen=True)
class Leftovers:
    """What differs from HEAD. Paths are in bytes, as on disk.

    `modes` has the mode of every path that differs, "000000" where it is gone; `staged` the mode
    and blob of what is staged but is not what the worktree has. `to_move` says why a path cannot be
    kept in a commit; `submodules` are folders of submodules that differ. `untracked` has what tells
    a file of before from one that was written since.
    """

    modes: Mapping[bytes, str]
    staged: Mapping[bytes, tuple[str, str]]
    to_move: Mapping[bytes, str]
    submodules: tuple[bytes, ...]
    untracked: Mapping[bytes, tuple[int, int, int]]

    def __bool__(self) -> bool:
        return bool(self.modes or self.to_move or self.submodules)


def read(checkout: git.Checkout) -> Leftovers:
    """What is uncommitted now, ignored files aside. Raises HandoffError when git cannot say."""
    asked = ("status", "--porcelain=v2", "-z", "--no-renames", "--untracked-files=all")
    answer = git.run(
        checkout, *asked, "--ignore-submodules=none",
        env=git.NO_REPLACING, settings=CLOSELY, seconds=SECONDS,
    )  # fmt: skip
    out = git.check_result(answer, f"read the status of {checkout.root}")
    judged = judge_filters(checkout, parse_status(out, with_own=True))
    modes: dict[bytes, str] = {}
    staged: dict[bytes, tuple[str, str]] = {}
    to_move: dict[bytes, str] = {}
    submodules: list[bytes] = []
    untracked: dict[bytes, tuple[int, int, int]] = {}
    for entry in (*judged.changed, *judged.unsure):
        if entry.status == "??":
            _read_untracked(checkout, entry.path, modes, to_move, untracked)
            continue
        mode = _mode(entry)
        is_submodule = mode == _SUBMODULE
        if is_submodule:
            submodules.append(entry.path)
        elif reason := _reason(checkout, entry.path, mode):
            to_move[entry.path] = reason
        else:
            modes.setdefault(entry.path, mode)
        if entry.record[:1] == b"1" and " " not in entry.status:
            fields = entry.record.split(b" ", 8)
            staged[entry.path] = (fields[4].decode(), fields[7].decode())
    for path in blind_spots.list_excluded(checkout):
        if path not in modes and path not in to_move:
            _read_untracked(checkout, path, modes, to_move, untracked)
    return Leftovers(modes, staged, to_move, tuple(submodules), untracked)


def stamp(path: bytes) -> tuple[int, int, int]:
    """What tells a file from one that was written in its place since."""
    about = os.lstat(path)
    return about.st_ino, about.st_size, about.st_mtime_ns


def write_tree(
    checkout: git.Checkout,
    base: str,
    left: Leftovers,
    submodules: Mapping[bytes, str],
) -> str:
    """The id of the tree of `base` (a commit, "" for none) with what is left put in.

    `submodules` has the commit to name for each of these.
    """
    blobs = _write_blobs(checkout, left.modes)
    entries = {path: (left.modes[path], blob) for path, blob in blobs.items()}
    entries |= {path: (_GONE, "") for path, mode in left.modes.items() if mode == _GONE}
    entries |= {path: (_SUBMODULE, sha) for path, sha in submodules.items()}
    return _write_tree(checkout, base, entries)


def write_staged_tree(checkout: git.Checkout, base: str, left: Leftovers) -> str:
    """The id of the tree of `base` with what is staged and is not what the worktree has."""
    return _write_tree(checkout, base, left.staged)


def write_commit(checkout: git.Checkout, tree: str, parents: Sequence[str], message: str) -> str:
    """The id of an unsigned commit by the user, as handoff's others are."""
    named = [word for parent in dict.fromkeys(parents) for word in ("-p", parent)]
    by = author(checkout)
    answer = git.run(
        checkout, "commit-tree", tree, "-F", "-", *named,
        stdin=message.encode("utf-8", "replace"), env=by.environment,
    )  # fmt: skip
    return git.decode_path(git.check_result(answer, f"write a commit in {checkout.root}")).strip()


def list_changed(checkout: git.Checkout, since: str, until: str) -> list[str]:
    """The paths that differ between two commits, as text that can be printed, in order."""
    asked = ("diff-tree", "-r", "-z", "--name-only", "--no-renames", since, until, "--")
    out = git.check_result(git.run(checkout, *asked), f"compare {since} with {until}")
    return [git.decode_path(path) for path in out.split(b"\0")[:-1]]


def _read_untracked(
    checkout: git.Checkout,
    path: bytes,
    modes: dict[bytes, str],
    to_move: dict[bytes, str],
    untracked: dict[bytes, tuple[int, int, int]],
) -> None:
    if path.endswith(b"/"):
        to_move[path.rstrip(b"/")] = REPOSITORY
        return
    whole = _whole(checkout, path)
    try:
        about = os.lstat(whole)
        untracked[path] = stamp(whole)
    except FileNotFoundError:
        return
    mode = _FILE
    if stat.S_ISLNK(about.st_mode):
        mode = _LINK
    elif about.st_mode & 0o100:
        mode = _EXECUTABLE
    reason = _reason(checkout, path, mode)
    if reason:
        to_move[path] = reason
        modes.pop(path, None)
    else:
        modes[path] = mode  # also where an entry of the index says that it is gone


def _mode(entry: Entry) -> str:
    """The mode that a tracked path has in the worktree, by its record of the status."""
    fields = entry.record.split(b" ", 10)
    return (fields[6] if fields[0] == b"u" else fields[5]).decode()


def _reason(checkout: git.Checkout, path: bytes, mode: str) -> str:
    """Why a path cannot be kept in a commit, "" if it can."""
    if mode in (_GONE, _LINK):
        return ""
    whole = _whole(checkout, path)
    try:
        if os.lstat(whole).st_size > MAX_BYTES:
            return LARGE
    except FileNotFoundError:
        return ""
    return "" if os.access(whole, os.R_OK) else UNREADABLE


def _write_blobs(checkout: git.Checkout, modes: Mapping[bytes, str]) -> dict[bytes, str]:
    """Path -> its blob, of what is there."""
    new = New(checkout)
    files = sorted(path for path, mode in modes.items() if mode in (_FILE, _EXECUTABLE))
    links = sorted(path for path, mode in modes.items() if mode == _LINK)
    blobs = {path: new.add("blob", os.readlink(_whole(checkout, path))) for path in links}
    new.write()
    if not files:
        return blobs
    listed = b"".join(_quoted(path) + b"\n" for path in files)
    asked = ("hash-object", "-w", "--no-filters", "--stdin-paths")
    answer = git.run(checkout, *asked, stdin=listed, seconds=SECONDS)
    out = git.check_result(answer, f"store what is uncommitted in {checkout.root}")
    return blobs | dict(zip(files, out.decode().split(), strict=True))


def _write_tree(checkout: git.Checkout, base: str, entries: Mapping[bytes, tuple[str, str]]) -> str:
    """The id of the tree of `base` with entries (mode and id) put in; gone ones are taken out."""
    path = os.path.join(checkout.git_dir, _INDEX)
    env = {"GIT_INDEX_FILE": path}
    what = f"write a tree in {checkout.root}"
    _remove(path)
    try:
        source = [base] if base else ["--empty"]
        git.check_result(git.run(checkout, "read-tree", *source, env=env, seconds=SECONDS), what)
        none = "0" * (64 if checkout.config.text("extensions.objectformat") == "sha256" else 40)
        lines = [f"0 {none}\t".encode() + name for name in entries]  # what is in the way goes
        lines += [
            f"{mode} {sha}\t".encode() + name
            for name, (mode, sha) in entries.items()
            if mode != _GONE
        ]
        if lines:
            fed = b"".join(line + b"\0" for line in lines)
            asked = ("update-index", "-z", "--index-info")
            answer = git.run(
                checkout, *asked, stdin=fed, env=env, settings=_ANY_NAME, seconds=SECONDS
            )
            git.check_result(answer, what)
        answer = git.run(checkout, "write-tree", "--missing-ok", env=env, seconds=SECONDS)
        return git.check_result(answer, what).decode().strip()
    finally:
        _remove(path)


def _remove(index: str) -> None:
    for path in (index, f"{index}.lock"):
        if os.path.lexists(path):
            os.unlink(path)


def _quoted(path: bytes) -> bytes:
    """A path as git reads it where a line is one path (quote.c)."""
    plain = (
        bytes([letter]) if 0x20 <= letter < 0x7F and letter not in b'"\\' else b"\\%03o" % letter
        for letter in path
    )
    return b'"' + b"".join(plain) + b'"'


def _whole(checkout: git.Checkout, path: bytes) -> bytes:
    return os.path.join(os.fsencode(checkout.root), path)


def find_hidden(checkout: git.Checkout) -> tuple[list[bytes], list[bytes]]:
    """The tracked paths whose changes git was told not to see: those "assumed unchanged", and those
    that it skips though the worktree is no sparse one.
    """
    out = git.check_result(
        git.run(checkout, "ls-files", "-v", "-z", seconds=SECONDS),
        f"read the index of {checkout.root}",
    )
    assumed, skipped = [], []
    is_sparse = checkout.config.is_true("core.sparsecheckout")
    for line in out.split(b"\0"):
        if line[:1].islower():
            assumed.append(line[2:])
        if line[:1] in (b"S", b"s") and not is_sparse:
            skipped.append(line[2:])
    return assumed, skipped


def show_hidden(checkout: git.Checkout, assumed: Iterable[bytes], skipped: Iterable[bytes]) -> None:
    """Have git see the changes of these paths again."""
    for option, paths in (("assume-unchanged", assumed), ("skip-worktree", skipped)):
        fed = b"".join(path + b"\0" for path in paths)
        if fed:
            asked = ("update-index", f"--no-{option}", "-z", "--stdin")
            answer = git.run(checkout, *asked, stdin=fed, seconds=None)
            git.check_result(answer, f"update the index of {checkout.root}")
