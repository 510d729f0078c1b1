"""Whether the user works in a repository: has authored commits that HEAD has."""

from __future__ import annotations

import os

from handoff.git import author
from handoff.git import run as git

_MAX_COMMITS = 2_000  # a look at that many takes some 20 ms
_MAX_LOG = 64 * 1024
_OURS = "^handoff: "  # commits of briefs are not the user's work
_SECONDS = 2.0


def is_authored(checkout: git.Checkout, sha: str) -> bool | None:
    """Whether one of the last commits up to `sha` is by the user's own email; None where git knows
    no email, or cannot say in time. Commits of briefs do not count.

    What the user has committed in this clone, its reflog tells without a run of git.
    """
    by = author.author(checkout)
    email = by.names["author"][1].strip()
    if not email or "GIT_AUTHOR_EMAIL" in by.environment:
        return None
    folders = {checkout.git_dir, checkout.common_dir}
    if any(_has_commit(os.path.join(folder, "logs", "HEAD"), email) for folder in folders):
        return True
    asked = ("log", f"--max-count={_MAX_COMMITS}", "--format=%ae", "--no-color")
    theirs = ("--invert-grep", "--basic-regexp", f"--grep={_OURS}")
    answer = git.run(checkout, *asked, *theirs, sha, "--", seconds=_SECONDS)
    if answer.code:
        return None
    emails = os.fsdecode(answer.out).splitlines()
    return email.casefold() in (one.strip().casefold() for one in emails)


def _has_commit(path: str, email: str) -> bool:
    """Whether the end of a reflog has a commit that somebody with this email made here."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, "rb") as file:
            file.seek(max(0, os.fstat(descriptor).st_size - _MAX_LOG))
            lines = os.fsdecode(file.read(_MAX_LOG)).splitlines()
    except OSError:
        return False
    name = f" <{email}> ".casefold()
    return any(
        name in about.casefold() and what.startswith("commit")
        for about, _, what in (line.partition("\t") for line in lines)
    )
