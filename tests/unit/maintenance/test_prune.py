"""`handoff prune`: what goes, what stays, and that nothing goes unasked or is lost."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest

from handoff.base.errors import HandoffError
from handoff.maintenance import prune
from handoff.session import state
from support.store_program import Store, on_branch, refs

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.repo import Repo

DAY = 86_400


def finished(handoff: Store, title: str, days_ago: float) -> str:
    """A brief that was finished so many days ago, by the dates of its commits."""
    stamp = f"@{int(time.time() - days_ago * DAY)} +0000"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GIT_AUTHOR_DATE", stamp)
        patch.setenv("GIT_COMMITTER_DATE", stamp)
        brief_id = handoff.write(title)
        handoff("done", brief_id, "--outcome", f"{title} is done.")
    return brief_id


def aged(path: Path, days: float) -> Path:
    then = time.time() - days * DAY
    os.utime(path, (then, then))
    return path


def test_it_only_says_so(repo: Repo, handoff: Store) -> None:
    """Without --yes, and with --dry-run, nothing is changed: one sentence has number and choice."""
    old = finished(handoff, "Old", 40)
    before = repo.git("for-each-ref"), repo.git("status", "--porcelain")

    for options in ((), ("--dry-run",), ("--dry-run", "--yes")):
        assert handoff("prune", *options) == 0
        assert "1 finished brief, 0 refs and 0 state files would be deleted" in handoff.err
        assert "handoff prune --older-than 30d --yes" in handoff.err
        assert f".handoff/done/{old}.md" in handoff.out
    assert (repo.git("for-each-ref"), repo.git("status", "--porcelain")) == before
    assert [path.stem for path in repo.briefs("done")] == [old]
    assert handoff.json("prune")["briefs"] == [f".handoff/done/{old}.md"]


def test_finished_briefs(repo: Repo, handoff: Store) -> None:
    """Briefs finished longer ago than the age leave in one commit, which git reverts; younger and
    open ones stay, whenever they were written.
    """
    old = [finished(handoff, "Old", 40), finished(handoff, "Older", 50)]
    young = finished(handoff, "Young", 20)
    waiting = handoff.write("Open")

    pruned = handoff.json("prune", "--yes")
    assert (pruned["briefs"], pruned["reason"]) == (2, "")
    assert on_branch(repo) == [f".handoff/done/{young}.md", f".handoff/open/{waiting}.md"]
    assert repo.git("log", "-1", "--format=%s") == "handoff: prune 2 finished briefs\n"
    assert repo.git("status", "--porcelain") == ""
    repo.git("revert", "--no-edit", "HEAD")
    assert {path.stem for path in repo.briefs("done")} == {*old, young}
    assert handoff("prune", "--yes", "--older-than", "2w") == 0
    assert "1 finished brief," in handoff.out  # what was brought back counts from then on
    assert "to undo: git revert" in handoff.out
    assert {path.stem for path in repo.briefs("done")} == set(old)


def test_keep(repo: Repo, handoff: Store) -> None:
    """The newest N stay, whatever their age."""
    ages = {"B": 60, "A": 50, "C": 40}
    _, *newest = [finished(handoff, title, days) for title, days in ages.items()]

    handoff.json("prune", "--yes", "--keep", "2")
    assert [path.stem for path in repo.briefs("done")] == sorted(newest)
    handoff.json("prune", "--yes", "--keep", "5")
    assert len(repo.briefs("done")) == 2


def test_an_open_file_beside_it(repo: Repo, handoff: Store) -> None:
    """A finished brief whose open file is still there stays: without it, that would be open."""
    old = finished(handoff, "Old", 40)
    text = repo.briefs("done")[0].read_text().partition("## Outcome")[0]
    (repo.root / f".handoff/open/{old}.md").write_text(text)

    assert handoff("prune", "--yes") == 0
    assert [path.stem for path in repo.briefs("done")] == [old]
    assert handoff.json("list") == []


def test_not_committed(repo: Repo, handoff: Store) -> None:
    """An old finished brief that git does not have as it is stays, and that is said."""
    old = finished(handoff, "Old", 40)
    path = repo.briefs("done")[0]
    path.write_text(path.read_text() + "\nA note.\n")
    aged(path, 40)

    assert handoff("prune", "--yes") == 0
    assert "1 finished brief stays" in handoff.err
    assert [p.stem for p in repo.briefs("done")] == [old]


@pytest.mark.parametrize("why", ["detached", "ref"])
def test_no_branch(repo: Repo, handoff: Store, own_home: Path, why: str) -> None:
    """Where the branch cannot move, or is not to, finished briefs stay, and the reason is said."""
    finished(handoff, "Old", 40)
    if why == "detached":
        repo.git("checkout", "--quiet", "--detach")
    else:
        config = own_home / ".config" / "handoff" / "config.yaml"
        config.parent.mkdir(parents=True)
        config.write_text("commit: ref\n")

    assert handoff("prune", "--yes") == 0
    assert "Finished briefs were kept:" in handoff.out
    assert len(repo.briefs("done")) == 1
    assert repo.git("status", "--porcelain") == ""


def test_locked_index(repo: Repo, handoff: Store) -> None:
    """A commit that does not get on the branch leaves files, refs and index as they were."""
    finished(handoff, "Old", 40)
    lock = repo.root / ".git/index.lock"
    lock.touch()
    assert handoff("prune", "--yes") == 0
    lock.unlink()

    assert "Finished briefs were kept: another git process holds" in handoff.out
    assert len(repo.briefs("done")) == 1
    assert repo.git("for-each-ref", "refs/handoff/") == ""
    assert repo.git("status", "--porcelain") == ""


def test_refs(repo: Repo, handoff: Store) -> None:
    """A ref goes when the branch has what it holds, or when it is old and its brief not open; what
    only it holds is in the trash then. Refs of other kinds are left alone.
    """
    there = handoff.write("On the branch")
    repo.git("update-ref", f"refs/handoff/{there}", "HEAD")
    repo.git("update-ref", f"refs/handoff/claims/{there}", "HEAD")
    repo.git("checkout", "--quiet", "--detach")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GIT_COMMITTER_DATE", f"@{int(time.time() - 40 * DAY)} +0000")
        waiting, gone = handoff.write("Waits"), handoff.write("Gone")
    young = handoff.write("Young")
    raw = (repo.root / f".handoff/open/{gone}.md").read_bytes()
    for brief_id in (gone, young):
        (repo.root / f".handoff/open/{brief_id}.md").unlink()
    repo.git("checkout", "--quiet", "main")

    assert handoff.json("prune", "--yes")["refs"] == 2
    stay = sorted((waiting, young))
    assert refs(repo) == [f"refs/handoff/{name}" for name in (*stay, f"claims/{there}")]
    assert [path.name for path in (repo.state / "trash").iterdir()] == [f"{gone}.md"]
    assert (repo.state / "trash" / f"{gone}.md").read_bytes() == raw


def test_leftovers_of_builds(repo: Repo, handoff: Store) -> None:
    """What a session of a build left goes by its age alone; no brief is made of it, and what keeps
    an accepted spec stays.
    """
    brief_id = handoff.write("Open")
    tree = repo.git("rev-parse", "HEAD^{tree}").strip()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GIT_COMMITTER_DATE", f"@{int(time.time() - 40 * DAY)} +0000")
        old = repo.git("commit-tree", tree, "-p", "HEAD", "-m", "old").strip()
    repo.git("update-ref", "refs/handoff/wip/s-old", old)
    repo.git("update-ref", "refs/handoff/specs/20261101-000000-shop-0001", old)
    repo.git("update-ref", "refs/handoff/wip/s-young", "HEAD")

    assert [row["id"] for row in handoff.json("list")] == [brief_id]
    assert handoff.json("commit") == []
    assert handoff.json("prune")["refs"] == ["refs/handoff/wip/s-old"]
    assert handoff.json("prune", "--yes")["refs"] == 1
    assert refs(repo) == [
        "refs/handoff/specs/20261101-000000-shop-0001",
        "refs/handoff/wip/s-young",
    ]
    assert handoff("doctor") in (0, 1)
    assert "wip/" not in handoff.out


def test_another_work_tree(repo: Repo, handoff: Store, tmp_path: Path) -> None:
    """An old ref stays while its brief is open in another work tree of the repository."""
    tree = tmp_path / "tree"
    repo.git("worktree", "add", "--quiet", "--detach", str(tree))
    handoff.patch.chdir(tree)
    handoff.patch.setenv("GIT_COMMITTER_DATE", f"@{int(time.time() - 40 * DAY)} +0000")
    brief_id = handoff.write("Over there")
    handoff.patch.chdir(repo.root)

    assert handoff.json("prune")["refs"] == []
    (tree / f".handoff/open/{brief_id}.md").unlink()
    assert handoff.json("prune")["refs"] == [f"refs/handoff/{brief_id}"]


def values_of(values: dict[str, object]) -> Callable[[state.SessionState], None]:
    return lambda session: session.values.update(values)


def test_state_files(repo: Repo, handoff: Store) -> None:
    """Files of sessions that are over for 90 days go, and old claims and trash; what is younger,
    or of an open session, stays.
    """
    home = repo.state
    for folder in ("sessions", "feed", "claims", "trash", "locks"):
        (home / folder).mkdir(parents=True, exist_ok=True)
    alive: dict[str, object] = {"client_pid": os.getpid(), "transcript": str(repo.root / "app.py")}
    over: dict[str, object] = {"ended": True}
    for name, values in (("gone", over), ("new", over), ("alive", alive)):
        state.update(str(home), name, values_of(values))
        (home / "feed" / f"{name}.json").write_text("{}")
    old = [home / "sessions/gone.json", home / "feed/gone.json", home / "locks/gone"]
    for name in ("claims/x.json", "trash/x.md"):
        old.append(home / name)
        old[-1].write_text("{}")
    young = [home / "trash/y.md", home / "claims/y.json"]
    for path in young:
        path.write_text("{}")
    stay = [*young, home / "sessions/new.json", home / "feed/new.json"]
    stay += [home / "sessions/alive.json", home / "feed/alive.json", home / "locks/alive"]
    for path in (*old, *stay[-3:]):
        aged(path, 91)
    (home / "ledger.jsonl").write_text("")
    aged(home / "ledger.jsonl", 400)

    assert handoff.json("prune", "--yes")["files"] == len(old)
    assert [path.name for path in old if path.exists()] == []
    assert [path.name for path in stay if not path.exists()] == []
    assert (home / "ledger.jsonl").exists()


def test_links_are_left(repo: Repo, handoff: Store, tmp_path: Path) -> None:
    """A link in the state directory is neither followed nor taken."""
    outside = aged(_file(tmp_path / "outside.json"), 100)
    (repo.state / "trash").mkdir(parents=True)
    link = repo.state / "trash" / "link.md"
    link.symlink_to(outside)
    os.utime(link, (0, 0), follow_symlinks=False)
    assert handoff.json("prune", "--yes")["files"] == 0
    assert link.is_symlink()
    assert outside.exists()


def _file(path: Path) -> Path:
    path.write_text("{}")
    return path


def test_nothing(repo: Repo, handoff: Store) -> None:
    """With nothing to prune that is said, and a second run has nothing."""
    assert handoff("prune") == 0
    assert "Nothing to prune" in handoff.err
    assert handoff.json("prune", "--yes") == {
        "briefs": 0,
        "refs": 0,
        "files": 0,
        "commit": "",
        "reason": "",
    }


@pytest.mark.parametrize(("text", "days"), [("30d", 30), ("6w", 42), ("7", 7), (" 0D ", 0)])
def test_ages(text: str, days: float) -> None:
    """An age is days or weeks."""
    assert prune.parse_age(text) == days


@pytest.mark.parametrize("text", ["", "d", "-3d", "3m", "1e3", "∞", "9999999"])
def test_no_ages(text: str) -> None:
    """Anything else is said to be none."""
    with pytest.raises(HandoffError, match="is not a valid age"):
        prune.parse_age(text)


def test_what_it_says_to_run_takes_no_more_than_it_showed(repo: Repo, handoff: Store) -> None:
    """The command that it names has every option that was given."""
    for number in range(3):
        finished(handoff, f"Old {number}", 40 + number)

    assert handoff("prune", "--older-than", "1d", "--keep", "2") == 0
    assert len(handoff.out.splitlines()) == 1
    named = handoff.err.rstrip("\n").partition(": handoff ")[2].split()
    assert handoff(*named) == 0

    assert len(repo.briefs("done")) == 2
