"""The one way in which tables are fitted into a width."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from handoff.base.errors import HandoffError
from handoff.cli.views import tables
from handoff.cli.views.tables import Column
from handoff.store.match_id import match_id

COLUMNS = (
    Column("ID", ("a1b2", "c3d4")),
    Column("KIND", ("task", "continue"), drop=6),
    Column("AGE", ("3h", "12d"), drop=2),
    Column("COST", ("$0.0031", "$1,234.50"), drop=1, right=True),
    Column("TITLE", ("Fix the redirect after login", "数据库迁移验证"), least=10, want=20),
)


@pytest.mark.parametrize(
    ("width", "lines"),
    [
        (None, ["ID    KIND      AGE       COST  TITLE",
                "a1b2  task      3h     $0.0031  Fix the redirect after login",
                "c3d4  continue  12d  $1,234.50  数据库迁移验证"]),
        (60, ["ID    KIND      AGE       COST  TITLE",
              "a1b2  task      3h     $0.0031  Fix the redirect after login",
              "c3d4  continue  12d  $1,234.50  数据库迁移验证"]),
        (44, ["ID    AGE       COST  TITLE",
              "a1b2  3h     $0.0031  Fix the redirect afte…",
              "c3d4  12d  $1,234.50  数据库迁移验证"]),
        (34, ["ID    AGE       COST  TITLE",
              "a1b2  3h     $0.0031  Fix the red…",
              "c3d4  12d  $1,234.50  数据库迁移…"]),
        (30, ["ID         COST  TITLE",
              "a1b2    $0.0031  Fix the redi…",
              "c3d4  $1,234.50  数据库迁移验…"]),
        (20, ["ID    TITLE",
              "a1b2  Fix the redir…",
              "c3d4  数据库迁移验证"]),
        (9, ["ID    TI…",
             "a1b2  Fi…",
             "c3d4  数…"]),
    ],
)  # fmt: skip
def test_what_gives_way(width: int | None, lines: list[str]) -> None:
    """First whole columns, the least important one first, then the end of what may be cut. A figure
    is there as a whole, or with its whole column not at all.
    """
    assert tables.render(COLUMNS, width) == lines


def test_what_hides_in_a_cell() -> None:
    """It acts on no terminal, and a line's end begins no other row."""
    (_, row) = tables.render([Column("A", ("x\x1b[2J\ny\u202e",))], 80)
    assert row == "x\\x1b[2J y\\u202e"


TEXTS = st.text(st.sampled_from("ab 数é-…"), max_size=30)


@given(st.integers(8, 150), st.lists(st.tuples(TEXTS, TEXTS, TEXTS), min_size=1, max_size=4))
def test_no_line_is_wider(width: int, rows: list[tuple[str, str, str]]) -> None:
    """Whatever the cells hold, once there is room for what is never dropped."""
    names, notes, titles = zip(*rows, strict=True)
    columns = [
        Column("A", names, drop=1),
        Column("B", notes, drop=5, least=4),
        Column("C", titles, least=6, want=20),
    ]
    assert all(cell_len(line) <= width for line in tables.render(columns, width))


WORDS = st.lists(st.sampled_from(["a", "b2", "2026", "cafe", "x"]), min_size=1, max_size=3)
IDS = st.builds(
    lambda day, words, end: f"202601{day:02}-101010-{'-'.join(words)}-{end}",
    st.integers(1, 31), WORDS, st.sampled_from(["2026", "cafe", "00a1", "20a1", "1010"]),
)  # fmt: skip


@given(st.sets(IDS, min_size=1, max_size=8), st.sets(IDS, max_size=4))
def test_a_short_id_is_accepted(ids: set[str], known: set[str]) -> None:
    """Each one names its brief, and nothing else that is there."""
    for whole, short in tables.short_ids(ids, known).items():
        assert match_id(short, {*ids, *known}) == whole
        assert whole.endswith(short)


def test_a_short_id_is_short() -> None:
    """Four characters where they are enough; more only where two end alike."""
    one, two, three = (
        "20260101-101010-a-b-cafe",
        "20260102-101010-c-b-cafe",
        "20260103-101010-d-00a1",
    )
    assert tables.short_ids([one, two, three]) == {one: "a-b-cafe", two: "c-b-cafe", three: "00a1"}
    with pytest.raises(HandoffError):
        match_id("cafe", [one, two])


def test_a_text_stays_in_its_column() -> None:
    """It goes on below its own beginning; on a narrow screen below its label."""
    text = "no `claude` on the PATH of this user"
    assert tables.hanging("note  client  ", text, 40) == [
        "note  client  no `claude` on the PATH of",
        "              this user",
    ]
    assert tables.hanging("note  client  ", text, 30) == [
        "note  client",
        "    no `claude` on the PATH of",
        "    this user",
    ]
    assert tables.hanging("note  ", text, None) == [f"note  {text}"]
