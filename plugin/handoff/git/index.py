"""The user's index: the entries of a few paths are read and set, all others stay as they are."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from handoff.git import run as git

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

LOCK_SECONDS = 2.0
_POLL_SECONDS = 0.02


@dataclass(frozen=True)
class Reading:
    """What the index had of `paths`: its `entries`, in all stages, as `restore` takes them.
    `untracked` are those without one that are on disk and not ignored.
    """

    paths: frozenset[str]
    entries: bytes
    untracked: frozenset[str]
    stamp: str

    @property
    def tracked(self) -> frozenset[str]:
        """Those of the paths that have an entry."""
        return frozenset(_path(line) for line in self.entries.split(b"\0")[:-1])

    def has(self, blobs: Mapping[str, str | None]) -> bool:
        """Whether the entries are exactly these blobs, None being absent."""
        wanted = {f"100644 {blob} 0\t{path}" for path, blob in blobs.items() if blob}
        return set(os.fsdecode(self.entries).split("\0")) - {""} == wanted

    def of(self, paths: Collection[str]) -> Reading:
        """What it says of some of its paths."""
        wanted = frozenset(paths)
        if wanted == self.paths:
            return self
        lines = [line for line in self.entries.split(b"\0") if _path(line) in wanted]
        entries = b"".join(line + b"\0" for line in lines)
        return Reading(wanted, entries, self.untracked & wanted, self.stamp)


def read(checkout: git.Checkout, paths: Collection[str], known: Reading | None = None) -> Reading:
    """What the index has of `paths` now: what is `known`, if nobody has written an index since."""
    if known is not None and known.paths.issuperset(paths) and is_current(checkout, known):
        return known.of(paths)
    stamp = _stamp(checkout)
    asked = ("ls-files", "--stage", "--others", "--exclude-standard", "-z", "--", *sorted(paths))
    listed = git.check_result(git.run(checkout, *asked), f"read the index of {checkout.root}")
    staged: list[bytes] = []
    others: list[bytes] = []
    for line in listed.split(b"\0")[:-1]:
        (staged if b"\t" in line else others).append(line)
    return Reading(
        paths=frozenset(paths),
        entries=b"".join(line + b"\0" for line in staged),
        untracked=frozenset(map(os.fsdecode, others)) & frozenset(paths),
        stamp=stamp,
    )


def is_current(checkout: git.Checkout, known: Reading) -> bool:
    """Whether nobody has written an index since; no where that is not to be told."""
    return bool(known.stamp) and known.stamp == _stamp(checkout)


def _path(entry: bytes) -> str:
    """The path of an entry, as `git ls-files --stage -z` prints it."""
    return os.fsdecode(entry.partition(b"\t")[2])


def _stamp(checkout: git.Checkout) -> str:
    """What is another as soon as an index was written; git puts a new file in its place."""
    try:
        stat = os.lstat(os.path.join(checkout.git_dir, "index"))
    except FileNotFoundError:
        return "none"
    except OSError:
        return ""
    return f"{stat.st_ino} {stat.st_size} {stat.st_mtime_ns}"


def put_blobs(
    checkout: git.Checkout,
    blobs: Mapping[str, str | None],
    unmodified: Collection[str],
    wait: float,
) -> str:
    """Set the entries of these paths (None: remove); "" or why that failed.

    `unmodified` are those that are on disk as committed: their entries get size and times as well
    (the path is named a second time), or the next `git diff-files` of a script would call them
    changed. `wait`: seconds that another process may hold `index.lock`.
    """
    command = ["update-index", "--add"]
    for path, blob in sorted(blobs.items()):
        command += ["--cacheinfo", f"100644,{blob},{path}"] if blob else []
    command += [f"./{path}" for path in sorted(unmodified)]
    gone = [f"./{path}" for path, blob in sorted(blobs.items()) if not blob]
    command += ["--force-remove", *gone] if gone else []
    return _update(checkout, command, None, wait)


def restore(checkout: git.Checkout, paths: Collection[str], before: bytes, id_length: int) -> str:
    """Give `paths` the `entries` that they had; "" or why that failed."""
    gone = "".join(f"0 {'0' * id_length}\t{path}\0" for path in sorted(paths))
    command = ["update-index", "-z", "--index-info"]
    return _update(checkout, command, os.fsencode(gone) + before, LOCK_SECONDS)


def is_kept_on_disk(checkout: git.Checkout, paths: Collection[str]) -> bool:
    """Whether the user's sparse checkout, if there is one, leaves these new files on disk.

    `sparse-checkout check-rules` would say it, but came with git 2.41; so the patterns are put to
    git as ignore patterns, which they are in form. Only files that are on disk and not yet tracked
    are judged; any other counts as left out, which is the safe side.
    """
    patterns = Path(checkout.git_dir, "info", "sparse-checkout")
    if not paths or not patterns.exists():
        return True
    if not checkout.config.is_true("core.sparsecheckout"):
        return True
    asked = ("ls-files", "-z", "--others", "--ignored", f"--exclude-from={patterns}", "--")
    answer = git.run(checkout, *asked, *sorted(paths))
    return answer.code == 0 and set(os.fsdecode(answer.out).split("\0")) >= set(paths)


def _update(checkout: git.Checkout, command: list[str], stdin: bytes | None, wait: float) -> str:
    lock = Path(checkout.git_dir, "index.lock")
    deadline = time.monotonic() + wait
    while True:
        while os.path.lexists(lock) and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)
        answer = git.run(checkout, *command, stdin=stdin, seconds=None)
        if answer.code == 0:
            return ""
        if "index.lock" not in answer.err:
            return f"git did not add the files to its index: {git.error_words(answer)[:200]}"
        if time.monotonic() >= deadline:
            return f"another git process holds {lock}"
