"""The user's index: the entries of a few paths are read and set, all others stay as they are."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from handoff.git import run as git

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

LOCK_SECONDS = 2.0
_POLL_SECONDS = 0.02


def entries(checkout: git.Checkout, paths: Collection[str]) -> bytes:
    """The index entries of `paths`, in all stages, as `restore` takes them."""
    answer = git.run(checkout, "ls-files", "--stage", "-z", "--", *sorted(paths))
    return git.good(answer, f"read the index of {checkout.root}")


def tracked(checkout: git.Checkout, paths: Collection[str]) -> frozenset[str]:
    """Those of `paths` that have an entry."""
    lines = os.fsdecode(entries(checkout, paths)).split("\0")[:-1]
    return frozenset(line.partition("\t")[2] for line in lines)


def has(found: bytes, blobs: Mapping[str, str | None]) -> bool:
    """Whether `found` (`entries` of the same paths) is exactly these blobs, None being absent."""
    wanted = {f"100644 {blob} 0\t{path}" for path, blob in blobs.items() if blob}
    return set(os.fsdecode(found).split("\0")) - {""} == wanted


def put(
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
    sparse = git.run(checkout, "config", "--type=bool", "core.sparseCheckout")
    if sparse.out.strip() != b"true":
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
            return f"git's index did not take the files: {git.error_words(answer)[:200]}"
        if time.monotonic() >= deadline:
            return f"another git process holds {lock}"
