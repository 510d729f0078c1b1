"""A brief for one goal: its facts are chosen for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handoff.client.transcript import events as ev
from handoff.facts import fact_sheet
from handoff.facts.focus import for_goal, goal_of
from handoff.facts.gather import gather_facts
from support.program import Program

if TYPE_CHECKING:
    from handoff.facts.model import Facts
    from support.repo import Repo


def session() -> Facts:
    """Work on an export, then on many other things."""
    events: list[ev.Event] = [ev.Place("/r", "main", "s", "2.1.330", "")]
    work = [
        ("export/csv.py", "Keep semicolons in the CSV export"),
        ("till/lock.py", "Fix the race"),
    ]
    work += [(f"other/part{n}.py", f"Rework part number {n} of it") for n in range(30)]
    for number, (path, asked) in enumerate(work):
        events.append(ev.Prompt(asked, "", "typed"))
        for step in range(3):
            name = f"c{number}-{step}"
            events.append(ev.Call(name, "Edit", "edit", (f"/r/{path}",), "", "x", ""))
            events.append(ev.Result(name, True, "updated", ""))
    return gather_facts(events, "/r")


def test_what_shares_a_word_with_the_goal_comes_first() -> None:
    """Old work on the goal's subject is shown before new work on other things."""
    facts = session()
    assert "export/csv.py" not in fact_sheet.render(facts, 600)

    sheet = fact_sheet.render(for_goal(facts, "make exporting faster"), 600)
    assert "export/csv.py" in sheet
    assert "Keep semicolons in the CSV export" in sheet
    assert "Rework part number" not in sheet
    assert for_goal(facts, "the zebra").requests == facts.requests[:1]


@pytest.mark.parametrize("goal", ["", "the", "do it", "please fix it all"])
def test_a_goal_without_a_telling_word_changes_nothing(goal: str) -> None:
    """ "Do it" is no goal to choose by."""
    assert for_goal(session(), goal) == session()


@given(st.text(max_size=60))
def test_nothing_is_lost_but_requests(goal: str) -> None:
    """Whatever the goal: files are ranked anew, none is dropped, chances stay chances."""
    facts = for_goal(session(), goal)

    assert {file.path for file in facts.files} == {file.path for file in session().files}
    assert all(0 <= file.likely <= 1 for file in facts.files)


@pytest.mark.parametrize(
    ("arguments", "goal"),
    [
        ("make the CLI faster", "make the CLI faster"),
        ("--for sonnet make the CLI faster", "make the CLI faster"),
        ("make it --label a --verify 'pytest -q x' faster --for=opus", "make it faster"),
        ('--verify "a b"', ""),
        ("--effort high --budget-usd 2 make it faster --max-turns=60", "make it faster"),
        ("--shared make it faster", "make it faster"),
        ("", ""),
    ],
)
def test_options_are_not_the_goal(arguments: str, goal: str) -> None:
    """What the command's arguments hold besides the goal."""
    assert goal_of(arguments) == goal


def test_orders_of_the_command(
    repo: Repo, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--for`, `--label`, `--verify`, `--kind task` and `--goal` stand in the brief as given."""
    handoff = Program(monkeypatch, capsys)
    text = "# Faster\n## Task\nMake the CLI faster.\n"
    more = ("--for", "sonnet", "--label", "cli", "--verify", "pytest -q", "--goal", "faster CLI")
    written = handoff.json("write", "--kind", "task", *more, stdin=text)

    brief = repo.briefs()[0].read_text()
    for line in ("kind: task", "for: {model: sonnet}", "verify: [pytest -q]", "labels: [cli]"):
        assert line in brief
    assert written["finished"] == []


@pytest.mark.parametrize(
    ("goal", "request_"),
    [
        ("レシートの表示を速くする", "合計の前に価格をレシートに出してください"),
        ("加快导出速度", "请修复导出的错误"),
    ],
)
def test_a_goal_without_blanks_shares_parts_of_its_runs(goal: str, request_: str) -> None:
    """A run of characters is no word: its katakana words and pairs of ideograms are looked for."""
    events = [ev.Prompt(text, at, "typed") for text, at in ((request_, "T1"), ("他の仕事", "T2"))]
    facts = gather_facts(events, "/r")
    assert [request.text for request in for_goal(facts, goal).requests] == [request_]
