"""Short sessions of the real client, and the briefs that come of them, as reviewed by people."""

from __future__ import annotations

import pytest

from support.golden_briefs import HERE, make_brief
from support.golden_sessions import SESSIONS, Session


@pytest.mark.parametrize("session", SESSIONS, ids=lambda session: session.name)
def test_the_brief_is_the_reviewed_one(session: Session) -> None:
    """Brief and injection are as they were; `python tests/golden/make.py` makes them anew."""
    brief, injected = make_brief(session)

    assert brief == (HERE / session.name / "brief.md").read_text()
    assert injected == (HERE / session.name / "injected.md").read_text().removesuffix("\n")


@pytest.mark.parametrize("session", SESSIONS, ids=lambda session: session.name)
def test_who_reads_it_cold_knows_what_to_do(session: Session) -> None:
    """What is to be done, what the user ruled out and what comes first stand in the first 1,500
    characters of an injection, in that order; every request of the person is in it somewhere.
    """
    _, injected = make_brief(session)
    head = injected[:1500]

    assert head.index("## Task") < head.index("## Next step")
    if session.name == "goal":
        assert "translate the receipt" not in injected
    else:
        for prompt, _ in session.turns:
            assert prompt in injected


def test_a_false_claim_is_shown_as_one() -> None:
    """The finding stands right behind the state."""
    brief, injected = make_brief(next(s for s in SESSIONS if s.name == "contradiction"))

    for text in (brief, injected):
        state = text.partition("## State")[2]
        assert state.index("## Findings") < state.index("## Decisions")
        assert "the last run of `python3 -m unittest -q` failed: 1 failed, 1 passed" in text
