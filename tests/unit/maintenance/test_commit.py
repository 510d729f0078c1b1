"""`handoff commit`: what was kept beside the branch gets on it, once, and nothing is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.store_program import BRIEF, Store, on_branch, refs

if TYPE_CHECKING:
    from pathlib import Path

    from support.repo import Repo


@pytest.fixture
def merging(repo: Repo) -> Repo:
    """A repository in the middle of a merge that has a conflict in `app.py`."""
    repo.git("checkout", "--quiet", "-b", "other")
    (repo.root / "app.py").write_text("print('there')\n")
    repo.git("commit", "--quiet", "--all", "--message=There")
    repo.git("checkout", "--quiet", "main")
    (repo.root / "app.py").write_text("print('here')\n")
    repo.git("commit", "--quiet", "--all", "--message=Here")
    with pytest.raises(Exception, match="merge"):
        repo.git("merge", "other")
    return repo


def finish_merge(repo: Repo) -> None:
    (repo.root / "app.py").write_text("print('both')\n")
    repo.git("add", "app.py")
    repo.git("commit", "--quiet", "--message=Both")


def test_after_a_merge(merging: Repo, handoff: Store) -> None:
    """A brief written in a merge is refused while it goes on, then committed alone on top of the
    branch that has moved on; its ref is gone, and a second call has nothing to do.
    """
    brief_id = handoff.write("In a merge")
    assert handoff("commit") == 1
    assert "A merge is in progress" in handoff.err
    assert refs(merging) == [f"refs/handoff/{brief_id}"]

    finish_merge(merging)
    (landed,) = handoff.json("commit")

    assert (landed["id"], landed["result"]) == (brief_id, "committed")
    assert landed["dropped_refs"] == [f"refs/handoff/{brief_id}"]
    assert merging.git("show", "--name-only", "--format=%s", "HEAD").split("\n")[:4] == [
        f"handoff: write task “In a merge” ({brief_id[-4:]})",
        "",
        ".handoff/.gitattributes",
        f".handoff/open/{brief_id}.md",
    ]
    assert not refs(merging)
    assert merging.git("status", "--porcelain") == ""
    assert handoff.json("commit") == []
    assert handoff.json("list")[0]["trusted"] is True


def test_the_file_is_gone(merging: Repo, handoff: Store) -> None:
    """A brief that only its ref has (its file was cleaned away) is listed as kept, written back
    and committed.
    """
    brief_id = handoff.write("In a merge")
    raw = merging.briefs()[0].read_bytes()
    merging.briefs()[0].unlink()
    assert [(r["id"], r["state"], r["trusted"]) for r in handoff.json("list")] == [
        (brief_id, "kept", True)
    ]
    finish_merge(merging)

    assert handoff("commit", brief_id[-4:]) == 0
    assert ": committed as " in handoff.out
    assert " on main; deleted refs/handoff/" in handoff.out
    assert "To undo: git revert" in handoff.out
    assert merging.briefs()[0].read_bytes() == raw
    assert handoff.json("list")[0]["state"] == "open"
    assert merging.git("status", "--porcelain") == ""


def test_detached_head(repo: Repo, handoff: Store) -> None:
    """With HEAD detached there is no branch to commit to, and that is said."""
    repo.git("checkout", "--quiet", "--detach")
    brief_id = handoff.write("Detached")
    assert handoff("commit") == 1
    assert "HEAD is detached" in handoff.err

    repo.git("checkout", "--quiet", "main")
    assert handoff.json("commit")[0]["result"] == "committed"
    assert on_branch(repo) == [f".handoff/open/{brief_id}.md"]


def test_finished_meanwhile(merging: Repo, handoff: Store) -> None:
    """A brief that was finished while it was on a ref lands as finished; no open one appears."""
    brief_id = handoff.write("Short work")
    handoff("done", brief_id, "--outcome", "It works.")
    finish_merge(merging)

    assert handoff.json("commit")[0]["result"] == "committed"
    assert on_branch(merging) == [f".handoff/done/{brief_id}.md"]
    assert "It works." in merging.git("show", f"HEAD:.handoff/done/{brief_id}.md")
    assert not refs(merging)
    assert merging.git("status", "--porcelain") == ""


def test_open_on_the_branch_and_finished_on_a_ref(repo: Repo, handoff: Store) -> None:
    """What is open on the branch and was finished beside it is moved there in one commit."""
    brief_id = handoff.write("Started")
    repo.git("checkout", "--quiet", "--detach")
    handoff("done", brief_id, "--outcome", "Done.")
    repo.git("checkout", "--quiet", "main")
    assert on_branch(repo) == [f".handoff/open/{brief_id}.md"]

    assert handoff.json("commit")[0]["result"] == "committed"
    assert on_branch(repo) == [f".handoff/done/{brief_id}.md"]
    assert not refs(repo)
    assert repo.git("status", "--porcelain") == ""


def test_dropped_on_a_ref(repo: Repo, handoff: Store) -> None:
    """A drop that could not be on the branch gets there too."""
    brief_id = handoff.write("Not needed")
    repo.git("checkout", "--quiet", "--detach")
    handoff("drop", brief_id)
    assert refs(repo) == [f"refs/handoff/{brief_id}"]
    repo.git("checkout", "--quiet", "main")

    assert handoff.json("commit")[0]["result"] == "committed"
    assert on_branch(repo) == []
    assert not refs(repo)


def test_dropped_from_the_branch_meanwhile(merging: Repo, handoff: Store) -> None:
    """What was put on the branch and dropped there does not come back; its old ref goes, as git's
    history has the text.
    """
    brief_id = handoff.write("Not needed")
    old = merging.git("rev-parse", f"refs/handoff/{brief_id}").strip()
    finish_merge(merging)
    handoff("commit")
    handoff("drop", brief_id)
    merging.git("update-ref", f"refs/handoff/{brief_id}", old)
    assert handoff.json("list") == []

    (landed,) = handoff.json("commit")
    assert (landed["result"], len(landed["dropped_refs"])) == ("there", 1)
    assert on_branch(merging) == []
    assert not merging.briefs()


def test_another_text_is_there(merging: Repo, handoff: Store) -> None:
    """Where the file was edited after the ref, the edit is committed when named, and the ref stays
    with its own text: nothing is lost.
    """
    brief_id = handoff.write("In a merge")
    path = merging.briefs()[0]
    path.write_text(path.read_text().replace("Do it.", "Do it well."))
    finish_merge(merging)

    assert handoff("commit") == 1  # edited: no longer this machine's own words
    assert "name it to commit it" in handoff.out
    (landed,) = handoff.json("commit", brief_id)

    assert landed["result"] == "committed"
    assert "it holds a different version" in landed["reason"]
    assert "Do it well." in merging.git("show", f"HEAD:.handoff/open/{brief_id}.md")
    kept = merging.git("show", f"refs/handoff/{brief_id}:.handoff/open/{brief_id}.md")
    assert "Do it.\n" in kept


def test_never_committed(repo: Repo, handoff: Store, own_home: Path) -> None:
    """Briefs that were written with `commit: off` are committed when asked, each by itself."""
    config = own_home / ".config" / "handoff" / "config.yaml"
    config.parent.mkdir(parents=True)
    config.write_text("commit: off\n")
    ids = sorted(handoff.write(title) for title in ("One", "Two"))
    before = int(repo.git("rev-list", "--count", "HEAD"))

    landed = handoff.json("commit")
    assert [(item["id"], item["result"]) for item in landed] == [(i, "committed") for i in ids]
    assert int(repo.git("rev-list", "--count", "HEAD")) == before + 2


def test_from_elsewhere(repo: Repo, handoff: Store) -> None:
    """A stranger's file is committed only if it is named."""
    brief_id = handoff.write("Mine")
    text = repo.briefs()[0].read_text()
    other = brief_id[:-4] + "beef"
    (repo.root / f".handoff/open/{other}.md").write_text(text.replace(brief_id, other))

    (left,) = handoff.answer("commit")
    assert (left["id"], left["result"]) == (other, "left")
    assert "not written on this machine" in left["reason"]
    assert handoff.json("commit", other)[0]["result"] == "committed"


@pytest.mark.parametrize("title", ["hand", "o", "done", "commit"])
def test_a_title_from_elsewhere_is_no_subject(repo: Repo, handoff: Store, title: str) -> None:
    """A stranger's title, also one that is a piece of our own words, stays out of the log."""
    brief_id = handoff.write("Mine")
    text = repo.briefs()[0].read_text()
    other = brief_id[:-4] + "beef"
    theirs = text.replace(brief_id, other).replace("title: Mine", f"title: {title}")
    (repo.root / f".handoff/open/{other}.md").write_text(theirs)

    assert handoff.json("commit", other)[0]["result"] == "committed"
    assert repo.git("log", "-1", "--format=%s").strip() == f"handoff: add {other}"


def test_ignored(repo: Repo, handoff: Store) -> None:
    """Where git ignores .handoff nothing is committed, and the rule is pointed at."""
    (repo.root / ".git/info/exclude").write_text(".handoff\n")
    handoff.write("Hidden")
    head = repo.git("rev-parse", "HEAD")

    assert handoff("commit") == 1
    assert "is ignored by git; to see the rule: git check-ignore -v" in handoff.out
    assert repo.git("rev-parse", "HEAD") == head


def test_index_lock(merging: Repo, handoff: Store) -> None:
    """While another git holds the index, the brief stays on its ref and that is said."""
    brief_id = handoff.write("In a merge")
    finish_merge(merging)
    lock = merging.root / ".git/index.lock"
    lock.touch()
    (landed,) = handoff.answer("commit")
    assert landed["result"] == "kept"
    assert "another git process holds" in landed["reason"]
    assert refs(merging) == [f"refs/handoff/{brief_id}"]

    lock.unlink()
    assert handoff.json("commit")[0]["result"] == "committed"
    assert not refs(merging)


def test_the_older_text_outlives_a_failed_commit(merging: Repo, handoff: Store) -> None:
    """A commit that only gets to the ref does not take the place of another text that is there."""
    brief_id = handoff.write("In a merge")
    path = merging.briefs()[0]
    path.write_text(path.read_text().replace("Do it.", "Do it well."))
    finish_merge(merging)
    lock = merging.root / ".git/index.lock"
    lock.touch()
    assert handoff.answer("commit", brief_id)[0]["result"] == "kept"
    kept = merging.git("show", f"refs/handoff/{brief_id}:.handoff/open/{brief_id}.md")
    assert "Do it.\n" in kept
    assert "Do it well." in path.read_text()


def test_finished_on_the_branch_and_open_here(repo: Repo, handoff: Store) -> None:
    """What the branch has finished is not put there as open again."""
    brief_id = handoff.write("Over")
    text = repo.briefs()[0].read_text()
    handoff("done", brief_id)
    repo.briefs("done")[0].unlink()
    (repo.root / f".handoff/open/{brief_id}.md").write_text(text)

    (left,) = handoff.answer("commit", brief_id)
    assert (left["result"], "it is finished on the branch" in left["reason"]) == ("left", True)
    assert on_branch(repo) == [f".handoff/done/{brief_id}.md"]


def test_a_ref_of_two_briefs(repo: Repo, handoff: Store) -> None:
    """A ref that holds a brief and the end of the one it replaced goes when both are settled."""
    repo.git("checkout", "--quiet", "--detach")
    first = handoff.json("write", "--session", "s1", stdin=BRIEF.format("One"))["id"]
    second = handoff.json("write", "--session", "s1", stdin=BRIEF.format("Two"))["id"]
    for folder in ("open", "done"):
        for path in repo.briefs(folder):
            path.unlink()
    repo.git("checkout", "--quiet", "main")

    handoff.json("commit")
    assert on_branch(repo) == [f".handoff/done/{first}.md", f".handoff/open/{second}.md"]
    assert not refs(repo)


@pytest.mark.parametrize("files", ["there", "gone"])
def test_a_brief_and_the_one_it_replaced(merging: Repo, handoff: Store, files: str) -> None:
    """What was one commit beside the branch is one on it."""
    session = ("--session", "s")
    finish_merge(merging)
    parent = handoff.json("write", *session, stdin=BRIEF.format("Parent"))["id"]
    merging.git("checkout", "--quiet", "--detach")
    child = handoff.json("write", *session, stdin=BRIEF.format("Child"))["id"]
    merging.git("checkout", "--quiet", "main")
    if files == "gone":
        for path in (*merging.briefs("done"), *merging.briefs()):
            if child in path.name or path.parent.name == "done":
                path.unlink()
    before = merging.git("rev-parse", "HEAD")

    landed = handoff.json("commit")
    assert [(one["id"], one["result"]) for one in landed] == [
        (parent, "committed"),
        (child, "committed"),
    ]
    assert merging.git("rev-parse", "HEAD~1") == before
    subject = f"handoff: write “Child” ({child[-4:]}), finish {parent[-4:]}"
    assert merging.git("log", "-1", "--format=%s").strip() == subject
    assert on_branch(merging) == [f".handoff/done/{parent}.md", f".handoff/open/{child}.md"]
    assert merging.git("status", "--porcelain") == ""
    assert not refs(merging)


def test_another_work_tree(repo: Repo, handoff: Store, tmp_path: Path) -> None:
    """What is kept for another work tree of the repository is left to it, unless named."""
    tree = tmp_path / "tree"
    repo.git("worktree", "add", "--quiet", "--detach", str(tree))
    handoff.patch.chdir(tree)
    brief_id = handoff.write("Over there")
    handoff.patch.chdir(repo.root)

    (left,) = handoff.answer("commit")
    assert (left["result"], str(tree.resolve()) in left["reason"]) == ("left", True)
    assert refs(repo) == [f"refs/handoff/{brief_id}"]
    assert handoff.json("commit", brief_id)[0]["result"] == "committed"


def test_outside_git(tmp_path: Path, own_home: Path, handoff: Store) -> None:
    """Outside git there is nothing to commit to."""
    handoff.patch.chdir(tmp_path)
    assert handoff("commit") == 1
    assert "not a git repository" in handoff.err


def test_unknown(repo: Repo, handoff: Store) -> None:
    """An id that fits nothing is said."""
    assert handoff("commit", "nothing") == 1
    assert "No brief matches 'nothing' here" in handoff.err
