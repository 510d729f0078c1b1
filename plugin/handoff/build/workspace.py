"""The worktree of a build: put back to its branch after each session, with nothing lost.

What a session leaves that is not on the branch is at `refs/handoff/wip/<session>`, on this machine
only (`git.wip`). Ignored files stay. The user's own worktree, other branches and remotes are never
changed.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from handoff.base import file_io, paths, plain_text
from handoff.base.errors import HandoffError
from handoff.build import lost_worktree
from handoff.git import blind_spots, killed, leftovers, wip
from handoff.git import run as git
from handoff.git.branch_guard import NotOnBranch
from handoff.git.commit import check_paths, commit_files
from handoff.git.commit_worktree import commit_worktree
from handoff.git.head import read_head
from handoff.redact import redact
from handoff.store import kept_refs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from handoff.git.run import Checkout

_HEADS, _STASH = "refs/heads/", "refs/stash"
_OURS = f"{_HEADS}handoff/"
_SESSION = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,127}")
_COMMIT_REF = "build"  # of a commit that cannot be on the branch, until the caller is told
_NAMED = 5  # branches or stash entries that notes name


@dataclass(frozen=True)
class CleanUp:
    """What a session left: the `ref` that keeps it ("": nothing was), the paths that were not
    committed, and what else is to be said of it, in sentences for the user and the next brief.
    """

    ref: str = ""
    leftovers: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class Workspace:
    """A linked worktree on a branch of handoff's own; `branch` is its short name.

    `home` is the state directory, the user's own where it is not given: `<home>/wip/<session>/`
    takes what no commit can hold.
    """

    def __init__(self, checkout: Checkout, branch: str, home: str = "") -> None:
        self.checkout = checkout
        self._branch = f"{_HEADS}{branch.removeprefix(_HEADS)}"
        self._home = home or paths.state_home(os.environ)
        self._refs: dict[str, str] | None = None
        if lost_worktree.is_whole(checkout):
            self._refs = _read_refs(checkout)

    def head(self) -> str:
        """HEAD's commit, "" where there is none."""
        return read_head(self.checkout).sha or ""

    def clean_up(self, session: str, began_at: str) -> CleanUp:
        """Keep what a session left, and have the branch checked out at its tip, clean; at
        `began_at` if the branch does not contain that any more. The same again changes nothing.

        Raises HandoffError when git refuses, or another process works there.
        """
        notes = self._open(session, began_at)
        began = self._resolve(began_at)
        target, tips = began, []
        tip = wip.resolve(self.checkout, self._branch)
        name = self._branch.removeprefix(_HEADS)
        if not tip:
            notes.append(f"The branch {name} was deleted; it was restored at {began[:9]}.")
            tips = lost_worktree.read_reflog(self.checkout)
        elif wip.contains(self.checkout, tip, began):
            target = tip
        else:
            notes.append(
                f"The branch {name} no longer contained {began[:9]}; it was put back there, and "
                f"what it had is kept at {wip.ref_of(session)}."
            )
            tips = [tip]
        notes += self._describe_head(session, target)
        found = self._report(session, self._settle(session, target, tips, notes))
        self._refs = _read_refs(self.checkout)
        return found

    def return_to(self, commit: str, session: str) -> str:
        """Have the branch checked out at `commit`, clean; the ref that keeps what is lost by that,
        "" where nothing is. Raises HandoffError as `clean_up` does.
        """
        self._open(session, commit)
        target = self._resolve(commit)
        tip = wip.resolve(self.checkout, self._branch)
        self._settle(session, target, [tip] if tip else [], [])
        return self._report(session, ()).ref

    def changed_files(self, since: str, until: str = "HEAD") -> list[str]:
        """The paths that differ between two commits."""
        return leftovers.list_changed(self.checkout, self._resolve(since), self._resolve(until))

    def commit(self, changes: Mapping[str, bytes | None], message: str) -> str:
        """Write these files, or delete them (None), and commit exactly that on the branch, whatever
        the user configured for briefs; HEAD. The same again returns the HEAD that has it.

        Raises HandoffError when it cannot be on the branch.
        """
        if read_head(self.checkout).branch != self._branch:
            raise self._not_committed("HEAD is not on the branch")
        check_paths(self.checkout, changes)  # a session may have committed a link for a folder
        for path, content in changes.items():
            _write(os.path.join(self.checkout.root, path), content)
        done = commit_files(self.checkout, changes, message, "branch", _COMMIT_REF)
        if not done.on_branch:
            if done.sha and done.ref == f"{kept_refs.REFS}{_COMMIT_REF}":
                kept_refs.delete(self.checkout, done.ref, done.sha)
            raise self._not_committed(done.reason)
        if done.ref != self._branch:
            raise self._not_committed(f"HEAD is on {done.ref}")
        return done.sha

    def commit_all(self, message: str) -> str:
        """Commit all that is uncommitted, as `git add --all` has it; HEAD. For files that code has
        put back. Raises HandoffError when it cannot be on the branch.
        """
        try:
            return commit_worktree(self.checkout, self._branch, message)
        except NotOnBranch as reason:
            raise self._not_committed(str(reason)) from None

    def _open(self, session: str, commit: str) -> list[str]:
        """Have a worktree that git can work in; what there is to say of that."""
        if not _SESSION.fullmatch(session):
            raise ValueError(f"not a session's id: {session!r}")
        folder = os.path.join(self._home, "wip", session)
        self.checkout, notes = lost_worktree.restore(self.checkout, self._branch, commit, folder)
        killed.remove_locks(self.checkout, self._branch)
        aim = git.run(self.checkout, "symbolic-ref", "--quiet", self._branch)
        if aim.code == 0:  # a commit would go to the branch that it stands for
            git.run(self.checkout, "symbolic-ref", "--delete", self._branch, seconds=None)
        assumed, skipped = leftovers.find_hidden(self.checkout)
        leftovers.show_hidden(self.checkout, assumed, skipped)
        blind_spots.forget_times(self.checkout)
        if hidden := sorted({*assumed, *skipped}):
            shown = ", ".join(plain_text.one_line(git.decode_path(path), 80) for path in hidden[:5])
            notes.append(f"Git had been told to ignore changes of {shown}; that was undone.")
        return notes

    def _settle(
        self, session: str, target: str, tips: list[str], notes: list[str]
    ) -> tuple[str, ...]:
        order = wip.Order(
            ref=wip.ref_of(session),
            session=session,
            branch=self._branch,
            target=target,
            folder=os.path.join(self._home, "wip", session),
            tips=tuple(tips),
            notes=tuple(notes),
        )
        return wip.settle(self.checkout, order)

    def _resolve(self, commit: str) -> str:
        sha = wip.resolve(self.checkout, commit)
        if not sha:
            raise HandoffError(
                f"{commit[:40]} is not a commit of {self.checkout.root}.",
                "Run `git fsck` there to find out why.",
            )
        return sha

    def _describe_head(self, session: str, target: str) -> list[str]:
        """What to say of a HEAD that was not on the branch."""
        head = read_head(self.checkout)
        if head.branch == self._branch:
            return []
        where = f"on the branch {head.branch.removeprefix(_HEADS)}" if head.branch else "detached"
        is_kept = head.sha and wip.contains(self.checkout, target, head.sha) is False
        kept = f"; its commits are kept at {wip.ref_of(session)}" if is_kept else ""
        name = self._branch.removeprefix(_HEADS)
        return [f"HEAD was {where}{kept}. {name} is checked out again."]

    def _report(self, session: str, notes: tuple[str, ...]) -> CleanUp:
        kept = wip.read_kept(self.checkout, wip.ref_of(session))
        said = [*(kept.notes if kept else ()), *notes, *self._describe_refs()]
        left = wip.list_paths(self.checkout, kept) if kept else []
        ref = wip.ref_of(session) if kept else ""
        return CleanUp(ref, tuple(left), tuple(dict.fromkeys(said)))

    def _describe_refs(self) -> list[str]:
        """What to say of branches and stash entries that are others than before the session."""
        before, now = self._refs, _read_refs(self.checkout)
        if before is None:
            return []
        notes = []
        changed = [ref for ref in sorted({*before, *now}) if before.get(ref) != now.get(ref)]
        for ref in [ref for ref in changed if ref.startswith(_HEADS)][:_NAMED]:
            name = plain_text.one_line(ref.removeprefix(_HEADS), 80)
            if ref.startswith(_OURS) or ref == self._branch:
                continue
            if ref not in now:
                notes.append(f"The branch {name} was deleted meanwhile: it was at {before[ref]}.")
            elif ref not in before:
                notes.append(f"The branch {name} is new; it was left as it is.")
            else:
                was, is_now = before[ref][:9], now[ref][:9]
                notes.append(f"The branch {name} moved from {was} to {is_now}; it was left there.")
        if _STASH in changed and _STASH in now:
            notes += self._describe_stash(before.get(_STASH, ""))
        return notes

    def _describe_stash(self, before: str) -> list[str]:
        """The entries of the stash that came on top of the one of before."""
        asked = ("log", "--walk-reflogs", "--no-color", "--format=%H%x00%gd%x00%gs", _STASH, "--")
        notes = []
        for line in git.decode_path(git.run(self.checkout, *asked).out).splitlines()[:_NAMED]:
            sha, name, words = (*line.split("\0", 2), "", "")[:3]
            if sha == before:
                break
            shown = plain_text.one_line(redact.redact(words), 120)
            notes.append(f"{name} is new in the stash, and was left there: {shown}")
        return notes

    def _not_committed(self, reason: str) -> HandoffError:
        name = self._branch.removeprefix(_HEADS)
        return HandoffError(
            f"Nothing could be committed on {name} in {self.checkout.root}: {reason}.",
            "Fix this, then start the build again: it continues from there.",
        )


def _read_refs(checkout: Checkout) -> dict[str, str]:
    """Branches and the newest stash entry, by their full names; empty where git cannot say."""
    form = "--format=%(refname) %(objectname)"
    answer = git.run(checkout, "for-each-ref", form, _HEADS, _STASH)
    lines = git.decode_path(answer.out if answer.code == 0 else b"").splitlines()
    return {ref: sha for ref, _, sha in (line.rpartition(" ") for line in lines)}


def _write(path: str, content: bytes | None) -> None:
    """Write a file of the worktree, whole, or delete it."""
    try:
        if content is None:
            os.unlink(path)
            return
        os.makedirs(os.path.dirname(path), exist_ok=True)
        file_io.write_atomic(path, content, 0o644)
    except FileNotFoundError:
        if content is not None:
            raise
    except (FileExistsError, NotADirectoryError, IsADirectoryError) as error:
        raise HandoffError(
            f"{path} cannot be written: {error.strerror}.", "Move away what is in its place."
        ) from None
