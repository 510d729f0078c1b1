"""One mark of all that a session can change in a work tree; briefs do not count."""

from __future__ import annotations

import os
from hashlib import sha256
from typing import TYPE_CHECKING

from handoff.base.errors import HandoffError
from handoff.git import dirty, filters
from handoff.git import run as git

if TYPE_CHECKING:
    from collections.abc import Iterator

    from handoff.git.run import Checkout

_SECONDS = 30.0


def mark(checkout: Checkout | None) -> str:
    """A sha256 of branch, commit's content and uncommitted changes, those in submodules too; ""
    where git cannot say.

    Commits of briefs alone leave it as it is, and so does a commit of nothing.
    """
    if checkout is None:
        return ""
    try:
        head = git.head(checkout)
    except HandoffError:
        return ""
    tree = git.run(checkout, "ls-tree", "-z", "HEAD") if head.sha else None
    # Git would start itself in each submodule, with the programs of that one's configuration.
    status = git.run(
        checkout,
        *("status", "--porcelain=v2", "-z", "--no-renames", "--untracked-files=all"),
        "--ignore-submodules=dirty",
        seconds=_SECONDS,
    )
    if status.code or (tree is not None and tree.code):
        return ""
    whole = sha256(f"{head.branch}\n".encode(errors="surrogateescape"))
    for line in tree.out.split(b"\0") if tree is not None else []:
        if line.partition(b"\t")[2] != dirty.OWN_FOLDER:
            whole.update(line + b"\0")
    try:
        judged = filters.judge(checkout, dirty.parse_status(status.out))
    except HandoffError:
        return ""
    changed = dirty.digest(checkout.root, [*judged.changed, *judged.unsure]) or ""
    whole.update(changed.encode())
    for submodule in _submodules(checkout):
        whole.update(f"\n{submodule.root} {mark(submodule)}".encode(errors="surrogateescape"))
    return whole.hexdigest()


def _submodules(checkout: Checkout) -> Iterator[Checkout]:
    """The submodules that are checked out."""
    if not os.path.lexists(os.path.join(checkout.root, ".gitmodules")):
        return
    answer = git.run(checkout, "ls-files", "--stage", "-z")
    for line in answer.out.split(b"\0"):
        fields, _, path = line.partition(b"\t")
        if not fields.startswith(b"160000 "):
            continue
        root = os.path.join(checkout.root, os.fsdecode(path))
        try:
            found = git.find(root)
        except HandoffError:
            continue
        if found is not None and found.root == os.path.realpath(root) != checkout.root:
            yield found
