"""A worktree before and after a session: a mark of all that it can change, and whether two marks
differ by more than briefs.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from handoff.base.errors import HandoffError
from handoff.git import dirty, filters
from handoff.git import run as git
from handoff.git.head import head_stamp, read_head
from handoff.git.operation import find_operation
from handoff.git.status import GitState

if TYPE_CHECKING:
    from collections.abc import Iterator

    from handoff.git.run import Checkout

_SECONDS = 30.0
_MAX_FILES = 200  # that are named in a state
_SHA = re.compile(r"[0-9a-f]{40,64}")


@dataclass(frozen=True)
class Reading:
    """A worktree at one moment. `mark` is a sha256 of branch, uncommitted changes and submodules,
    and the commit; "" where git cannot say, or it was not wanted. `state` lists untracked files one
    by one, where a mark was made; None where nothing was read.
    """

    mark: str = ""
    state: GitState | None = None


def has_changed(checkout: Checkout | None, before: str, now: str) -> bool | None:
    """Whether a worktree is another by the mark `now` than by that of `before`; None where git
    cannot say. Commits of briefs alone do not count, nor does a commit of nothing.
    """
    if checkout is None or not before or not now:
        return None
    (work, _, old), (work_now, _, new) = before.partition(" "), now.partition(" ")
    if work != work_now or old == new:
        return work != work_now
    try:
        return _is_other_content(checkout, old, new)
    except HandoffError:
        return None


def read(checkout: Checkout) -> Reading:
    """Read a worktree: one run of git, where no submodule and no filter is there."""
    stamp = head_stamp(checkout)
    # Git would start itself in each submodule, with the programs of that one's configuration.
    status = git.run(
        checkout,
        *("status", "--porcelain=v2", "-z", "--no-renames", "--untracked-files=all"),
        *("--ignore-submodules=dirty", "--branch", "--no-ahead-behind"),
        seconds=_SECONDS,
    )
    if status.code:
        return Reading()
    try:
        head = dirty.parse_head(status.out, stamp) or read_head(checkout)
        judged = filters.judge_filters(checkout, dirty.parse_status(status.out))
        submodules = list(_submodules(checkout))
    except HandoffError:
        return Reading()
    work = dirty.digest(checkout.root, [*judged.changed, *judged.unsure])
    branch = head.branch and head.branch.removeprefix("refs/heads/")
    whole = sha256(f"{branch}\n".encode(errors="surrogateescape"))
    whole.update((work or "").encode())
    for submodule in submodules:
        whole.update(b"\n" + os.fsencode(submodule.root) + b" " + _content(submodule))
    state = GitState(
        branch=branch,
        head=head.sha,
        operation=find_operation(checkout),
        dirty_files=tuple(
            dirty.DirtyFile(entry.status, git.decode_path(entry.path))
            for entry in judged.changed[:_MAX_FILES]
        ),
        dirty_count=len(judged.changed),
        dirty=dirty.digest(checkout.root, judged.changed) if judged.unsure else work,
        complete=True,
        unsure=tuple(git.decode_path(entry.path) for entry in judged.unsure),
        work=work,
        where=head,
    )
    return Reading(f"{whole.hexdigest()} {head.sha or ''}", state)


def _content(checkout: Checkout) -> bytes:
    """A mark that stays where only briefs, or nothing, are committed; b"" where git cannot say."""
    work, _, sha = read(checkout).mark.partition(" ")
    try:
        return work.encode() + (_files(checkout, sha) if sha else b"")
    except HandoffError:
        return b""


def _is_other_content(checkout: Checkout, old: str, new: str) -> bool:
    """Whether two commits, "" being none, differ by more than briefs."""
    if not (old and new):
        return bool(_files(checkout, old or new))
    if not _SHA.fullmatch(old):
        raise HandoffError(
            f"{old!r} is not a commit."
        )  # a journal's own word, which anyone may edit
    answer = git.run(checkout, "diff-tree", "-z", "--name-only", "--no-renames", old, new)
    names = git.check_result(answer, f"compare commits of {checkout.root}").split(b"\0")
    return bool(set(names) - {b"", dirty.OWN_FOLDER})


def _files(checkout: Checkout, sha: str) -> bytes:
    """The entries of a commit's top folder, without the one for briefs."""
    answer = git.run(checkout, "ls-tree", "-z", sha)
    listed = git.check_result(answer, f"list the commit {sha} of {checkout.root}").split(b"\0")[:-1]
    return b"".join(line + b"\0" for line in listed if line.partition(b"\t")[2] != dirty.OWN_FOLDER)


def _submodules(checkout: Checkout) -> Iterator[Checkout]:
    """The submodules that are checked out."""
    if not os.path.lexists(os.path.join(checkout.root, ".gitmodules")):
        return
    answer = git.run(checkout, "ls-files", "--stage", "-z")
    for line in git.check_result(answer, f"list the files of {checkout.root}").split(b"\0"):
        fields, _, path = line.partition(b"\t")
        if not fields.startswith(b"160000 "):
            continue
        root = os.path.join(checkout.root, os.fsdecode(path))
        try:
            submodule = git.find_checkout(root)
        except HandoffError:
            continue
        if submodule is not None and submodule.root == os.path.realpath(root) != checkout.root:
            yield submodule
