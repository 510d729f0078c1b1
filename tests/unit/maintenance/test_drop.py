"""`handoff list`, `chain` and `drop`: what is shown of the store, and what goes away."""

from __future__ import annotations

import os
import shlex
import subprocess
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from handoff.store import lineage
from support.store_program import BRIEF, Store, on_branch, refs

if TYPE_CHECKING:
    from pathlib import Path

    from support.repo import Repo


def own_id(title: str, number: int) -> str:
    return f"20261101-0000{number:02d}-{title}-{number:04x}"


def put(repo: Repo, brief_id: str, folder: str = "open", extra: str = "", more: str = "") -> None:
    """A brief's file as others could have written it."""
    path = repo.root / ".handoff" / folder / f"{brief_id}.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    front = f"handoff: 1\nid: {brief_id}\ntitle: About {brief_id[16:-5]}\n"
    front += f"created: '2026-11-01T00:00:00Z'\n{extra}"
    path.write_text(f"---\n{front}---\n# T\n\n## Task\n\nDo it.\n{more}")


# list


def test_filters(repo: Repo, handoff: Store) -> None:
    """Each filter leaves out what it names; several hold together; of labels one is enough."""
    task = handoff.write("A task", "--label", "auth", "--label", "db")
    going_on = handoff.json("write", "--label", "ui", stdin=BRIEF.format("Go on"))["id"]
    done = handoff.write("Over")
    handoff("done", done)
    put(repo, own_id("foreign", 1), extra="labels: [auth]\n")
    foreign = own_id("foreign", 1)

    def shown(*options: str) -> set[str]:
        return {row["id"] for row in handoff.json("list", *options)}

    assert shown() == {task, going_on, foreign}
    assert shown("--all") == {task, going_on, foreign, done}
    assert shown("--kind", "task") == {task}
    assert shown("--kind", "task", "--all") == {task, done}
    assert shown("--label", "auth") == {task, foreign}
    assert shown("--label", "ui", "--label", "db") == {task, going_on}
    assert shown("--label", "auth", "--own") == {task}
    assert shown("--foreign") == {foreign}
    assert shown("--state", "done") == {done}
    assert shown("--state", "done", "--state", "open", "--own") == {task, going_on, done}
    assert shown("--label", "nothing") == set()
    handoff("pickup", going_on)
    assert shown("--state", "claimed") == {going_on}


def test_no_row_fits(repo: Repo, handoff: Store) -> None:
    """Filters that fit nothing say so, and not that there are no briefs."""
    handoff.write("A task")
    assert handoff("list", "--label", "x") == 0
    assert "No brief here is like that" in handoff.err
    assert handoff("list", "--state", "x") == 2


def test_tree(repo: Repo, handoff: Store) -> None:
    """The tree shows each brief below its parent, with its ancestors, also finished ones."""
    first, second, third, other = (own_id(name, n) for n, name in enumerate(("a", "b", "c", "d")))
    put(repo, first, "done")
    put(repo, second, extra=f"parent: {first}\n")
    put(repo, third, extra=f"parent: {second}\n")
    put(repo, other, "done")

    assert handoff("list", "--tree") == 0
    lines = [line.rstrip() for line in handoff.out.splitlines()]
    assert lines[0].startswith(first)
    assert lines[1].startswith(f"└── {second}")
    assert lines[2].startswith(f"    └── {third}")
    assert len(lines) == 3
    assert handoff("list", "--tree", "--all") == 0
    assert other in handoff.out


def test_newer_format(repo: Repo, handoff: Store) -> None:
    """A brief of a newer format is named as that, with what mends it, by list, show and pickup."""
    brief_id = own_id("newer", 1)
    put(repo, brief_id)
    path = repo.briefs()[0]
    path.write_text(path.read_text().replace("handoff: 1", "handoff: 2"))

    (row,) = handoff.json("list")
    assert (row["state"], "this handoff reads format 1" in row["problem"]) == ("unreadable", True)
    for verb in ("show", "pickup", "done", "drop", "verify"):
        assert handoff(verb, brief_id) == 1, verb
        assert "format 2; this handoff reads format 1" in handoff.err
        assert "Do it." not in handoff.out
    assert path.exists()


def test_whose_it_is(repo: Repo, handoff: Store) -> None:
    """The table says of a brief that it was changed, or is from elsewhere."""
    handoff.write("Mine")
    (path,) = repo.briefs()
    path.write_text(path.read_text() + "\nObey.\n")
    put(repo, own_id("foreign", 1))

    rows = handoff.json("list")
    assert [(row["origin"], row["own"]) for row in rows] == [("changed", False), ("foreign", False)]
    assert handoff("list") == 0
    mine, foreign = handoff.out.splitlines()[1:]
    assert "  changed  " in mine
    assert "  elsewhere  " in foreign


# lineage


IDS = st.sampled_from([own_id("x", number) for number in range(8)])


@given(st.dictionaries(IDS, st.one_of(st.just(""), IDS, st.just(own_id("missing", 99)))), IDS)
def test_lineage_of_anything(parents: dict[str, str], asked: str) -> None:
    """Circles and missing parents are harmless: every brief is in exactly one place of the tree,
    and a chain holds the one asked for, none twice.
    """
    placed = [n.id for root in lineage.roots(parents) for n in lineage.below(root, parents)]
    assert sorted(placed) == sorted(parents)

    if asked in parents:
        chain = [node.id for node in lineage.chain(asked, parents)]
        assert chain.count(asked) == 1
        assert len(set(chain)) == len(chain)
        assert set(chain) - set(parents) <= {own_id("missing", 99)} | set(parents.values())


def test_chain(repo: Repo, handoff: Store) -> None:
    """`chain` goes from the first ancestor to the last descendant, with the outcome's first line,
    tokens and cost of own ones, and names a parent that is not here.
    """
    first, second, third = (own_id(name, number) for number, name in enumerate("abc"))
    put(repo, first, "done", f"parent: {own_id('gone', 9)}\n", "\n## Outcome\n\nobey me\n")
    put(repo, second, extra=f"parent: {first}\nreading: {{tokens: 1200, cost_usd: 1.5}}\n")
    put(repo, third, extra=f"parent: {second}\n")
    put(repo, own_id("other", 5))

    links = handoff.json("chain", second[-4:])
    assert [(link["id"], link["depth"], link["state"]) for link in links] == [
        (own_id("gone", 9), 0, "missing"),
        (first, 1, "done"),
        (second, 2, "open"),
        (third, 3, "open"),
    ]
    assert [link["asked"] for link in links] == [False, False, True, False]
    assert (links[2]["tokens"], links[2]["cost_usd"]) == (1200, 1.5)
    assert handoff("chain", second) == 0
    assert "$1.50" in handoff.out
    assert "not here" in handoff.out
    assert "obey me" not in handoff.out  # a stranger's words


def test_chain_tells_outcomes(repo: Repo, handoff: Store) -> None:
    """The first line of an own brief's outcome stands in its chain."""
    brief_id = handoff.write("Short work")
    handoff("done", brief_id, "--outcome", "-", stdin="It works.\nIn detail: it does.\n")
    (link,) = handoff.json("chain", brief_id)
    assert (link["outcome"], link["own"], link["state"]) == ("It works.", True, "done")


def test_chain_in_a_circle(repo: Repo, handoff: Store) -> None:
    """Two briefs that name each other as parent are shown, each once."""
    one, two = own_id("one", 1), own_id("two", 2)
    put(repo, one, extra=f"parent: {two}\n")
    put(repo, two, extra=f"parent: {one}\n")

    assert {link["id"] for link in handoff.json("chain", one)} == {one, two}
    assert handoff("list", "--tree") == 0
    assert handoff.out.count(one) == handoff.out.count(two) == 1


# drop


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
    assert repo.git("show", "--name-only", "--format=%s", "HEAD").split() == [
        *["handoff:", "drop:", "One", "and", "1", "more"],
        f".handoff/open/{first}.md",
        f".handoff/open/{second}.md",
    ]
    assert repo.git("status", "--porcelain") == "A  mine.txt\n"
    assert handoff("list") == 0

    repo.git("rm", "--quiet", "--cached", "mine.txt")
    undo(repo, dropped[0]["undo"])
    assert {path.stem for path in repo.briefs()} == {first, second}
    assert handoff.json("list")[0]["own"] is True


def test_drop_what_is_claimed(repo: Repo, handoff: Store) -> None:
    """A claimed brief is dropped only by force; who has it is named; none of several goes then."""
    free, taken = handoff.write("Free"), handoff.write("Taken")
    handoff("pickup", taken, "--session", "busy-1")

    assert handoff("drop", free, taken) == 1
    assert "is taken by session busy-1. Nothing was dropped" in handoff.err
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
    assert handoff.json("list")[0]["own"] is True


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
    assert "is finished already" in handoff.err
    assert handoff("drop", "nothing") == 1
    assert len(repo.briefs("done")) == 1
