"""`handoff list`: what is shown of the store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from support.store_program import BRIEF, Store, own_id, put

if TYPE_CHECKING:
    from support.repo import Repo


def test_filters(repo: Repo, handoff: Store) -> None:
    """Each filter leaves out what it names; several hold together; of labels one is enough."""
    task = handoff.write("A task", "--label", "auth", "--label", "db")
    going_on = handoff.json("write", "--label", "ui", stdin=BRIEF.format("Go on"))["id"]
    done = handoff.write("Over")
    handoff("done", done)
    put(repo, own_id("theirs", 1), extra="labels: [auth]\n")
    theirs = own_id("theirs", 1)

    def shown(*options: str) -> set[str]:
        return {row["id"] for row in handoff.json("list", *options)}

    assert shown() == {task, going_on, theirs}
    assert shown("--all") == {task, going_on, theirs, done}
    assert shown("--kind", "task") == {task}
    assert shown("--kind", "task", "--all") == {task, done}
    assert shown("--label", "auth") == {task, theirs}
    assert shown("--label", "ui", "--label", "db") == {task, going_on}
    assert shown("--label", "auth", "--trusted") == {task}
    assert shown("--untrusted") == {theirs}
    assert shown("--state", "done") == {done}
    assert shown("--state", "done", "--state", "open", "--trusted") == {task, going_on, done}
    assert shown("--label", "nothing") == set()
    handoff("pickup", going_on)
    assert shown("--state", "claimed") == {going_on}


def test_no_row_fits(repo: Repo, handoff: Store) -> None:
    """Filters that fit nothing say so, and not that there are no briefs."""
    handoff.write("A task")
    assert handoff("list", "--label", "x") == 0
    assert "No brief matches these options" in handoff.err
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
    """A brief of a newer format is named as that, with what fixes it, by list, show and pickup."""
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
    put(repo, own_id("theirs", 1))

    rows = handoff.json("list")
    told = [(row["origin"], row["trusted"]) for row in rows]
    assert told == [("changed", False), ("elsewhere", False)]
    assert handoff("list") == 0
    mine, theirs = handoff.out.splitlines()[1:]
    assert "  changed  " in mine
    assert "  elsewhere  " in theirs
