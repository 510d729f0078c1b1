"""`handoff drop`: what goes away, and how to get it back."""

from __future__ import annotations

import os
import shlex
import subprocess
from typing import TYPE_CHECKING

from support.store_program import BRIEF, Store, on_branch, refs

if TYPE_CHECKING:
    from pathlib import Path

    from support.repo import Repo


def undo(repo: Repo, command: str) -> None:
    identity = {"GIT_AUTHOR_NAME": "r", "GIT_AUTHOR_EMAIL": "r@x"}
    identity |= {"GIT_COMMITTER_NAME": "r", "GIT_COMMITTER_EMAIL": "r@x"}
    words = shlex.split(command)
    words[1:1] = ["-c", "core.editor=true"] if words[0] == "git" else []

    subprocess.run(words, cwd=repo.root, check=True, capture_output=True, env=os.environ | identity)


def test_drop(repo: Repo, handoff: Store) -> None:
    """Briefs are dropped in one commit of their own; what it says undoes it."""
    first, second = handoff.write("One"), handoff.write("Two")
    (repo.root / "mine.txt").write_text("staged\n")
    repo.git("add", "mine.txt")

    dropped = handoff.json("drop", first, second)
    assert [(item["id"], item["on_branch"], item["copy"]) for item in dropped] == [
        (first, True, ""),
        (second, True, ""),
    ]
    assert dropped[0]["commit"] == dropped[1]["commit"]
    assert not repo.briefs()
    assert on_branch(repo) == []
    subject, *paths = repo.git("show", "--name-only", "--format=%s", "HEAD").split("\n")
    assert subject == f"handoff: drop “One” ({first[-4:]}) and 1 more"
    assert paths[1:-1] == [
        f".handoff/open/{first}.md",
        f".handoff/open/{second}.md",
    ]
    assert repo.git("status", "--porcelain") == "A  mine.txt\n"
    assert handoff("list") == 0

    repo.git("rm", "--quiet", "--cached", "mine.txt")
    undo(repo, dropped[0]["undo"])
    assert {path.stem for path in repo.briefs()} == {first, second}
    assert handoff.json("list")[0]["trusted"] is True


def test_drop_what_is_claimed(repo: Repo, handoff: Store) -> None:
    """A claimed brief is dropped only by force; who has it is named; none of several goes then."""
    free, taken = handoff.write("Free"), handoff.write("Taken")
    handoff("pickup", taken, "--session", "busy-1")

    assert handoff("drop", free, taken) == 1
    assert "is claimed by session busy-1. Nothing was dropped" in handoff.err
    assert len(repo.briefs()) == 2
    assert handoff("drop", "--force", free, taken) == 0
    assert not repo.briefs()
    assert not list((repo.state / "claims").glob("*taken*"))


def test_drop_what_git_does_not_have(repo: Repo, handoff: Store, own_home: Path) -> None:
    """An uncommitted brief leaves a copy in the trash, and what it says puts it back, as own."""
    config = own_home / ".config" / "handoff" / "config.yaml"
    config.parent.mkdir(parents=True)
    config.write_text("commit: off\n")
    brief_id = handoff.write("Not in git")
    raw = repo.briefs()[0].read_bytes()

    (dropped,) = handoff.json("drop", brief_id)
    copy = repo.state / "trash" / f"{brief_id}.md"
    assert (dropped["copy"], dropped["commit"]) == (str(copy), "")
    assert copy.read_bytes() == raw
    assert not repo.briefs()
    undo(repo, dropped["undo"])
    assert handoff.json("list")[0]["trusted"] is True


def test_drop_an_edit(repo: Repo, handoff: Store) -> None:
    """What was changed since its commit is not lost either: the copy has the change."""
    brief_id = handoff.write("Edited")
    path = repo.briefs()[0]
    path.write_text(path.read_text() + "\nMy note.\n")

    (dropped,) = handoff.json("drop", brief_id)
    assert on_branch(repo) == []
    undo(repo, dropped["undo"])
    assert "My note." in path.read_text()


def test_drop_in_a_merge(repo: Repo, handoff: Store) -> None:
    """Where the branch cannot move, the file goes and the commit waits on a ref; git restores it.

    Then the ref is of no use any more.
    """
    brief_id = handoff.write("Not needed")
    repo.git("checkout", "--quiet", "--detach")

    (dropped,) = handoff.json("drop", brief_id)
    assert (dropped["on_branch"], "detached" in dropped["reason"]) == (False, True)
    assert refs(repo) == [f"refs/handoff/{brief_id}"]
    undo(repo, dropped["undo"])
    assert [path.stem for path in repo.briefs()] == [brief_id]
    repo.git("checkout", "--quiet", "main")
    assert handoff.json("commit")[0]["result"] == "there"
    assert not refs(repo)


def test_drop_what_only_a_ref_has(repo: Repo, handoff: Store) -> None:
    """A brief that is only at its ref goes with it, and leaves a copy."""
    repo.git("checkout", "--quiet", "--detach")
    brief_id = handoff.write("Beside")
    repo.briefs()[0].unlink()

    (dropped,) = handoff.json("drop", brief_id[-4:])
    assert not refs(repo)
    assert handoff.json("list") == []
    undo(repo, dropped["undo"])
    assert [path.stem for path in repo.briefs()] == [brief_id]


def test_drop_what_replaced_another(repo: Repo, handoff: Store) -> None:
    """A ref that goes with its brief may be all that has the end of the one it replaced: that is
    kept too.
    """
    repo.git("checkout", "--quiet", "--detach")
    first = handoff.json("write", "--session", "s1", stdin=BRIEF.format("One"))["id"]
    second = handoff.json("write", "--session", "s1", stdin=BRIEF.format("Two"))["id"]
    repo.briefs("done")[0].unlink()

    handoff.json("drop", second)
    assert f"refs/handoff/{second}" not in refs(repo)
    kept = (repo.state / "trash" / f"{first}.md").read_text()
    assert f"Continued by {second}." in kept


def test_drop_a_draft(repo: Repo, handoff: Store, own_home: Path) -> None:
    """A draft goes to the trash; nothing is committed."""
    config = own_home / ".config" / "handoff" / "config.yaml"
    config.parent.mkdir(parents=True)
    config.write_text("brief: {review: true}\n")
    brief_id = handoff.write("Draft")
    head = repo.git("rev-parse", "HEAD")

    (dropped,) = handoff.json("drop", brief_id)
    assert handoff.json("list") == []
    assert repo.git("rev-parse", "HEAD") == head
    undo(repo, dropped["undo"])
    assert handoff.json("list")[0]["state"] == "draft"


def test_drop_what_is_finished(repo: Repo, handoff: Store) -> None:
    """A finished brief is not dropped, nor is what is not there."""
    brief_id = handoff.write("Over")
    handoff("done", brief_id)
    assert handoff("drop", brief_id) == 1
    assert "was finished on" in handoff.err
    assert handoff("drop", "nothing") == 1
    assert len(repo.briefs("done")) == 1
