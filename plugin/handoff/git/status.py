"""What is uncommitted in a worktree, and where HEAD is: one run of git."""

from __future__ import annotations

from dataclasses import dataclass, field

from handoff.base.errors import HandoffError
from handoff.git import run
from handoff.git.dirty import DirtyFile, digest, parse_head, parse_status
from handoff.git.head import Head, head_stamp, read_head
from handoff.git.operation import find_operation


@dataclass(frozen=True)
class GitState:
    """A worktree at one moment. If not `complete`, git could not say it, `problem` is why, and
    `dirty*` say nothing; nor do `branch` and `head` unless `has_head`.

    `unsure` are files of which only a filter, which is not run, could say whether they are dirty;
    they are not in `dirty*`, but in `work`, which is otherwise `dirty`: whoever wrote them worked.
    `where` is HEAD as git names it.
    """

    branch: str | None  # short name; None when detached
    head: str | None  # None when unborn
    operation: str | None  # merge, rebase, cherry-pick, revert, bisect, am
    dirty_files: tuple[DirtyFile, ...]
    dirty_count: int
    dirty: str | None
    complete: bool
    unsure: tuple[str, ...] = ()
    work: str | None = None
    problem: str = ""
    has_head: bool = True
    where: Head | None = field(default=None, compare=False)


def read_state(checkout: run.Checkout, *, limit: int = 200, seconds: float = 3.0) -> GitState:
    """The worktree now. `.handoff/` itself never counts as dirty.

    `dirty_files` holds at most `limit` entries, `dirty_count` counts all of them. `dirty` is a
    sha256 over status, staged and present content of every dirty file (`dirty.digest`). Reading
    the worktree may take `seconds`; the index is not refreshed on disk. Never
    raises: a repository that git cannot read (a damaged index, a missing object or file that its
    configuration names) is one whose state is not known.
    """
    stamp = head_stamp(checkout)
    answer = run.run(
        checkout,
        *("status", "--porcelain=v2", "-z", "--no-renames", "--untracked-files=normal"),
        *("--branch", "--no-ahead-behind", "--ignore-submodules=dirty"),
        seconds=seconds,
    )
    from handoff.git import filters as git_filters  # it runs git itself

    head, problem = parse_head(answer.out, stamp) if answer.code == 0 else None, ""
    try:
        head = head or read_head(checkout)
    except HandoffError as error:
        head, problem = Head(None, None), error.what
    branch = head.branch.removeprefix("refs/heads/") if head.branch else None
    try:
        status = parse_status(run.check_result(answer, f"read the status of {checkout.root}"))
        judged = git_filters.judge_filters(checkout, status)
    except HandoffError as error:
        problem = problem or error.what
    if problem:
        return GitState(
            branch,
            head.sha,
            find_operation(checkout),
            (),
            0,
            None,
            complete=False,
            problem=problem,
            has_head=head.branch is not None or head.sha is not None,
            where=head,
        )
    dirty = judged.changed
    mark = digest(checkout.root, dirty)
    return GitState(
        branch=branch,
        head=head.sha,
        operation=find_operation(checkout),
        dirty_files=tuple(
            DirtyFile(entry.status, run.decode_path(entry.path)) for entry in dirty[:limit]
        ),
        dirty_count=len(dirty),
        dirty=mark,
        complete=True,
        unsure=tuple(run.decode_path(entry.path) for entry in judged.unsure),
        work=digest(checkout.root, [*dirty, *judged.unsure]) if judged.unsure else mark,
        where=head,
    )
