"""Subjects: which brief, what happened, never longer than a terminal shows; the body has it all."""

from __future__ import annotations

from dataclasses import replace

import pytest

from handoff.brief.document import Brief
from handoff.store import commit_message
from handoff.store.commit_message import Named

ID = "20261122-073812-fix-the-token-refresh-race-9f3a"
PARENT = "20261121-100000-look-into-the-logouts-2c41"
OTHER = "20261121-110000-another-d00d"
BRIEF = Brief(ID, "Fix the token refresh race", "2026-11-22T07:38:12Z", reading={"tokens": 204_000})
LONG = "Rewrite the whole of the token refresh so that two of them never race any more"


@pytest.mark.parametrize(
    ("message", "subject"),
    [
        (commit_message.written(BRIEF), "handoff: write “Fix the token refresh race” (9f3a)"),
        (
            commit_message.written(BRIEF, [PARENT]),
            "handoff: write “Fix the token refresh race” (9f3a), finish 2c41",
        ),
        (
            commit_message.written(BRIEF, [PARENT, OTHER]),
            "handoff: write “Fix the token refresh…” (9f3a), finish 2c41 and 1 more",
        ),
        (
            commit_message.written(replace(BRIEF, kind="task", title="Sort")),
            "handoff: write task “Sort” (9f3a)",
        ),
        (
            commit_message.written(replace(BRIEF, author="snapshot", title="Sort")),
            "handoff: snapshot “Sort” (9f3a)",
        ),
        (commit_message.finished([Named(ID, "Sort")]), "handoff: finish “Sort” (9f3a)"),
        (
            commit_message.finished([Named(ID, "Sort"), Named(OTHER, "x")]),
            "handoff: finish “Sort” (9f3a) and 1 more",
        ),
        (commit_message.finished([Named(ID)]), f"handoff: finish {ID}"),
        (commit_message.dropped([Named(ID, "Sort")]), "handoff: drop “Sort” (9f3a)"),
        (commit_message.added(Named(ID), note="By hand."), f"handoff: add {ID}"),
        (
            commit_message.cost_recorded(Named(ID, "Sort")),
            "handoff: record cost of “Sort” (9f3a)",
        ),
        (commit_message.pruned(["a"]), "handoff: prune 1 finished brief"),
        (commit_message.pruned(["a", "b"]), "handoff: prune 2 finished briefs"),
    ],
)
def test_subjects(message: str, subject: str) -> None:
    """A verb as git's own commands have, the title, and the end of the ID, which commands take."""
    assert message.split("\n")[:2] == [subject, ""]


@pytest.mark.parametrize("title", [LONG, "x" * 200, "Überprüfung " * 20, "読む" * 60, "a/" * 100])
@pytest.mark.parametrize("replaced", [[], [PARENT], [PARENT] * 12])
def test_a_subject_has_72_characters_at_most(title: str, replaced: list[str]) -> None:
    """Whatever the title is, the ends of both IDs are there; a title is cut behind a word."""
    subject = commit_message.written(replace(BRIEF, title=title), replaced).partition("\n")[0]
    assert len(subject) <= commit_message.MAX_SUBJECT_CHARS
    assert "(9f3a)" in subject
    assert not replaced or "finish 2c41" in subject


def test_a_title_is_cut_behind_a_word() -> None:
    """And a sign for it stands there."""
    subject = commit_message.finished([Named(ID, LONG)]).partition("\n")[0]
    assert subject == "handoff: finish “Rewrite the whole of the token refresh so that…” (9f3a)"


def test_a_long_id_is_cut_in_the_middle() -> None:
    """It may be anybody's: up to 120 characters."""
    long_id = f"20261122-073812-{'gift-' * 18}beef"
    subject = commit_message.finished([Named(long_id)]).partition("\n")[0]
    assert len(subject) <= commit_message.MAX_SUBJECT_CHARS
    assert subject.startswith("handoff: finish 20261122-073812-gift")
    assert subject.endswith("…beef")


def test_the_body() -> None:
    """File, author, parent, what is finished, and how to undo it; a note comes first."""
    brief = replace(BRIEF, parent=PARENT)
    assert commit_message.written(brief, [PARENT], note="Why.").split("\n")[1:] == [
        "",
        "Why.",
        "",
        f"Brief: .handoff/open/{ID}.md",
        "Written by: the session's model, at 204,000 tokens of context",
        f"Parent: {PARENT}",
        f"Finished: .handoff/done/{PARENT}.md",
        "Undo: git revert <this commit>",
        "",
    ]


def test_a_long_list_ends_with_a_count() -> None:
    """Hundreds of pruned briefs make no message of hundreds of lines."""
    body = commit_message.pruned([f"p{number}" for number in range(300)]).splitlines()
    assert len(body) < 30
    assert "and 280 more" in body
