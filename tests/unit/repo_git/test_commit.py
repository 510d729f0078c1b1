"""One commit of a few files: what is in it, whose it is, and what happens when others get in."""

from __future__ import annotations

import os
import subprocess
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from handoff.errors import HandoffError
from handoff.repo.commit import Committed, commit_files

from .lab import BRIEF, ID, TEXT, Lab, Picture, Repo, checkout, hand_off
from .states import merge_with_conflict

if TYPE_CHECKING:
    from collections.abc import Iterator

DONE = f".handoff/done/{ID}.md"


def test_a_move_is_one_commit(lab: Lab) -> None:
    """A path removed and another added are one commit; the emptied folder is gone from the tree."""
    repo = lab.repo()
    hand_off(repo)
    repo.write(DONE, "done\n")
    (repo.root / BRIEF).unlink()

    done = commit_files(checkout(repo), {BRIEF: None, DONE: b"done\n"}, "Finish", "branch", ID)

    assert done == Committed(repo.sha(), "refs/heads/main", on_branch=True, reason="")
    changed = repo.git("diff-tree", "-r", "--no-renames", "--name-status", "HEAD~1", "HEAD")
    assert changed.split() == ["A", DONE, "D", BRIEF]
    assert repo.git("ls-tree", "--name-only", "HEAD:.handoff") == "done\n"
    assert repo.status() == ""


def test_the_last_file_can_be_removed(lab: Lab) -> None:
    """Where nothing is left of a repository, the commit has the empty tree."""
    repo = lab.repo(commit=False)
    hand_off(repo)
    (repo.root / BRIEF).unlink()

    commit_files(checkout(repo), {BRIEF: None}, "Drop", "branch", ID)

    assert repo.git("ls-tree", "HEAD") == ""
    assert repo.status() == ""


def test_removing_what_is_not_there(lab: Lab) -> None:
    """A removal of what HEAD has not is nothing to commit: HEAD is the answer."""
    repo = lab.repo()
    head = repo.sha()

    done = commit_files(checkout(repo), {BRIEF: None, "doc": None}, "Drop", "branch", ID)

    assert done == Committed(head, "refs/heads/main", on_branch=True, reason="")
    assert repo.git("ls-files", "doc") == "doc/c.md\n"


def test_nothing_to_commit_before_the_first_commit(lab: Lab) -> None:
    """A removal in a repository without a commit is an error that says so."""
    with pytest.raises(HandoffError, match="nothing to commit"):
        commit_files(checkout(lab.repo(commit=False)), {BRIEF: None}, "Drop", "branch", ID)


def test_again_is_nothing(lab: Lab) -> None:
    """The same call again makes no commit and does not even write the index."""
    repo = lab.repo()
    first = hand_off(repo)
    before = Picture.of(repo)

    again = hand_off(repo)

    assert again == first
    assert Picture.of(repo).index == before.index
    assert Picture.of(repo).refs == before.refs


def test_again_after_a_kill_between_index_and_branch(lab: Lab) -> None:
    """Killed before the branch moved, the brief is staged; the next call commits it."""
    repo = lab.repo()
    repo.write(BRIEF, TEXT.decode())
    repo.git("add", BRIEF)

    done = hand_off(repo)

    assert done.on_branch
    assert repo.status() == ""


def test_the_user_removed_it_from_the_index(lab: Lab) -> None:
    """A brief that HEAD has and the index has not is put back into the index."""
    repo = lab.repo()
    hand_off(repo)
    repo.git("rm", "-q", "--cached", BRIEF)

    hand_off(repo)

    assert repo.status() == ""


def test_the_message_comes_through(lab: Lab) -> None:
    """Message and reflog are as given, whatever the configured encoding."""
    repo = lab.repo()
    repo.git("config", "i18n.commitEncoding", "ISO-8859-1")
    message = "Hand off: Ümläut\n\n# no comment\n\n\n  indented\n"

    commit_files(checkout(repo), {BRIEF: TEXT}, message, "branch", ID)

    raw = repo.git("cat-file", "commit", "HEAD")
    assert raw.partition("\n\n")[2] == message
    assert "encoding" not in raw.partition("\n\n")[0]
    assert repo.git("reflog", "-1", "--format=%gs", "main") == "handoff: Hand off: Ümläut\n"


@pytest.mark.parametrize("mode", ["branch", "ref"])
def test_a_ref_is_written_over_with_a_reflog(mode: str, lab: Lab) -> None:
    """The second commit of one brief on its ref takes the first one's place, which the reflog has."""
    repo = merge_with_conflict(lab)
    first = hand_off(repo)

    how = "branch" if mode == "branch" else "ref"
    second = commit_files(checkout(repo), {DONE: b"done\n"}, "Finish", how, ID)  # type: ignore[arg-type]

    assert repo.sha(f"refs/handoff/{ID}") == second.sha
    assert repo.sha(f"refs/handoff/{ID}@{{1}}") == first.sha


def test_a_kept_commit_can_be_put_on_the_branch_later(lab: Lab) -> None:
    """After the merge is done, the same call puts the brief on the branch."""
    repo = merge_with_conflict(lab)
    assert not hand_off(repo).on_branch
    repo.git("checkout", "-q", "--ours", "a.txt")
    repo.git("add", "a.txt")
    repo.git("commit", "-qm", "merged")

    assert hand_off(repo).on_branch
    assert repo.status() == ""
    assert len(repo.git("rev-list", "--parents", "-1", "HEAD~1").split()) == 3


def test_work_tree_without_the_file(lab: Lab) -> None:
    """A file that is not in the work tree is committed all the same, and nothing is written there."""
    repo = lab.repo()

    done = commit_files(checkout(repo), {BRIEF: TEXT}, "m", "branch", ID)

    assert done.on_branch
    assert repo.git("show", f"HEAD:{BRIEF}").encode() == TEXT
    assert not (repo.root / ".handoff").exists()


# Others get in


def test_index_lock_held(lab: Lab) -> None:
    """While another process holds the index, the branch is not moved and a ref keeps the commit."""
    repo = lab.repo()
    lock = repo.git_path("index.lock")
    lock.touch()
    before = Picture.of(repo)
    repo.write(BRIEF, TEXT.decode())

    done = commit_files(checkout(repo), {BRIEF: TEXT}, "m", "branch", ID, wait=0.05)

    assert (done.ref, done.on_branch) == (f"refs/handoff/{ID}", False)
    assert done.reason == f"another git process holds {lock}"
    assert lock.exists()
    assert Picture.of(repo).index == before.index
    assert repo.sha() == repo.sha("main") != done.sha


def test_index_lock_let_go(lab: Lab) -> None:
    """When the other process is done in time, the commit goes onto the branch."""
    repo = lab.repo()
    lock = repo.git_path("index.lock")
    lock.touch()
    release = threading.Timer(0.1, lock.unlink)
    release.start()

    done = hand_off(repo)
    release.join()

    assert done.on_branch


def moving(lab: Lab, script: str) -> Repo:
    """A repository in which `script` runs between our reading of HEAD and our moving of it.

    The clean filter of the brief is where another process can be let in: git runs it when the entry
    in the index is given its size and times, while the index is locked.
    """
    repo = lab.repo()
    tool = lab.base / "clean"
    tool.write_text(f"#!/bin/sh\ncd {repo.root}\nunset GIT_INDEX_FILE\n{script}\ncat\n")
    tool.chmod(0o755)
    repo.git("config", "filter.race.clean", str(tool))
    repo.git_path("info/attributes").write_text("*.md filter=race\n")
    return repo


MOVE = "git update-ref refs/heads/main $(git commit-tree -p HEAD -m theirs HEAD^{tree})"


def test_the_branch_moves_once(lab: Lab) -> None:
    """A commit that got in between stays, and ours comes on top of it."""
    lab_index = lab.base / "calls"
    repo = moving(lab, f"echo >>{lab_index}; [ $(wc -l <{lab_index}) = 2 ] && {MOVE}")

    done = hand_off(repo)

    assert done.on_branch
    assert repo.git("log", "--format=%s").splitlines() == ["Hand off: Fix the race", "theirs", "first"]
    assert repo.status() == ""


def test_the_branch_never_stops_moving(lab: Lab) -> None:
    """Where the branch cannot be won, a ref keeps the commit and the index is as it was."""
    repo = moving(lab, f"rm -f {lab.base}/repo/.git/index.stat; {MOVE}")
    repo.git("config", "filter.race.required", "false")
    before = Picture.of(repo)
    repo.write(BRIEF, TEXT.decode())
    trap = lab.base / "repo/.git/hooks-not-used"

    done = commit_files(
        _LosingCheckout.of(repo), {BRIEF: TEXT}, "Hand off: x", "branch", ID
    )

    assert not trap.exists()
    assert not done.on_branch
    assert "kept moving" in done.reason
    assert Picture.of(repo).staged == before.staged
    assert BRIEF not in repo.git("ls-files")
