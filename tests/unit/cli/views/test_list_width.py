"""`handoff list --width`, which the mod asks for at `/handoffs`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len

if TYPE_CHECKING:
    from support.repo import Repo
    from support.store_program import Store


def test_lines_of_a_narrow_screen(repo: Repo, handoff: Store) -> None:
    """One short line a brief: an ID that commands accept, its state, its age, and its title, cut
    last. With the client's indent of five they fit 50 columns. `repo` is where they are.
    """
    titles = ("Fix the redirect after login so that it keeps the query string", "数据库迁移" * 8)
    names = [handoff.write(title) for title in titles]
    handoff("list", "--width", "44")
    head, *lines = handoff.out.splitlines()

    assert head.split() == ["ID", "STATE", "AGE", "TITLE"]
    assert len(lines) == len(names)
    assert all(cell_len(line) <= 44 for line in lines)
    found = set()
    for line in lines:
        short, state, age, title = line.split(maxsplit=3)
        assert (state, age, title[-1]) == ("open", "0m", "…")
        found.add(handoff.json("show", short)["id"])
    assert found == set(names)
    handoff("list")
    assert all(name in handoff.out for name in names)
