"""What `handoff commit` has to do for a brief, from what worktree, branch and refs hold of it.

The worktree says how a brief stands now; without a file there, the newest commit that was kept
does. What the branch has, or had and took off, is never put there again.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from handoff.base.errors import HandoffError
from handoff.brief import document
from handoff.store import brief_files, commit_message, kept_refs
from handoff.store.commit_message import Named
from handoff.store.finished_briefs import finishes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from handoff.git import run as git


BY_COMMIT = "Committed by `handoff commit`."


@dataclass(frozen=True)
class View:
    """Briefs as they are: `files` in the worktree (id -> path, the finished one if both are there
    and it is that brief) with their `blobs` by path, `open_ids` those with a file in `open`,
    `branch` (path -> blob) in HEAD's commit, and the commits kept `beside` it. `history` and
    `texts` are read when they are asked for, once for all briefs.
    """

    files: Mapping[str, str]
    open_ids: frozenset[str]
    blobs: Mapping[str, str]
    branch: Mapping[str, str]
    beside: tuple[kept_refs.KeptRef, ...]
    history: kept_refs.BranchHistory
    texts: kept_refs.BlobTexts

    def ids(self) -> list[str]:
        """Every brief that could be asked for."""
        return sorted({*self.files, *self._kept_ids()})

    def unsettled(self) -> list[str]:
        """Those whose file is not as the branch has it, and those that a ref holds."""
        changed = {
            brief_id
            for brief_id, path in self.files.items()
            if self.branch.get(path) != self.blobs.get(path)
        }
        return sorted({*changed, *self._kept_ids()})

    def about(self, brief_id: str) -> list[kept_refs.KeptRef]:
        """The kept commits that hold something of a brief, the newest last."""
        kept = [k for k in self.beside if any(_is_of(p, brief_id) for p in k.changes)]
        return sorted(kept, key=lambda item: item.time)

    def _kept_ids(self) -> set[str]:
        return {kept_refs.split_path(path)[1] for item in self.beside for path in item.changes}


@dataclass(frozen=True)
class Step:
    """What to commit for a brief: `changes` as `commit.commit_files` takes them, {} for nothing.

    `path` is the brief's, where `message` names it by its title. `restores`: the file is to be
    written first. `take`: files that go afterwards, while they have these bytes. `problem` says why
    it must be left alone. `brief` is what the message names, None where its words are not told.
    """

    title: str = ""
    changes: Mapping[str, bytes | None] = field(default_factory=dict)
    message: str = ""
    path: str = ""
    restores: bool = False
    take: Mapping[str, bytes] = field(default_factory=dict)
    problem: str = ""
    brief: document.Brief | None = None


def read_view(checkout: git.Checkout) -> View:
    """What there is now. No brief is opened but by git, so many cost little."""
    open_ones, done = (
        _files(checkout.root, folder) for folder in (brief_files.OPEN, brief_files.DONE)
    )
    files = open_ones | {
        brief_id: path
        for brief_id, path in done.items()
        if brief_id not in open_ones or _is_end_here(checkout.root, path, open_ones[brief_id])
    }
    return View(
        files=files,
        open_ids=frozenset(open_ones),
        blobs=kept_refs.blobs(checkout, files.values()),
        **_in_git(checkout),
    )


def reread_view(view: View, checkout: git.Checkout) -> View:
    """The same after a commit: the branch and what is beside it are read anew."""
    return replace(view, **_in_git(checkout))


def _in_git(checkout: git.Checkout) -> dict[str, Any]:
    """The fields of a View that a commit changes."""
    branch, beside = kept_refs.read_branch(checkout), tuple(kept_refs.list_refs(checkout))
    texts = [change.new for item in beside for change in item.changes.values() if change.new]
    finished = [branch.get(brief_files.relative_path(brief_files.DONE, item.id)) for item in beside]
    likely = [blob for blob in (*texts, *finished) if blob]
    return {
        "branch": branch,
        "beside": beside,
        "history": kept_refs.BranchHistory(checkout),
        "texts": kept_refs.BlobTexts(checkout, likely),
    }


def plan_steps(brief_id: str, view: View, checkout: git.Checkout) -> Step:
    """What to do for one brief."""
    open_path, done_path = (
        brief_files.relative_path(f, brief_id) for f in (brief_files.OPEN, brief_files.DONE)
    )
    about = view.about(brief_id)
    if brief_id in view.files and not _is_finished_beside(brief_id, view, about):
        return _of_file(brief_id, view, checkout)
    changes = about[-1].changes if about else {}
    finished = changes.get(done_path, kept_refs.Change(None, None)).new
    path = done_path if finished else open_path
    blob = finished or changes.get(open_path, kept_refs.Change(None, None)).new
    if blob is None:
        off = {p: None for p, c in changes.items() if _is_of(p, brief_id) and _is_at(p, c, view)}
        return Step(brief_id, off, commit_message.dropped([Named(brief_id)], note=BY_COMMIT))
    if is_on_branch(path, blob, view):
        return Step(brief_id)
    if done_path in view.branch or view.branch.get(path):
        return Step(brief_id)  # the branch has another text: the ref stays, and that is said
    raw = view.texts.get(blob)
    try:
        if raw is None:
            raise HandoffError(f"{about[-1].ref}: {path} is too large, or missing from git.")
        brief = document.parse(raw, path)
    except HandoffError as error:
        return Step(brief_id, problem=error.what)
    gone, take = _finished(brief_id, raw, view, checkout) if path == done_path else ({}, {})
    put = {path: raw, **gone}
    message = describe(brief, path)
    return Step(brief.title, put, message, path, restores=True, take=take, brief=brief)


def is_settled(item: kept_refs.KeptRef, view: View) -> bool:
    """Whether nothing is lost without a kept commit: all it adds is on the branch or in its
    history, and what it takes away is gone there, was changed since, or was put back here.
    """
    return all(
        is_on_branch(path, change.new, view)
        if change.new
        else path in view.blobs or not _is_at(path, change, view)
        for path, change in item.changes.items()
    )


def is_on_branch(path: str, blob: str, view: View) -> bool:
    """Whether the branch has a brief's text: at its path, in the finished brief, or in history."""
    if view.branch.get(path) == blob:
        return True
    _, brief_id = kept_refs.split_path(path)
    done = view.branch.get(brief_files.relative_path(brief_files.DONE, brief_id))
    if done and finishes(view.texts.get(done), view.texts.get(blob)):
        return True
    return view.history.had(path, blob)


def _of_file(brief_id: str, view: View, checkout: git.Checkout) -> Step:
    path = view.files[brief_id]
    folder, _ = kept_refs.split_path(path)
    (item,) = brief_files.read_all(checkout.root, folder, [f"{brief_id}.md"])
    if item.brief is None:
        return Step(brief_id, problem=item.problem)
    title = item.brief.title
    done_path = brief_files.relative_path(brief_files.DONE, brief_id)
    if folder == brief_files.OPEN and _is_end_on_branch(done_path, item.raw, view):
        return Step(title, problem=f"it is finished on the branch: git restore {done_path}")
    changes: dict[str, bytes | None] = {}
    if view.branch.get(path) != view.blobs.get(path):
        changes[path] = item.raw
    take: Mapping[str, bytes] = {}
    if folder == brief_files.DONE:
        gone, take = _finished(brief_id, item.raw, view, checkout)
        changes |= gone
    message = describe(item.brief, path)
    return Step(title, changes, message, path, take=take, brief=item.brief)


def _finished(
    brief_id: str, raw: bytes, view: View, checkout: git.Checkout
) -> tuple[dict[str, bytes | None], dict[str, bytes]]:
    """What goes with a finished brief of these bytes: its open one on the branch, and its file.

    A file with another text stays, and so does what the branch has of it.
    """
    path = brief_files.relative_path(brief_files.OPEN, brief_id)
    gone: dict[str, bytes | None] = {path: None} if path in view.branch else {}
    if brief_id not in view.open_ids:
        return gone, {}
    text = brief_files.read_content(checkout.root, path)
    if text is None or not finishes(raw, text):
        return {}, {}
    return gone, {path: text}


def _is_finished_beside(brief_id: str, view: View, about: Sequence[kept_refs.KeptRef]) -> bool:
    """Whether an open file's brief is finished in the newest commit kept beside the branch, which
    never had that.
    """
    path = brief_files.relative_path(brief_files.DONE, brief_id)
    blob = about[-1].changes.get(path, kept_refs.Change(None, None)).new if about else None
    is_open = view.files[brief_id] != path
    return bool(is_open and blob and path not in view.branch and not view.history.had(path, blob))


def _is_end_here(root: str, done_path: str, open_path: str) -> bool:
    return finishes(
        brief_files.read_content(root, done_path), brief_files.read_content(root, open_path)
    )


def _is_end_on_branch(done_path: str, opened: bytes, view: View) -> bool:
    """Whether the branch has an open brief finished."""
    return finishes(view.texts.get(view.branch.get(done_path)), opened)


def _files(root: str, folder: str) -> dict[str, str]:
    """Id -> path of the regular files of a folder that are named as briefs."""
    files = {}
    for name in brief_files.list_files(root, folder):
        path = f"{brief_files.FOLDER}/{folder}/{name}"
        brief_id = kept_refs.split_path(path)[1]
        full = os.path.join(root, path)
        if (
            brief_id
            and os.path.isfile(full)
            and not os.path.islink(full)
            and os.access(full, os.R_OK)
        ):
            files[brief_id] = path
    return files


def _is_at(path: str, change: kept_refs.Change, view: View) -> bool:
    """Whether the branch still has what a commit takes away."""
    return change.old is not None and view.branch.get(path) == change.old


def _is_of(path: str, brief_id: str) -> bool:
    return kept_refs.split_path(path)[1] == brief_id


def describe(brief: document.Brief, path: str) -> str:
    """What the commit of a brief of ours says."""
    if kept_refs.split_path(path)[0] == brief_files.DONE:
        return commit_message.finished([Named(brief.id, brief.title)], note=BY_COMMIT)
    return commit_message.written(brief, note=BY_COMMIT)


def describe_untrusted(brief_id: str, path: str) -> str:
    """What that of any other one says, without its words."""
    if kept_refs.split_path(path)[0] == brief_files.DONE:
        return commit_message.finished([Named(brief_id)], note=BY_COMMIT)
    return commit_message.added(Named(brief_id), note=BY_COMMIT)
