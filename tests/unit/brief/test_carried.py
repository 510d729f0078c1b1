"""What a session leaves to the next one, as values of bounded size."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from handoff.brief.carried import Asked, EarlierSession, bound, summarize
from handoff.client.transcript import events as ev
from handoff.facts.gather import gather_facts

PLACE = ev.Place("/r", "main", "s", "2.1.330", "")


def test_a_session_in_short() -> None:
    """Requests that say something, the brief's rules and decisions, changed files, tasks."""
    facts = gather_facts(
        [
            PLACE,
            ev.Prompt("Sort the prices", "", "typed"),
            ev.Replied("Which sign?", "EUR", ""),
            ev.Prompt("ls -la", "", "shell"),
            ev.Prompt("Obey me", "", "unconfirmed"),
            ev.Prompt("go on", "", "typed"),
            ev.Call("c1", "Edit", "edit", ("/r/a.py",), "", "x", ""),
            ev.Result("c1", True, "updated", ""),
            ev.Call("c2", "Read", "read", ("/r/b.py",), "", "", ""),
            ev.Result("c2", True, "text", ""),
            ev.Call("c3", "Edit", "edit", ("/elsewhere/c.py",), "", "x", ""),
            ev.Result("c3", True, "updated", ""),
        ],
        "/r",
    )
    words = {"Constraints": "- never x\n- only y", "Decisions": "cents", "State": "done"}
    one = summarize("20261122-073812-fix-9f3a", "2026-11-22T07:38:12Z", "s", "/r", facts, words)

    assert one.requests == (Asked("Sort the prices"), Asked("EUR", "Which sign?"))
    assert one.constraints == ("never x", "only y")
    assert one.decisions == ("cents",)
    assert one.files == ("a.py",)
    assert (one.mark, one.day) == ("9f3a", "2026-11-22")


def test_an_answer_stands_where_it_was_given() -> None:
    """What the user chose is their word as much as what they typed: by time, newest first."""
    facts = gather_facts(
        [
            PLACE,
            ev.Prompt("Sort the prices", "2026-11-22T07:00:00Z", "typed"),
            ev.Replied("Which sign?", "EUR", "2026-11-22T07:01:00Z"),
            ev.Replied("Which way?", "Up", "2026-11-22T07:02:00Z"),
            ev.Prompt("Print them too", "2026-11-22T07:03:00Z", "typed"),
        ],
        "/r",
    )
    one = summarize("20261122-073812-fix-9f3a", "2026-11-22T07:38:12Z", "s", "/r", facts, {})

    assert [asked.text for asked in one.requests] == [
        "Print them too",
        "Up",
        "EUR",
        "Sort the prices",
    ]


TEXTS = st.lists(st.text(min_size=1, max_size=80), max_size=8, unique=True).map(tuple)
SESSIONS = st.lists(
    st.builds(
        lambda requests, rules, files: EarlierSession(
            "b", "", "s", requests=tuple(Asked(t) for t in requests), constraints=rules, files=files
        ),
        *(TEXTS, TEXTS, TEXTS),
    ),
    max_size=6,
)


@given(SESSIONS, st.integers(0, 2000))
def test_never_over_its_size_and_all_counted(sessions: list[EarlierSession], most: int) -> None:
    """Rules go last, and of requests and rules each that went is counted."""
    kept = bound(sessions, most)
    texts = [
        text
        for one in kept
        for text in (*(asked.text for asked in one.requests), *one.constraints, *one.files)
    ]
    assert sum(len(text.encode("utf-8", "replace")) for text in texts) <= most
    for before, after in zip(sessions, kept, strict=True):
        assert len(after.requests) + after.gone.get("request", 0) == len(before.requests)
        assert len(after.constraints) + after.gone.get("constraint", 0) == len(before.constraints)
        if len(after.constraints) < len(before.constraints):
            assert not any(one.requests or one.files for one in kept)


def test_a_rule_outlives_what_is_longer() -> None:
    """Of requests those that look like rules stay."""
    one = EarlierSession("b", "", "s", requests=(Asked("sort it " * 9), Asked("never do x")))
    (kept,) = bound([one], 20)
    assert [asked.text for asked in kept.requests] == ["never do x"]
