"""The demo of a build passes only if code, and not the model, said what works."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from handoff.build.journal import Journal
from handoff.demo import build_app, build_evidence, build_script
from handoff.specs.model import Acceptance, AcceptedFeature, FeatureState
from support import builds

if TYPE_CHECKING:
    from collections.abc import Mapping

RED = "not verified (FAILED: exit code 1, 0.5 s)"
GREEN = "verified (passed, 0.5 s)"
SAID = ["1 of 3 features work.", "All features pass: 3 of 3 features work.",
        "2 of 3 features work.", "3 of 3 features work.", "3 of 3 features work."]  # fmt: skip
SESSIONS = tuple(
    builds.session(
        number, feature, verdict="done", words=SAID[number], changed=act != build_script.CLAIMS,
        proof=GREEN if act == build_script.HONEST else RED,
    )
    for number, (feature, act) in enumerate(build_script.ACTS)
)  # fmt: skip
JOURNAL = Journal(
    spec=build_app.SPEC, title="Expenses", root="/w", directory="/w", branch="b",
    features={one.id: FeatureState("verified") for one in build_app.FEATURES}, sessions=SESSIONS,
)  # fmt: skip
PUT_BACK = "    tests/test_search.py was changed by the session; the accepted version is back."


def with_session(index: int, **changes: object) -> Journal:
    """The journal with one session that went another way."""
    sessions = [*SESSIONS]
    sessions[index] = replace(sessions[index], **changes)  # type: ignore[arg-type]
    return replace(JOURNAL, sessions=tuple(sessions))


def judge(journal: Journal, *lines: str) -> list[bool]:
    """Whether each session is what the demo promises."""
    numbers = range(len(journal.sessions))
    return [build_evidence.of_session(journal, number, lines).ok for number in numbers]


def test_a_sound_build() -> None:
    """With every session as promised each step is there, and both counts are shown."""
    assert judge(JOURNAL, PUT_BACK) == [True] * 5
    counts = build_evidence.of_counts(JOURNAL)
    assert counts.ok
    assert "1, 3, 2, 3, 3 of 3; by code: 1, 1, 2, 2, 3" in counts.evidence


@pytest.mark.parametrize(
    ("index", "changes"),
    [
        (0, {"proof": RED}),
        (1, {"proof": GREEN}),
        (1, {"proof": ""}),
        (1, {"changed": True}),
        (1, {"words": ""}),
        (2, {"feature": "search"}),
        (3, {"proof": GREEN}),
    ],
)
def test_a_broken_loop(index: int, changes: Mapping[str, object]) -> None:
    """A build that believes a session, or does not verify an honest one, fails at that session."""
    judged = judge(with_session(index, **changes), PUT_BACK)

    assert judged == [number != index for number in range(5)]


def test_tampering_that_nobody_named() -> None:
    """A build that says nothing of the replaced test fails at that session."""
    assert judge(JOURNAL, "    tests/test_add.py was changed by the session") == [
        True, True, True, False, True,
    ]  # fmt: skip


def test_a_session_too_many() -> None:
    """A session after the last one fails."""
    more = replace(JOURNAL, sessions=(*SESSIONS, SESSIONS[-1]))

    assert judge(more, PUT_BACK) == [True] * 5 + [False]


def test_counts_that_are_the_models() -> None:
    """A feature that the last session did not get verified is missing in the count."""
    states = {**JOURNAL.features, "search": FeatureState("open")}

    assert not build_evidence.of_counts(replace(JOURNAL, features=states)).ok


@pytest.mark.parametrize("red", [False, None])
def test_a_test_that_proves_nothing(red: bool | None) -> None:
    """Every test must have failed at consent."""
    found = {one.id: AcceptedFeature(tested=True, red=True) for one in build_app.FEATURES}
    accepted = Acceptance(build_app.SPEC, "/r", 1.0, "c", "", "", features=found)
    other = replace(accepted, features={**found, "total": AcceptedFeature(tested=True, red=red)})

    assert build_evidence.of_consent(accepted).ok
    assert not build_evidence.of_consent(other).ok
    assert not build_evidence.of_consent(None).ok


@pytest.mark.parametrize("found", [[], ["1a Add", "2b Add again"]])
def test_commits(found: list[str]) -> None:
    """Each feature has one commit, no more and no fewer."""
    commits = {one.id: ["1a Add it"] for one in build_app.FEATURES}

    assert build_evidence.of_commits(commits).ok
    assert not build_evidence.of_commits({**commits, "add": found}).ok
