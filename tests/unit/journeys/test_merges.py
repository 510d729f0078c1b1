"""Branches that both wrote, finished or dropped briefs merge without a conflict, in real git."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from support.store_program import BRIEF, Store, on_branch

if TYPE_CHECKING:
    from pathlib import Path

    from support.repo import Repo

# How two branches come together.
WAYS = ("merge", "merge back", "rebase", "cherry-pick")


def both(repo: Repo, handoff: Store, main: list[list[str]], side: list[list[str]]) -> list[str]:
    """Run command lines on `side` and on `main`; what they printed for ids of new briefs."""
    brief_ids = []
    for branch, calls in (("side", side), ("main", main)):
        repo.git("checkout", "--quiet", *(["-b", branch] if branch == "side" else [branch]))
        for call in calls:
            if call[0] == "write":
                brief_ids.append(handoff.write(call[1]))
            else:
                assert handoff(*call) == 0, handoff.err
    return brief_ids


def join(repo: Repo, way: str) -> None:
    """Bring them together on a clean work tree. Raises CalledProcessError for a conflict."""
    if way == "merge":
        repo.git("merge", "--quiet", "--no-edit", "side")
    elif way == "merge back":
        repo.git("checkout", "--quiet", "side")
        repo.git("merge", "--quiet", "--no-edit", "main")
    elif way == "rebase":
        repo.git("rebase", "--quiet", "main", "side")
    else:
        repo.git("cherry-pick", "main..side")
    assert repo.git("status", "--porcelain") == ""


@pytest.mark.parametrize("way", WAYS)
def test_both_wrote(repo: Repo, handoff: Store, way: str) -> None:
    """Both wrote: all are there."""
    brief_ids = both(repo, handoff, [["write", "Here"]], [["write", "There"], ["write", "More"]])
    join(repo, way)
    assert on_branch(repo) == sorted(f".handoff/open/{brief_id}.md" for brief_id in brief_ids)
    assert all(row["trusted"] for row in handoff.json("list"))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("finisher", ["main", "side"])
def test_one_finished_the_last_and_one_wrote(
    repo: Repo, handoff: Store, way: str, finisher: str
) -> None:
    """The one that finished the last open brief did not rename the folder: git would move the new
    brief of the other into `done`, or stop.
    """
    old = handoff.write("Old")
    calls = [["done", old, "--outcome", "Done."]], [["write", "New"]]
    (new,) = both(repo, handoff, *(calls if finisher == "main" else calls[::-1]))
    join(repo, way)
    assert on_branch(repo) == [f".handoff/done/{old}.md", f".handoff/open/{new}.md"]


@pytest.mark.parametrize("way", WAYS)
def test_a_newer_brief_replaced_the_older(repo: Repo, handoff: Store, way: str) -> None:
    """The same where a session's newer brief files its older one away."""
    old = handoff.json("write", "--session", "s", stdin=BRIEF.format("Old"))["id"]
    repo.git("checkout", "--quiet", "-b", "side")
    new = handoff.write("New")
    repo.git("checkout", "--quiet", "main")
    newer = handoff.json("write", "--session", "s", stdin=BRIEF.format("Newer"))["id"]
    handoff("done", newer)
    join(repo, way)
    done = sorted(f".handoff/done/{brief_id}.md" for brief_id in (old, newer))
    assert on_branch(repo) == [*done, f".handoff/open/{new}.md"]


@pytest.mark.parametrize("way", WAYS)
def test_both_finished_different_ones(repo: Repo, handoff: Store, way: str) -> None:
    """Each finished one: both are done, with their outcomes."""
    one, two = handoff.write("One"), handoff.write("Two")
    done = ["--outcome", "Done."]
    both(repo, handoff, [["done", one, *done]], [["done", two, *done]])
    join(repo, way)
    assert on_branch(repo) == sorted(f".handoff/done/{brief_id}.md" for brief_id in (one, two))
    assert {row["state"] for row in handoff.json("list", "--all")} == {"done"}
    assert all(row["trusted"] for row in handoff.json("list", "--all"))


@pytest.mark.parametrize("way", WAYS)
def test_both_finished_the_same(repo: Repo, handoff: Store, way: str) -> None:
    """Both finished the same one, each with an outcome of its own: it has both, and counts as
    changed, because no machine wrote it so.
    """
    brief_id = handoff.write("One")
    calls = [["done", brief_id, "--outcome", text] for text in ("It works.", "Not needed.")]
    both(repo, handoff, calls[:1], calls[1:])
    join(repo, way)
    text = (repo.root / f".handoff/done/{brief_id}.md").read_text()
    assert text.count("## Outcome") == 1
    assert text.count("It works.") == text.count("Not needed.") == 1
    assert handoff.json("list", "--all")[0]["trusted"] is False


@pytest.mark.parametrize("way", WAYS)
def test_one_dropped_and_one_wrote(repo: Repo, handoff: Store, way: str) -> None:
    """One dropped the only brief, the other wrote one."""
    old = handoff.write("Old")
    (new,) = both(repo, handoff, [["drop", old]], [["write", "New"]])
    join(repo, way)
    assert on_branch(repo) == [f".handoff/open/{new}.md"]


@pytest.mark.parametrize("way", WAYS)
def test_one_pruned_and_one_finished(repo: Repo, handoff: Store, way: str) -> None:
    """One pruned what was finished, the other finished one more."""
    old, young = handoff.write("Old"), handoff.write("Young")
    handoff("done", old)
    handoff.patch.setattr("time.time", _later())
    both(repo, handoff, [["prune", "--yes", "--older-than", "1d"]], [["done", young]])
    join(repo, way)
    assert on_branch(repo) == [f".handoff/done/{young}.md"]


def _later() -> object:
    import time

    now = time.time()
    return lambda: now + 2 * 86_400


def test_dropped_and_finished(repo: Repo, handoff: Store) -> None:
    """The one case that needs a person: the same brief dropped here and finished there. Nothing is
    lost, and handoff goes on while it is open: git asks whether the finished one shall stay.
    """
    brief_id = handoff.write("One")
    both(repo, handoff, [["drop", brief_id]], [["done", brief_id, "--outcome", "Done."]])
    with pytest.raises(subprocess.CalledProcessError):
        join(repo, "merge")
    (row,) = handoff.json("list", "--all")
    assert (row["id"], row["state"], row["trusted"]) == (brief_id, "done", True)
    repo.git("add", f".handoff/done/{brief_id}.md")
    repo.git("commit", "--quiet", "--no-edit")
    assert repo.git("status", "--porcelain") == ""


def test_the_two_files(repo: Repo, handoff: Store) -> None:
    """The first brief brings `.gitattributes`, the first finished one `.keep`; the next commits do
    not, and who has others there keeps them.
    """

    def changed() -> list[str]:
        shown = repo.git("show", "--no-renames", "--name-only", "--format=", "HEAD").split()
        return [path for path in shown if not path.endswith(".md")]

    first = handoff.write("One")
    assert changed() == [".handoff/.gitattributes"]
    second, third = handoff.write("Two"), handoff.write("Three")
    assert changed() == []
    handoff("done", first)
    assert changed() == [".handoff/open/.keep"]
    handoff("done", second)
    assert changed() == []
    (repo.root / ".handoff/.gitattributes").write_text("*.md -merge\n")
    repo.git("commit", "--quiet", "--all", "--message=Ours")
    handoff("done", third)
    assert changed() == []
    assert (repo.root / ".handoff/.gitattributes").read_text() == "*.md -merge\n"


@pytest.mark.parametrize("where", [".handoff/open/.keep", ".handoff/.gitattributes"])
def test_something_else_stands_there(
    repo: Repo, handoff: Store, where: str, tmp_path: Path
) -> None:
    """A link where one of them should be is neither followed nor replaced; the brief is done."""
    outside = tmp_path / "outside"
    outside.write_text("mine\n")
    path = repo.root / where
    path.parent.mkdir(parents=True)
    path.symlink_to(outside)

    brief_id = handoff.write("One")
    assert handoff("done", brief_id) == 0
    assert (path.is_symlink(), outside.read_text()) == (True, "mine\n")
    assert on_branch(repo) == [f".handoff/done/{brief_id}.md"]
