"""Files that a filter of git's stands before (Git LFS, git-crypt, nbstripout), judged without it.

Looking runs no filter, so git compares the file itself with what the filter once made of it, and
calls it modified as soon as its size or times differ from the index. A pointer of Git LFS says what
its file must be: that is compared here. What any other filter would make of a file only that filter
knows: such a file is neither called modified nor unmodified.
"""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from handoff.base.errors import HandoffError
from handoff.git import objects
from handoff.git import run as git

if TYPE_CHECKING:
    from collections.abc import Iterable

    from handoff.git.dirty import Entry

_POINTER_BYTES = 1024  # git-lfs spec v1: a pointer is shorter
_POINTER = re.compile(
    rb"version https://(?:git-lfs\.github\.com/spec|hawser\.github\.com/spec)/v1\n"
    rb"oid sha256:([0-9a-f]{64})\nsize ([0-9]+)\n?"
)
_HASHED_BYTES = 256 * 1024 * 1024  # in all, half a second's work; what is beyond stays unsure
_CHUNK = 1024 * 1024


@dataclass(frozen=True)
class FilterResult:
    """The entries of a status: `changed` for sure, and `unsure`, which a filter would decide."""

    changed: list[Entry]
    unsure: list[Entry]


def judge_filters(checkout: git.Checkout, entries: list[Entry]) -> FilterResult:
    """Tell the entries of `git status`, run without filters, apart. Raises HandoffError as git."""
    blobs = _filtered(checkout, entries)
    pointers = objects.read_blobs(checkout, blobs.values(), _POINTER_BYTES)
    changed, unsure, budget = [], [], _HASHED_BYTES
    for entry in entries:
        is_equal: bool | None = False
        if entry.path in blobs:
            pointer = _POINTER.fullmatch(pointers.get(blobs[entry.path], b""))
            path = os.path.join(checkout.root, os.fsdecode(entry.path))
            is_equal = _is_equal(path, pointer, budget)
            budget -= int(pointer[2]) if pointer and is_equal is not None else 0
        if is_equal is False:
            changed.append(entry)
            continue
        if is_equal is None:
            unsure.append(entry)
        if entry.status[0] != " ":  # staged, and that is all that is known
            changed.append(_only_staged(entry))
    return FilterResult(changed, unsure)


def refuse_required(checkout: git.Checkout, paths: Iterable[str]) -> None:
    """Raise HandoffError if a filter that git requires stands before one of `paths`.

    Without a filter that is not required git takes the content as it is; so does handoff.
    """
    for path, driver in find_required(checkout, paths).items():
        raise HandoffError(
            f"git requires the filter {driver!r} for {path}, and handoff runs no filter.",
            "Commit it with git, or exempt briefs in .gitattributes: .handoff/** -filter",
        )


def find_required(checkout: git.Checkout, paths: Iterable[str]) -> dict[str, str]:
    """Path -> the filter that git requires there, for those of the paths that have one."""
    git.refresh_config(checkout)
    required = {name for name, is_required in checkout.programs.filters.items() if is_required}
    if not required:
        return {}
    drivers = _drivers(checkout, sorted(paths))
    return {path: driver for path, driver in drivers.items() if driver in required}


def _drivers(checkout: git.Checkout, paths: list[str]) -> dict[str, str]:
    """Path -> its filter, for the paths whose filter is configured."""
    if not paths:
        return {}
    asked = os.fsencode("".join(f"{path}\0" for path in paths))
    answer = git.run(checkout, "check-attr", "-z", "--stdin", "filter", stdin=asked)
    fields = os.fsdecode(git.check_result(answer, f"read the attributes of {checkout.root}")).split(
        "\0"
    )
    drivers = zip(fields[0::3], fields[2::3], strict=False)
    return {path: name for path, name in drivers if name in checkout.programs.filters}


def _filtered(checkout: git.Checkout, entries: list[Entry]) -> dict[bytes, str]:
    """Path -> the index's blob, of files that git calls modified by what it found in them, though
    it did not run their filter.
    """
    blobs = {}
    for entry in entries if checkout.programs.filters else ():
        fields = entry.record.split(b" ", 8)
        is_file = fields[0] == b"1" and fields[4].startswith(b"100") and fields[4] == fields[5]
        if is_file and entry.status[1] == "M":
            blobs[entry.path] = fields[7].decode()
    filtered = _drivers(checkout, [os.fsdecode(path) for path in blobs])
    return {path: blob for path, blob in blobs.items() if os.fsdecode(path) in filtered}


def _is_equal(path: str, pointer: re.Match[bytes] | None, budget: int) -> bool | None:
    """Whether the file is the one that a pointer of Git LFS stands for; None: cannot be said."""
    if pointer is None:
        return None
    sha256, size = pointer[1].decode(), int(pointer[2])
    if _size(path) != size:
        return False
    return _sha256(path) == sha256 if size <= budget else None


def _only_staged(entry: Entry) -> Entry:
    record = entry.record[:3] + b"." + entry.record[4:]
    return replace(entry, status=f"{entry.status[0]} ", record=record)


def _size(path: str) -> int:
    try:
        return os.lstat(path).st_size
    except OSError:
        return -1


def _sha256(path: str) -> str:
    whole = hashlib.sha256()
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, "rb") as file:
            while chunk := file.read(_CHUNK):
                whole.update(chunk)
    except OSError:
        return ""
    return whole.hexdigest()
