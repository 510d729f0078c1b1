"""What was committed since: the commits and the paths that a brief is compared with."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import NamedTuple

from handoff.base.errors import HandoffError
from handoff.git import run as git

_QUICK_SECONDS = 1.5  # a session may wait for it
# What comes from a brief is a stranger's until proven: nothing else reaches git's command line.
_SHA = re.compile(r"[0-9a-f]{4,64}")


@dataclass(frozen=True)
class Commit:
    """One commit; `time` is the author's, in seconds since the epoch."""

    sha: str
    subject: str
    author: str
    time: int


class Changed(NamedTuple):
    """One path that differs between two commits: status A, M, D or T, as git names it."""

    status: str
    path: str


def list_commits(
    checkout: git.Checkout,
    since_sha: str,
    *,
    limit: int = 100,
    besides: str = "",
    seconds: float = git.READ_SECONDS,
) -> tuple[Commit, ...]:
    """The commits of HEAD that `since_sha` does not have, newest first, at most `limit`.

    Those that touched nothing but the folder `besides` are left out.

    Raises HandoffError when `since_sha` is no commit of this repository.
    """
    span = f"{_checked(since_sha, checkout)}..HEAD"
    form = "--format=tformat:%H%x00%s%x00%an%x00%at"
    asked = ("log", "-z", f"--max-count={limit}", form, "--no-color", span, "--")
    paths = (".", f":(exclude,literal){besides}") if besides else ()
    excluding = {"GIT_LITERAL_PATHSPECS": "0"} if besides else {}
    answer = git.run(checkout, *asked, *paths, env=excluding, seconds=seconds)
    if answer.code:
        _require(checkout, since_sha)
    fields = git.decode_path(git.check_result(answer, f"read the log of {checkout.root}")).split(
        "\0"
    )
    return tuple(
        Commit(fields[i], fields[i + 1], fields[i + 2], int(fields[i + 3]))
        for i in range(0, len(fields) - 1, 4)
    )


def contains(checkout: git.Checkout, sha: str) -> bool | None:
    """Whether HEAD contains the commit `sha`; None when the repository does not know it.

    Raises HandoffError when git cannot say.
    """
    if not _SHA.fullmatch(sha):
        return None
    answer = git.run(checkout, "merge-base", "--is-ancestor", sha, "HEAD")
    if answer.code in (0, 1):
        return answer.code == 0
    if not _is_missing(checkout, sha):
        git.check_result(answer, f"compare commits of {checkout.root}")
    return None


def changed_paths(
    checkout: git.Checkout, since_sha: str, *, seconds: float = git.READ_SECONDS
) -> tuple[Changed, ...]:
    """The paths whose committed content differs between `since_sha` and HEAD.

    Raises HandoffError when `since_sha` is no commit of this repository.
    """
    since = _checked(since_sha, checkout)
    asked = ("diff-tree", "-r", "-z", "--name-status", "--no-renames", since, "HEAD")
    answer = git.run(checkout, *asked, seconds=seconds)
    if answer.code:
        _require(checkout, since_sha)
    fields = git.decode_path(git.check_result(answer, f"compare commits of {checkout.root}")).split(
        "\0"
    )[:-1]
    return tuple(map(Changed, fields[::2], fields[1::2]))


def added_at(checkout: git.Checkout, folder: str) -> dict[str, int]:
    """Path -> when (epoch seconds) a commit of HEAD last added that file of `folder` (from the
    root, with slashes); {} where git cannot say.
    """
    return _times(checkout, "A", folder)


def removed_at(checkout: git.Checkout, folder: str, since: float) -> dict[str, int]:
    """Path -> when (epoch seconds) a commit of HEAD last took that file of `folder` off the branch.
    Only commits since `since`; {} where git cannot say in time.
    """
    return _times(checkout, "D", folder, f"--since=@{int(since)}", seconds=_QUICK_SECONDS)


def _times(
    checkout: git.Checkout,
    status: str,
    folder: str,
    *limits: str,
    seconds: float = git.READ_SECONDS,
) -> dict[str, int]:
    """Path -> when a commit of HEAD last added (status `A`) or deleted (`D`) it in `folder`."""
    asked = ("log", "-z", "--format=%x01%ct", "--name-only", "--no-renames")
    where = ("HEAD", "--", folder)
    answer = git.run(checkout, *asked, f"--diff-filter={status}", *limits, *where, seconds=seconds)
    times: dict[str, int] = {}
    time = 0
    for field in os.fsdecode(answer.out).split("\0") if answer.code == 0 else []:
        path = field.strip("\n")
        if path.startswith("\x01"):
            stamp, _, path = path[1:].partition("\n")
            time = int(stamp)
        if path:
            times.setdefault(path.strip("\n"), time)
    return times


def _checked(sha: str, checkout: git.Checkout) -> str:
    """`sha`, if it has the form of one; HandoffError if not."""
    if not _SHA.fullmatch(sha):
        raise _unknown(sha, checkout)
    return sha


def _require(checkout: git.Checkout, sha: str) -> None:
    """Raise HandoffError if the repository does not have the commit: that is why git failed."""
    if _is_missing(checkout, sha):
        raise _unknown(sha, checkout)


def _is_missing(checkout: git.Checkout, sha: str) -> bool:
    """Whether git says that the repository does not have the commit; no where it says nothing."""
    answer = git.run(checkout, "cat-file", "-e", sha + "^{commit}")
    return answer.code == 1 or "Not a valid object name" in answer.err


def _unknown(sha: str, checkout: git.Checkout) -> HandoffError:
    return HandoffError(
        f"The commit {sha[:64]!r} is not in the repository {checkout.root}.",
        "It may have been rebased away, or this clone is shallow; compare by hand.",
    )
