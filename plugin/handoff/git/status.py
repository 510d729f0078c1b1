"""What is uncommitted in a work tree, with the lines changed."""

from __future__ import annotations

from dataclasses import dataclass

from handoff.base.errors import HandoffError
from handoff.git import run
from handoff.git.dirty import DirtyFile, digest, parse_numstat, parse_status


@dataclass(frozen=True)
class GitState:
    """A work tree at one moment. If not `complete`, git could not say it, `problem` is why, and
    `dirty*` say nothing; nor do `branch` and `head` unless `has_head`.

    `unsure` are files of which only a filter, which is not run, could say whether they are dirty;
    they are not in `dirty*`, but in `work`, which is otherwise `dirty`: whoever wrote them worked.
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


def state(checkout: run.Checkout, *, limit: int = 200, seconds: float = 3.0) -> GitState:
    """The work tree now. `.handoff/` itself never counts as dirty.

    `dirty_files` holds at most `limit` entries, `dirty_count` counts all of them. `dirty` is a
    sha256 over status, staged and present content of every dirty file (`dirty.digest`). Each of the
    two readings of the work tree may take `seconds`; the index is not refreshed on disk. Never
    raises: a repository that git cannot read (a damaged index, a missing object or file that its
    configuration names) is one whose state is not known.
    """
    problem = ""
    try:
        here = run.head(checkout)
    except HandoffError as error:
        here, problem = run.Head(None, None, None), error.what
    branch = here.branch.removeprefix("refs/heads/") if here.branch else None
    answer = run.run(
        checkout,
        *("status", "--porcelain=v2", "-z", "--no-renames", "--untracked-files=normal"),
        "--ignore-submodules=dirty",
        seconds=seconds,
    )
    from handoff.git import filters as git_filters  # it runs git itself

    try:
        status = parse_status(run._good(answer, checkout, "read the status of").out)
        judged = git_filters.judge(checkout, status)
        counts = _line_counts(checkout, here, seconds) if judged.changed and not problem else {}
    except HandoffError as error:
        problem = problem or error.what
    if problem:
        return GitState(
            branch,
            here.sha,
            run.operation(checkout),
            (),
            0,
            None,
            complete=False,
            problem=problem,
            has_head=here.branch is not None or here.sha is not None,
        )
    dirty = judged.changed
    mark = digest(checkout.root, dirty)
    return GitState(
        branch=branch,
        head=here.sha,
        operation=run.operation(checkout),
        dirty_files=tuple(
            DirtyFile(found.status, run.text(found.path), *counts.get(found.path, (None, None)))
            for found in dirty[:limit]
        ),
        dirty_count=len(dirty),
        dirty=mark,
        complete=True,
        unsure=tuple(run.text(entry.path) for entry in judged.unsure),
        work=digest(checkout.root, [*dirty, *judged.unsure]) if judged.unsure else mark,
    )


def _line_counts(
    checkout: run.Checkout, here: run.Head, seconds: float
) -> dict[bytes, tuple[int | None, int | None]]:
    base = here.sha or run.text(
        run.good(run.run(checkout, "hash-object", "-t", "tree", "/dev/null"), "hash")
    )
    asked = ("diff", "--numstat", "-z", "--no-renames")
    answer = run.run(
        checkout, *asked, "--ignore-submodules=dirty", base.strip(), "--", seconds=seconds
    )
    return parse_numstat(answer.out) if answer.code == 0 else {}
