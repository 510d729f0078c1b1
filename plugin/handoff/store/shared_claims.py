"""Claims between machines: `refs/handoff/claims/<brief id>` on a remote, an empty commit each.

The commit says who (the name of the user's git identity), when, until when and which session. No
host name, path or text of a brief is in it. git's compare-and-swap decides who was first.
"""

from __future__ import annotations

import calendar
import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from handoff.base.errors import HandoffError
from handoff.git import remote
from handoff.git import run as git
from handoff.git.author import author
from handoff.git.objects import empty_tree

if TYPE_CHECKING:
    from collections.abc import Sequence

PREFIX = "refs/handoff/claims/"
HOLD_SECONDS = 24 * 3600.0
_STAMP = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True)
class SharedClaim:
    """A claim as the remote has it: text of somebody else's. `at`, `until`: epoch seconds."""

    id: str
    sha: str
    who: str
    session: str
    at: float
    until: float


def read(
    checkout: git.Checkout, where: remote.Remote, brief_ids: Sequence[str] = ("*",)
) -> dict[str, SharedClaim]:
    """Brief id -> its claim on the remote; of all briefs by default.

    Raises HandoffError when the remote cannot be read, or something else is under such a ref.
    """
    patterns = [PREFIX + brief_id for brief_id in brief_ids]
    refs = remote.list_refs(checkout, where, *patterns)
    if refs:
        # By sha: a ref may have moved, or gone, since it was listed.
        remote.fetch(checkout, where, sorted(set(refs.values())))
    return {
        ref.removeprefix(PREFIX): _parse(checkout, where, ref, sha) for ref, sha in refs.items()
    }


def write(checkout: git.Checkout, brief_id: str, session: str, now: float) -> str:
    """The id of a new commit that claims the brief; no ref points at it yet."""
    until = time.strftime(_STAMP, time.gmtime(now + HOLD_SECONDS))
    # The key makes it another commit than one that a namesake makes in the same second.
    lines = [f"Session: {session}", f"Until: {until}", f"Key: {secrets.token_hex(8)}"]
    message = "\n".join([f"handoff: claim {brief_id}", "", *lines, ""])
    date = f"{int(now)} +0000"
    env = {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date, **author(checkout).environment}
    answer = git.run(
        checkout, "commit-tree", empty_tree(checkout), "-F", "-", stdin=message.encode(), env=env
    )
    return git.decode_path(git.check_result(answer, f"write a claim in {checkout.root}")).strip()


def _parse(checkout: git.Checkout, where: remote.Remote, ref: str, sha: str) -> SharedClaim:
    kind = git.run(checkout, "cat-file", "-t", sha)
    form = "--format=tformat:%an%x00%ct%x00%B"
    answer = git.run(checkout, "log", "-1", "--no-color", form, sha, "--")
    if {kind.code, answer.code} & {git.TIMED_OUT, git.NOT_STARTED}:  # which says nothing of it
        git.check_result(kind, f"read {ref}")
        git.check_result(answer, f"read {ref}")
    fields = git.decode_path(answer.out).split("\0")
    if kind.out != b"commit\n" or answer.code or len(fields) != 3:
        raise HandoffError(
            f"{ref} on {where.name} is not a claim of handoff.",
            f"If nobody needs it, delete it: git push {where.name} --delete {ref}",
        )
    trailers = dict(line.split(": ", 1) for line in fields[2].splitlines()[1:] if ": " in line)
    at = float(fields[1])
    return SharedClaim(
        id=ref.removeprefix(PREFIX),
        sha=sha,
        who=fields[0],
        session=trailers.get("Session", ""),
        at=at,
        until=_epoch(trailers.get("Until", "")) or at + HOLD_SECONDS,
    )


def _epoch(stamp: str) -> float:
    try:
        return calendar.timegm(time.strptime(stamp, _STAMP))
    except ValueError:
        return 0.0
