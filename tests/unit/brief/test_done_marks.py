"""What of a brief is done by evidence is marked, and nothing else is."""

from __future__ import annotations

import pytest

from handoff.brief import done_marks
from handoff.facts.model import Commit, Facts, Reply
from support.made_facts import command, make_facts

FACTS = make_facts(
    commands=(
        command("make test", failed=0),
        command("npm run lint", ok=False),
        command("sleep 9", ok=None),
        command('pytest -k "a b"', failed=2),
    ),
    commits=(Commit("abc1234", "Write the price parser"), Commit("", "Drop the old till")),
    done=("Read the manual page", "Fix it"),
    replies=(Reply("Which currency is it?", "Euro"), Reply("Who is asked for it?", "")),
)


@pytest.mark.parametrize(
    ("line", "mark"),
    [
        ("- `make test`", "[ran since: 12 passed]"),
        ("1. Run `make test` again.", "[ran since: 12 passed]"),
        ("make test", "[ran since: 12 passed]"),
        ("$ make  test", "[ran since: 12 passed]"),
        ("> make test", "[ran since: 12 passed]"),
        ("`npm run lint` is red", "[ran since: failed]"),
        ("`pytest -k 'a b'`", "[ran since: 2 failed, 10 passed]"),
        (
            "`make test` and `npm run lint`",
            "[ran since: `make test` 12 passed, `npm run lint` failed]",
        ),
        ("- [ ] Write the price parser.", "[committed since: abc1234]"),
        ("* drop the old till", "[committed since]"),
        ("- read the manual page", "[completed since]"),
        ("Which currency is it?", "[answered since: “Euro”]"),
    ],
)
def test_marked(line: str, mark: str) -> None:
    """At the line's end; the line stays as it is. Done twice it is the same."""
    marked = done_marks.mark(line, FACTS)

    assert marked == f"{line} {mark}"
    assert done_marks.mark(marked, FACTS) == marked


@pytest.mark.parametrize(
    "line",
    [
        "- `make tests`",
        "Run make test again.",
        "`sleep 9`",
        "Write the price parser and its manual page",
        "Do not write the price parser",
        "> Write the price parser",
        "Fix it",
        "Who is asked for it?",
        "",
        "```\nmake test\n```",
        "~~~\n`make test`\n~~~",
    ],
)
def test_not_marked(line: str) -> None:
    """Another command, more or other words, too few, a quotation, no answer, code in a fence."""
    assert done_marks.mark(line, FACTS) == line


def test_a_later_session() -> None:
    """What it shows replaces the mark of the same kind; what it does not show stays marked."""
    text = (
        "- `make test` [ran since: 12 passed]\n- Write the price parser [committed since: abc1234]"
    )
    later: Facts = make_facts(commands=(command("make test", ok=False),))

    assert done_marks.mark(text, later) == (
        "- `make test` [ran since: failed]\n- Write the price parser [committed since: abc1234]"
    )
