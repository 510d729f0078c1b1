"""Briefs that are replaced or finished while the branch cannot move.

git goes on as if nothing were, and what is finished stays finished.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.store_program import BRIEF, Store, on_branch, refs

if TYPE_CHECKING:
    from support.repo import Repo


def conflict(repo: Repo) -> None:
    """Begin a rebase of the branch `side` that stops at `app.py`."""
    start = repo.git("rev-list", "--max-parents=0", "HEAD").strip()
    repo.git("checkout", "--quiet", "-b", "other", start)
    (repo.root / "app.py").write_text("print('there')\n")
    repo.git("commit", "--quiet", "--all", "--message=There")
    repo.git("checkout", "--quiet", "main")
    (repo.root / "app.py").write_text("print('here')\n")
    repo.git("commit", "--quiet", "--all", "--message=Here")
    with pytest.raises(Exception, match="rebase"):
        repo.git("rebase", "other")


def resolve(repo: Repo) -> None:
    """Go on with it as a user does."""
    (repo.root / "app.py").write_text("print('both')\n")
    repo.git("add", "app.py")
    repo.git("-c", "core.editor=true", "rebase", "--continue")


def write(handoff: Store, title: str) -> str:
    return str(handoff.json("write", "--session", "s1", stdin=BRIEF.format(title))["id"])


@pytest.mark.parametrize("how", ["replaced", "done"])
def test_a_rebase_goes_on(repo: Repo, handoff: Store, how: str) -> None:
    """A brief that git tracks keeps its file while a rebase goes on, or that could not continue."""
    brief_id = write(handoff, "First")
    conflict(repo)
    if how == "done":
        assert handoff("done", brief_id) == 0
        last = []
    else:
        last = [write(handoff, "Second")]

    assert repo.git("diff", "--name-only", "--diff-filter=D") == ""
    assert [row["id"] for row in handoff.json("list")] == last
    resolve(repo)
    assert {landed["reason"] for landed in handoff.json("commit")} == {""}
    assert on_branch(repo) == [
        f".handoff/done/{brief_id}.md",
        *(f".handoff/open/{name}.md" for name in last),
    ]
    assert [path.stem for path in repo.briefs()] == last
    assert not refs(repo)
    assert repo.git("status", "--porcelain") == ""


def test_no_drop_in_a_rebase(repo: Repo, handoff: Store) -> None:
    """A brief that git tracks is not dropped while a rebase goes on."""
    brief_id = handoff.write("First")
    conflict(repo)

    assert handoff("drop", brief_id) == 1
    assert "A rebase is in progress in " in handoff.err
    assert repo.git("diff", "--name-only", "--diff-filter=D") == ""
    assert not refs(repo)


def test_a_commit_that_cannot_be_signed(repo: Repo, handoff: Store) -> None:
    """Where a signature would have to be asked for, no tracked file is missing afterwards."""
    brief_id = write(handoff, "First")
    for key, value in (("commit.gpgSign", "true"), ("gpg.program", "/bin/false")):
        repo.git("config", key, value)

    assert handoff("done", brief_id) == 0
    assert "kept at refs/handoff/" in handoff.out
    assert repo.git("diff", "--name-only") == ""


def test_done_says_where_its_commit_is(repo: Repo, handoff: Store) -> None:
    """A commit that is not on the branch is said to be kept, where, why, and how to land it."""
    brief_id = write(handoff, "First")
    repo.git("checkout", "--quiet", "--detach")

    assert handoff("done", brief_id) == 0
    assert f"kept at refs/handoff/{brief_id} (HEAD is detached" in handoff.out
    assert "handoff commit" in handoff.out


def test_finished_in_a_rebase_that_was_aborted(repo: Repo, handoff: Store) -> None:
    """What was done stays done, and `commit` takes the open file that git brought back."""
    brief_id = write(handoff, "First")
    conflict(repo)
    handoff("done", brief_id)
    repo.git("rebase", "--abort")
    assert handoff.json("list") == []
    assert handoff("show", brief_id) == 0

    assert handoff.json("commit")[0]["result"] == "committed"
    assert on_branch(repo) == [f".handoff/done/{brief_id}.md"]
    assert repo.briefs() == []
    assert not refs(repo)
    assert repo.git("status", "--porcelain") == ""


def test_finished_beside_and_then_elsewhere(repo: Repo, handoff: Store) -> None:
    """Switching away and back does not make an open brief of one that was finished detached."""
    brief_id = write(handoff, "First")
    start = repo.git("rev-list", "--max-parents=0", "HEAD").strip()
    repo.git("checkout", "--quiet", "--detach")
    handoff("done", brief_id)
    repo.git("checkout", "--quiet", start)
    repo.git("checkout", "--quiet", "main")
    assert handoff.json("list") == []

    assert handoff.json("commit")[0]["result"] == "committed"
    assert on_branch(repo) == [f".handoff/done/{brief_id}.md"]
    assert repo.briefs() == []
    assert not refs(repo)


def test_only_the_ref_has_it_finished(repo: Repo, handoff: Store) -> None:
    """`commit` finishes a brief whose end only its ref has, though its open file is there."""
    brief_id = write(handoff, "First")
    repo.git("checkout", "--quiet", "--detach")
    handoff("done", brief_id, "--outcome", "It works.")
    repo.git("clean", "--quiet", "--force", "-d")
    repo.git("checkout", "--quiet", "main")

    assert handoff.json("commit")[0]["result"] == "committed"
    assert on_branch(repo) == [f".handoff/done/{brief_id}.md"]
    assert "It works." in repo.briefs("done")[0].read_text()
    assert repo.briefs() == []
    assert not refs(repo)


def test_an_open_file_that_was_changed(repo: Repo, handoff: Store) -> None:
    """A finished brief's open file with another text is the user's: it stays, on the branch too."""
    brief_id = write(handoff, "First")
    repo.git("checkout", "--quiet", "--detach")
    handoff("done", brief_id)
    (path,) = repo.briefs()
    path.write_text(path.read_text() + "My note.\n")
    repo.git("checkout", "--quiet", "main")

    handoff.json("commit")
    assert "My note." in path.read_text()
    assert on_branch(repo) == [f".handoff/done/{brief_id}.md", f".handoff/open/{brief_id}.md"]
    (row,) = handoff.json("list")
    assert (row["origin"], row["ended"]) == ("changed", "finished")


@pytest.mark.parametrize("how", ["replaced", "done"])
def test_only_finished_briefs_are_ignored(repo: Repo, handoff: Store, how: str) -> None:
    """Where git ignores `done` alone, a finished brief still leaves the branch, so that no stash or
    checkout brings it back.
    """
    (repo.root / ".gitignore").write_text(".handoff/done\n")
    repo.git("add", ".")
    repo.git("commit", "--quiet", "--message=Ignore")
    brief_id = write(handoff, "First")
    last = []
    if how == "done":
        assert handoff("done", brief_id) == 0
        assert "committed as" in handoff.out
    else:
        last = [write(handoff, "Second")]

    assert on_branch(repo) == [f".handoff/open/{name}.md" for name in last]
    assert repo.git("status", "--porcelain") == ""
    assert [path.stem for path in repo.briefs("done")] == [brief_id]


@pytest.mark.parametrize("verb", ["show", "done", "pickup"])
def test_a_brief_that_only_its_ref_has(repo: Repo, handoff: Store, verb: str) -> None:
    """What is listed as kept can be shown, finished and picked up where it is."""
    repo.git("checkout", "--quiet", "--detach")
    brief_id = handoff.write("Put by")
    repo.git("stash", "--quiet", "--include-untracked")
    assert [row["state"] for row in handoff.json("list")] == ["kept"]

    assert handoff(verb, brief_id[-4:]) == 0, handoff.err
    if verb == "done":
        assert [path.stem for path in repo.briefs("done")] == [brief_id]
    else:
        assert "Do it." in handoff.out
    assert [path.stem for path in repo.briefs()] == ([brief_id] if verb == "pickup" else [])


def test_a_finished_brief_that_only_its_ref_has(repo: Repo, handoff: Store) -> None:
    """It can be shown, and not be finished or picked up once more."""
    repo.git("checkout", "--quiet", "--detach")
    brief_id = handoff.write("Put by")
    handoff("done", brief_id)
    repo.git("clean", "--quiet", "--force", "-d")

    assert handoff("show", brief_id) == 0
    assert (handoff("done", brief_id), handoff("pickup", brief_id)) == (1, 1)
    assert not repo.briefs()


def test_a_file_too_large_for_a_brief(
    repo: Repo, handoff: Store, git_runs: list[list[str]]
) -> None:
    """git is not asked to read eight gigabytes; `handoff commit` says why it leaves the file."""
    large = repo.root / ".handoff" / "open" / "20261101-101010-a-gift-beef.md"
    large.parent.mkdir(parents=True)
    with large.open("wb") as file:
        file.truncate(8 * 2**30)

    assert handoff("commit") == 1
    assert "over 1048576 bytes" in handoff.out
    assert not [command for command in git_runs if "hash-object" in command]
