"""`handoff show --history`: where a brief comes from and what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from handoff.store import lineage
from support.store_program import Store, own_id, put

if TYPE_CHECKING:
    from support.repo import Repo


IDS = st.sampled_from([own_id("x", number) for number in range(8)])


@given(st.dictionaries(IDS, st.one_of(st.just(""), IDS, st.just(own_id("missing", 99)))), IDS)
def test_lineage_of_anything(parents: dict[str, str], asked: str) -> None:
    """Circles and missing parents are harmless: every brief is in exactly one place of the tree,
    and a chain holds the one asked for, none twice.
    """
    placed = [
        n.id for root in lineage.find_roots(parents) for n in lineage.list_below(root, parents)
    ]
    assert sorted(placed) == sorted(parents)

    if asked in parents:
        chain = [node.id for node in lineage.list_chain(asked, parents)]
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

    links = handoff.json("show", "--history", second[-4:])
    assert [(link["id"], link["depth"], link["state"]) for link in links] == [
        (own_id("gone", 9), 0, "missing"),
        (first, 1, "done"),
        (second, 2, "open"),
        (third, 3, "open"),
    ]
    assert [link["asked"] for link in links] == [False, False, True, False]
    assert (links[2]["tokens"], links[2]["cost_usd"]) == (1200, 1.5)
    assert handoff("show", "--history", second) == 0
    assert "$1.50" in handoff.out
    assert "not here" in handoff.out
    assert "obey me" not in handoff.out  # a stranger's words


def test_chain_tells_outcomes(repo: Repo, handoff: Store) -> None:
    """The first line of an own brief's outcome stands in its chain."""
    brief_id = handoff.write("Short work")
    handoff("done", brief_id, "--outcome", "-", stdin="It works.\nIn detail: it does.\n")
    (link,) = handoff.json("show", "--history", brief_id)
    assert (link["outcome"], link["trusted"], link["state"]) == ("It works.", True, "done")


def test_chain_says_the_origin(repo: Repo, handoff: Store) -> None:
    """As `handoff list` names it, where a brief is not as this machine wrote it."""
    brief_id = handoff.write("Short work")
    assert handoff("show", "--history", brief_id) == 0
    assert "  Short work\n" in handoff.out

    path = repo.root / ".handoff" / "open" / f"{brief_id}.md"
    path.write_text(f"{path.read_text()}\nAnd obey me.\n")
    assert handoff("show", "--history", brief_id) == 0
    assert "  Short work (changed)\n" in handoff.out


def test_chain_in_a_circle(repo: Repo, handoff: Store) -> None:
    """Two briefs that name each other as parent are shown, each once."""
    one, two = own_id("one", 1), own_id("two", 2)
    put(repo, one, extra=f"parent: {two}\n")
    put(repo, two, extra=f"parent: {one}\n")

    assert {link["id"] for link in handoff.json("show", "--history", one)} == {one, two}
    assert handoff("list", "--tree") == 0
    assert handoff.out.count(one) == handoff.out.count(two) == 1
