"""One commit of a few files, made beside the user's work: no checkout, no hook, no other entry.

The commit is built from HEAD's tree by plumbing, along the touched folders only, so its cost does
not grow with the repository. Order of the steps that others can see: first the entries in the
user's index, then the branch, by compare-and-swap. Killed in between, the files are staged, which
harms nobody; the other way round, the user's next commit would delete them again.

Where the branch is not ours to move, the commit is kept at `refs/handoff/<id>` and nothing else is
touched: an operation in progress, a `git commit` that is running (git would refuse it, as the
branch is not where it was), a detached HEAD (the next checkout would take the files away
and the superproject of a submodule would see another commit), `index.lock` held, a signature that
cannot be had without asking, files outside the user's sparse checkout (git would delete them).
"""

from __future__ import annotations

import os
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from handoff.base import locks
from handoff.base.errors import HandoffError
from handoff.git import commit_object, filters, index
from handoff.git import run as git
from handoff.git.author import Author, CannotSignError, author, sign
from handoff.git.branch_guard import NotOnBranch, check_movable, hold_branch, ref_lock
from handoff.git.commit_result import BY_CONFIGURATION, Committed
from handoff.git.head import Head, branch_now, read_head
from handoff.git.objects import Folders, New, add_blob, add_tree, read_folders

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

BECAUSE = "handoff: kept: "  # in the reflog of `refs/handoff/<id>`, before the reason
SIGN_SECONDS = 5.0
_TURN_SECONDS = 15.0
_ATTEMPTS = 8  # from one place
_MOVING_SECONDS = 10.0
OVERTAKEN = "another process has already changed it"
_REF_ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,127}")


Mode = Literal["branch", "ref"]


@dataclass(frozen=True)
class Known:
    """What was read just now, and is read again where it has changed since: where HEAD is, what the
    index has of the paths, and the folders of HEAD's commit on the way to them.
    """

    head: Head | None = None
    staged: index.Reading | None = None
    base: Folders | None = None


@dataclass(frozen=True)
class _Work:
    """What one call is about: the blob of every added path, None for every removed one."""

    checkout: git.Checkout
    blobs: Mapping[str, str | None]
    unmodified: frozenset[str]  # added, and in the worktree byte for byte
    message: str
    author: Author
    sign_wait: float
    new: New
    known: Known


def commit_files(
    checkout: git.Checkout,
    changes: Mapping[str, bytes | None],
    message: str,
    mode: Mode,
    ref_id: str,
    *,
    wait: float = index.LOCK_SECONDS,
    sign_wait: float = SIGN_SECONDS,
    still: Callable[[str], bool] | None = None,
    known: Known = Known(),
) -> Committed:
    """Add (bytes) or remove (None) exactly these paths in one commit on top of HEAD.

    Paths are POSIX and relative to the root. The files should be in the worktree already: nothing
    is written there. Line ends are stored as by `git add`; filters and ignore rules do not apply. A
    second call with the same changes returns the HEAD that has them. In seconds: `wait`, how long
    another process may hold `index.lock`; `sign_wait`, how long a signature may take. `still`:
    whether the change of a path still stands; what does not, because another process went on with
    the file, is left out, and `sha` is "" if that is everything.

    Raises HandoffError when a folder of a path is a file or a symbolic link, a path has a required
    filter, or git refuses;
    ValueError when a path or `ref_id` is malformed.
    """
    _check(checkout, changes, ref_id)
    added = {path: content for path, content in changes.items() if content is not None}
    filters.refuse_required(checkout, added)
    new = New(checkout)
    blobs = {path: add_blob(new, checkout, path, content) for path, content in added.items()}
    by = author(checkout)
    with locks.Turn(checkout.git_dir, _TURN_SECONDS):
        if known.staged and not index.is_current(checkout, known.staged):
            known = Known(base=known.base)  # who wrote an index meanwhile has most likely committed
        while True:
            paths = frozenset(path for path in changes if still is None or still(path))
            if not paths:
                return Committed("", "", on_branch=False, reason=OVERTAKEN)
            work = _Work(
                checkout=checkout,
                blobs={path: blobs.get(path) for path in paths},
                unmodified=_on_disk(checkout, added).intersection(paths),
                message=message,
                author=by,
                sign_wait=sign_wait,
                new=new,
                known=known,
            )
            if mode == "ref":
                return _on_ref(work, ref_id, BY_CONFIGURATION, known.head)
            try:
                return _on_branch(work, wait)
            except NotOnBranch as reason:
                if still is None or all(still(path) == (path in paths) for path in changes):
                    return _on_ref(work, ref_id, str(reason))


def _on_branch(work: _Work, wait: float) -> Committed:
    known, staged = work.known.head, work.known.staged
    before: bytes | None = None
    id_length = 0
    commit = ""
    deadline = time.monotonic() + _MOVING_SECONDS
    stuck, last = 0, Head(None, None)
    try:
        while not stuck or (stuck < _ATTEMPTS and time.monotonic() < deadline):
            head = check_movable(
                work.checkout, [p for p, blob in work.blobs.items() if blob], known
            )
            known = None
            stuck, last = (stuck + 1 if head == last else 1), head
            commit = _commit(work, head, signed=True)
            staged = index.read(work.checkout, work.blobs, staged)
            if not staged.has(work.blobs):
                refused = index.put_blobs(work.checkout, work.blobs, work.unmodified, wait)
                if refused and commit != head.sha:
                    raise NotOnBranch(refused)
                before = staged.entries if before is None else before
                id_length = len(commit)
            if commit == head.sha or _move(work, "HEAD", commit, head.sha or "0" * len(commit)):
                # HEAD may have been switched to another branch of the same commit.
                ref = _ref_now(work.checkout, head)
                return Committed(commit, ref, on_branch=True, reason="")
        if stuck == _ATTEMPTS:
            raise NotOnBranch(hold_branch(work.checkout))
        raise NotOnBranch(f"other processes kept updating the branch for {_MOVING_SECONDS:g} s")
    except BaseException:
        if before is not None and not _has_landed(work.checkout, commit):
            index.restore(work.checkout, work.blobs, before, id_length)
        raise


def _ref_now(checkout: git.Checkout, known: Head) -> str:
    """The ref that HEAD is at, after it was moved: what git cannot say now undoes no commit."""
    try:
        return branch_now(checkout, known) or "HEAD"
    except HandoffError:
        return known.branch or "HEAD"


def _has_landed(checkout: git.Checkout, commit: str) -> bool:
    """Whether HEAD has a commit: who is told to end while git moves it is told when it is done."""
    asked = ("merge-base", "--is-ancestor", commit, "HEAD")
    return bool(commit) and git.run(checkout, *asked, seconds=None).code == 0


def _on_ref(work: _Work, ref_id: str, reason: str, known: Head | None = None) -> Committed:
    head = known or read_head(work.checkout)
    commit = _commit(work, head, signed=False)
    if commit == head.sha:
        is_there = head.branch is not None
        return Committed(commit, head.branch or "HEAD", is_there, "" if is_there else reason)
    ref = f"refs/handoff/{ref_id}"
    if not _move(work, ref, commit, None, log=f"{BECAUSE}{reason}"):
        lock = ref_lock(work.checkout, ref)
        raise HandoffError(
            f"git could not write {ref} in {work.checkout.common_dir}.",
            f"Remove {lock} if no other git process is running."
            if lock
            else "Run `git fsck` there to find out why.",
        )
    return Committed(commit, ref, on_branch=False, reason=reason)


def _commit(work: _Work, head: Head, *, signed: bool) -> str:
    """The id of a commit of the changes on top of `head`; of `head` itself if it has them already.

    Raises NotOnBranch when it has to be signed and cannot be.
    """
    base = read_folders(work.checkout, head.sha, work.blobs, work.known.base)
    tree = add_tree(work.new, work.checkout, base, work.blobs)
    if tree is None:
        if head.sha is None:
            raise HandoffError(f"There is nothing to commit in {work.checkout.root}.")
        return head.sha
    text = work.message.rstrip("\n").encode() + b"\n"
    is_signed = signed and work.author.signs
    body = None if is_signed else commit_object.build(tree, head.sha, work.author, text)
    if body is not None:
        commit = work.new.add("commit", body)
        work.new.write()
        return commit
    work.new.write()
    command = ["commit-tree", tree, "-F", "-"]
    command += ["-p", head.sha] if head.sha else []
    if is_signed:
        try:
            return sign(work.checkout, work.author, command, text, seconds=work.sign_wait)
        except CannotSignError as reason:
            raise NotOnBranch(str(reason)) from None
    answer = git.run(work.checkout, *command, stdin=text, env=work.author.environment)
    return git.decode_path(
        git.check_result(answer, f"write a commit in {work.checkout.root}")
    ).strip()


def _move(work: _Work, ref: str, new: str, old: str | None, *, log: str = "") -> bool:
    """Point `ref` at `new`; only if it still is at `old`, when that is given. `log`: what its
    reflog says of it, which is made for that; without it the commit's subject, where the user has
    reflogs.
    """
    subject = work.message.partition("\n")[0].removeprefix("handoff: ")
    command = ["update-ref", *(["--create-reflog"] if log else [])]
    command += ["-m", log or f"handoff: {subject}", ref, new]
    command += [old] if old else []
    answer = git.run(work.checkout, *command, env=work.author.environment, seconds=None)
    return answer.code == 0


# What is checked before anything is written


def _check(checkout: git.Checkout, changes: Mapping[str, bytes | None], ref_id: str) -> None:
    if not changes or not _REF_ID.fullmatch(ref_id):
        raise ValueError(f"no change, or a malformed id: {ref_id!r}")
    check_paths(checkout, changes)


def check_paths(checkout: git.Checkout, paths: Iterable[str]) -> None:
    """Raise HandoffError when a folder of a path is a file or a symbolic link, ValueError when a
    path is malformed.
    """
    for path in paths:
        parts = path.split("/")
        if "\0" in path or any(part.lower() in ("", ".", "..", ".git") for part in parts):
            raise ValueError(f"not a plain path below the root: {path!r}")
        for depth in range(1, len(parts)):
            folder = Path(checkout.root, *parts[:depth])
            if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
                what = "a symbolic link" if folder.is_symlink() else "a file"
                raise HandoffError(
                    f"{folder} is {what}; handoff needs a folder there.",
                    "Move it away, or set `commit: off` in handoff's configuration.",
                )


def _on_disk(checkout: git.Checkout, added: Mapping[str, bytes]) -> frozenset[str]:
    """The paths of which the worktree holds what is added."""
    return frozenset(path for path in added if _is_on_disk(checkout, path, added[path]))


def _is_on_disk(checkout: git.Checkout, path: str, content: bytes) -> bool:
    """Whether the file in the worktree is exactly `content`; links are not followed."""
    flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
    try:
        descriptor = os.open(Path(checkout.root, path), flags)
        with os.fdopen(descriptor, "rb") as file:
            return file.read(len(content) + 1) == content
    except OSError:
        return False
