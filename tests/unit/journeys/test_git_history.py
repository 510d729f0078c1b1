"""What the log of a branch shows of briefs: one commit for what happened at once, none for a
pick-up, and what code hosts are told of the files.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from support.client import Client
from support.configuration import configure
from support.store_program import BRIEF, Store, on_branch, refs

if TYPE_CHECKING:
    from support.repo import Repo

ATTRIBUTES = ".handoff/.gitattributes"


def log(repo: Repo) -> list[str]:
    """The subjects of the commits since the first, oldest first."""
    return repo.git("log", "--reverse", "--format=%s").splitlines()[1:]


def touched(repo: Repo, commit: str = "HEAD") -> list[str]:
    """What a commit changes, as letter and path; a move is a removal and an addition."""
    shown = repo.git("show", "--no-renames", "--name-status", "--format=", commit)
    return sorted(line.replace("\t", " ") for line in shown.splitlines())


def test_a_chain_of_three_sessions(repo: Repo, handoff: Store) -> None:
    """Each brief is one commit, with the move of the one that it replaces; the pick-ups make
    none, and neither do sessions' starts and ends.
    """
    first = Client(repo, "s1")
    first.start()
    first.works(1000)
    one = first.brief(title="Fix the race")
    first("session-end", reason="clear")
    second = Client(repo, "s2")
    assert one in str(second.start("clear"))
    second.works(1000)
    assert len(log(repo)) == 1
    two = second.brief(title="Write the tests")
    assert touched(repo)[:2] == [f"A .handoff/done/{one}.md", "A .handoff/open/.keep"]
    assert touched(repo)[2:] == [f"A .handoff/open/{two}.md", f"D .handoff/open/{one}.md"]
    second("session-end", reason="clear")
    third = Client(repo, "s3")
    assert two in str(third.start("clear"))
    assert handoff("done", two, "--force", "--outcome", "It works.") == 0

    assert log(repo) == [
        f"handoff: write “Fix the race” ({one[-4:]})",
        f"handoff: write “Write the tests” ({two[-4:]}), finish {one[-4:]}",
        f"handoff: finish “Write the tests” ({two[-4:]})",
    ]
    assert repo.git("status", "--porcelain") == ""


def test_a_pick_up_by_hand_makes_no_commit(repo: Repo, handoff: Store) -> None:
    """Neither of a session nor of a person."""
    brief_id = handoff.write("A task")
    before = repo.git("rev-parse", "HEAD")
    assert handoff("pickup", brief_id) == 0
    assert handoff("pickup", "--release", brief_id) == 0
    assert repo.git("rev-parse", "HEAD") == before
    assert repo.git("status", "--porcelain") == ""


def test_several_briefs_of_one_session(repo: Repo) -> None:
    """Each replaces the one before in its own commit; a task beside them replaces none."""
    client = Client(repo)
    client.start()
    client.works(1000)
    one = client.brief(title="One")
    task = client.brief("task", title="Aside")
    two = client.brief(title="Two")
    assert log(repo)[1:] == [
        f"handoff: write task “Aside” ({task[-4:]})",
        f"handoff: write “Two” ({two[-4:]}), finish {one[-4:]}",
    ]


def test_a_snapshot_replaces_its_parent_in_one_commit(repo: Repo) -> None:
    """What code writes at a compaction files the earlier brief away with it."""
    client = Client(repo)
    client.start()
    client.works(1000)
    one = client.brief(title="One")
    client.works(2000)
    client("pre-compact", trigger="auto")
    (brief,) = repo.briefs()
    assert log(repo)[-1].endswith(f"({brief.stem[-4:]}), finish {one[-4:]}")
    assert log(repo)[-1].startswith("handoff: snapshot “")


def test_one_commit_at_a_ref_too(repo: Repo) -> None:
    """`commit: ref`: the branch has nothing, and no small file lies in the work tree."""
    configure(repo.state.parent, "commit: ref")
    client = Client(repo)
    client.start()
    client.works(1000)
    one = client.brief(title="One")
    two = client.brief(title="Two")
    assert log(repo) == []
    assert touched(repo, f"refs/handoff/{one}") == [f"A .handoff/open/{one}.md"]
    assert touched(repo, f"refs/handoff/{two}") == [
        f"A .handoff/done/{one}.md",
        f"A .handoff/open/{two}.md",
    ]
    assert not (repo.root / ATTRIBUTES).exists()
    assert not (repo.root / ".handoff/open/.keep").exists()


@pytest.mark.parametrize("attribute", ["linguist-generated", "merge"])
def test_code_hosts_are_told(repo: Repo, handoff: Store, attribute: str) -> None:
    """Briefs are marked as generated, open and finished ones, and nothing else is."""
    brief_id = handoff.write("A task")
    paths = [f".handoff/open/{brief_id}.md", f".handoff/done/{brief_id}.md", "app.py", ATTRIBUTES]
    told = repo.git("check-attr", attribute, *paths)
    values = [line.rpartition(": ")[2] for line in told.splitlines()]
    if attribute == "merge":
        assert values == ["unspecified", "union", "unspecified", "unspecified"]
    else:
        assert values == ["set", "set", "unspecified", "unspecified"]


def test_reverts_are_clean(repo: Repo, handoff: Store) -> None:
    """The first commit takes the file away again, the second leaves it; the next brief brings it
    back.
    """
    start = repo.git("rev-parse", "HEAD^{tree}")
    handoff.write("One")
    first = repo.git("rev-parse", "HEAD").strip()
    two = handoff.write("Two")
    repo.git("revert", "--no-edit", "HEAD")
    assert (repo.root / ATTRIBUTES).exists()
    repo.git("revert", "--no-edit", first)
    assert repo.git("rev-parse", "HEAD^{tree}") == start
    assert not (repo.root / ".handoff").exists()
    repo.git("revert", "--no-edit", "HEAD~1")  # the second is there, without the file
    assert on_branch(repo) == [f".handoff/open/{two}.md"]
    three = handoff.write("Three")
    assert touched(repo) == [f"A {ATTRIBUTES}", f"A .handoff/open/{three}.md"]
    assert repo.git("status", "--porcelain") == ""


@pytest.mark.parametrize("state", ["merging", "detached", "ignored", "off"])
def test_where_nothing_goes_on_the_branch_no_file_is_left(
    repo: Repo, handoff: Store, state: str
) -> None:
    """git refuses to merge a branch that brings a file which lies there untracked."""
    handoff.write("One")
    repo.git("checkout", "--quiet", "-b", "side", "HEAD~1")
    (repo.root / "other.txt").write_text("x\n")
    repo.git("add", "other.txt")
    repo.git("commit", "--quiet", "--message=Other")
    if state == "merging":
        (repo.root / ".git" / "MERGE_HEAD").write_text(repo.git("rev-parse", "main~1"))
    elif state == "detached":
        repo.git("checkout", "--quiet", "--detach")
    elif state == "ignored":
        (repo.root / ".git" / "info" / "exclude").write_text(".handoff/\n")
    else:
        configure(repo.state.parent, "commit: off")

    brief_id = handoff.write("Two")
    assert (repo.root / f".handoff/open/{brief_id}.md").exists()
    assert not (repo.root / ATTRIBUTES).exists()
    if state == "merging":
        (repo.root / ".git" / "MERGE_HEAD").unlink()
    repo.git("merge", "--quiet", "--no-edit", "main")  # it brings the file
    assert (repo.root / ATTRIBUTES).exists()


def test_a_held_index_leaves_no_file(repo: Repo, handoff: Store) -> None:
    """The commit is kept beside the branch only after the file was made: it goes again."""
    lock = repo.root / ".git" / "index.lock"
    lock.write_text("")
    brief_id = handoff.write("One")
    lock.unlink()
    assert refs(repo) == [f"refs/handoff/{brief_id}"]
    assert not (repo.root / ATTRIBUTES).exists()
    assert handoff("commit") == 0
    assert touched(repo) == [f"A {ATTRIBUTES}", f"A .handoff/open/{brief_id}.md"]


def test_a_filter_in_its_way_stops_no_brief(repo: Repo, handoff: Store) -> None:
    """Where git requires a filter for the file, but not for briefs, they go without it; the filter
    is not run.
    """
    ran = repo.state.parent / "ran"
    repo.git("config", "filter.evil.clean", f"touch {ran}; cat")
    repo.git("config", "filter.evil.required", "true")
    (repo.root / ".gitattributes").write_text("* filter=evil\n*.md -filter\n")
    brief_id = handoff.write("One")
    assert on_branch(repo) == [f".handoff/open/{brief_id}.md"]
    assert touched(repo) == [f"A .handoff/open/{brief_id}.md"]
    assert not os.path.exists(ran)


def test_somebody_elses_attributes_run_nothing(repo: Repo, handoff: Store) -> None:
    """A `.handoff/.gitattributes` that was there first stays, and the filter in it is not run."""
    ran = repo.state.parent / "ran"
    repo.git("config", "filter.evil.clean", f"touch {ran}; cat")
    repo.git("config", "filter.evil.smudge", f"touch {ran}; cat")
    (repo.root / ".handoff").mkdir()
    (repo.root / ATTRIBUTES).write_text("*.md filter=evil\n")
    repo.git("add", ".handoff")
    repo.git("commit", "--quiet", "--message=Theirs")
    ran.unlink(missing_ok=True)
    brief_id = handoff.json("write", stdin=BRIEF.format("One"))["id"]
    assert touched(repo) == [f"A .handoff/open/{brief_id}.md"]
    assert (repo.root / ATTRIBUTES).read_text() == "*.md filter=evil\n"
    assert not ran.exists()


def test_what_the_user_staged_of_it_stays_staged(repo: Repo, handoff: Store) -> None:
    """Also where the file itself is gone again."""
    (repo.root / ".handoff").mkdir()
    (repo.root / ATTRIBUTES).write_text("*.md text\n")
    repo.git("add", ATTRIBUTES)
    (repo.root / ATTRIBUTES).unlink()
    brief_id = handoff.write("One")
    assert touched(repo) == [f"A .handoff/open/{brief_id}.md"]
    assert repo.git("show", f":{ATTRIBUTES}") == "*.md text\n"
    assert not (repo.root / ATTRIBUTES).exists()
