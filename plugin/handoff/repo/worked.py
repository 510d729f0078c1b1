"""One mark of all that a session can change in a work tree; briefs do not count."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from handoff.errors import HandoffError
from handoff.repo import dirty, git

if TYPE_CHECKING:
    from handoff.repo.git import Checkout

_SECONDS = 30.0


def mark(checkout: Checkout | None) -> str:
    """A sha256 of branch, commit's content and uncommitted changes; "" where git cannot say.

    Commits of briefs alone leave it as it is, and so does a commit of nothing.
    """
    if checkout is None:
        return ""
    try:
        head = git.head(checkout)
    except HandoffError:
        return ""
    tree = git.run(checkout, "ls-tree", "-z", "HEAD") if head.sha else None
    status = git.run(
        checkout,
        *("status", "--porcelain=v2", "-z", "--no-renames", "--untracked-files=all"),
        seconds=_SECONDS,
    )
    if status.code or (tree is not None and tree.code):
        return ""
    whole = sha256(f"{head.branch}\n".encode(errors="surrogateescape"))
    for line in tree.out.split(b"\0") if tree is not None else []:
        if line.partition(b"\t")[2] != dirty.OWN_FOLDER:
            whole.update(line + b"\0")
    changed = dirty.digest(checkout.root, dirty.parse_status(status.out)) or ""
    whole.update(changed.encode())
    return whole.hexdigest()
