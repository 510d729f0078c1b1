"""The steps of `handoff demo --build`: what had to happen in a build, judged by its journal."""

from __future__ import annotations

import re
from itertools import accumulate
from typing import TYPE_CHECKING

from handoff.base import plain_text
from handoff.demo import build_app, build_script
from handoff.demo.steps import Step
from handoff.specs import model as states

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from handoff.build.journal import Journal
    from handoff.demo.api import ScriptedApi
    from handoff.loops.session import Session
    from handoff.specs.model import Acceptance

_VERIFICATION = re.compile(r"    \w+: (?:not verified|verified|claimed|blocked) \(")
# The session, counted from 1, after the one that tampers.
TOLD = [act for _, act in build_script.ACTS].index(build_script.TAMPERS) + 2
_TOTAL = len(build_app.FEATURES)
_NAMES = {
    build_script.HONEST: "session {}: `{}` is built, and verified by code",
    build_script.CLAIMS: "session {}: it says that all pass; `{}` is not verified",
    build_script.TAMPERS: "session {}: it replaced its test; the accepted test of `{}` fails",
}


def is_verification(line: str) -> bool:
    """Whether a line of `handoff build` says what the verification after a session found."""
    return bool(_VERIFICATION.match(line))


def of_spec() -> Step:
    """The spec is there."""
    features = ", ".join(one.id for one in build_app.FEATURES)
    return Step(
        f"a spec of {_TOTAL} features, each with a test",
        True,
        f"{build_app.FOLDER}: {features}",
    )


def of_consent(accepted: Acceptance | None) -> Step:
    """Every test failed when the spec was accepted."""
    red = [name for name, one in accepted.features.items() if one.red] if accepted else []
    return Step(
        "the user accepted the spec; every test fails before the work",
        red == [one.id for one in build_app.FEATURES],
        f"failed, as they should: {', '.join(red) or 'none'}",
    )


def of_session(journal: Journal, index: int, lines: Sequence[str]) -> Step:
    """What one session did, counted from 0, and what code found. `lines` is all that the build has
    printed until then.
    """
    expected = index < len(build_script.ACTS) and index < len(journal.sessions)
    feature, act = build_script.ACTS[index] if expected else ("", build_script.HONEST)
    name = _NAMES[act].format(index + 1, feature)
    if not expected:
        return Step(f"session {index + 1} was not needed", False, "")
    session = journal.sessions[index]
    is_red = session.proof.startswith("not verified (FAILED")
    ok = session.feature == feature
    ok = ok and (_is_verified(session) if act == build_script.HONEST else is_red)
    evidence = [
        f"the model said: “{plain_text.one_line(session.words, 160)}”",
        f"code found: {session.proof}",
    ]
    if act == build_script.CLAIMS:
        ok = ok and build_script.count_in(session.words) == _TOTAL and not session.changed
    if act == build_script.TAMPERS:
        path = f"tests/test_{feature}.py"
        named = next((line.strip() for line in lines if path in line and "changed" in line), "")
        ok = ok and bool(named)
        evidence.insert(1, f"code found: {named}" if named else f"nothing was said of {path}")
    return Step(name, ok, "\n".join(evidence))


def of_next_brief(model: build_script.Model) -> Step:
    """The session after the one that tampered was told so."""
    path = f"tests/test_{build_script.ACTS[TOLD - 1][0]}.py"
    text = model.firsts[TOLD - 1].text if len(model.firsts) >= TOLD else ""
    found = re.search(rf"{re.escape(path)} was changed by the session[^\n]*", text)
    return Step(
        f"session {TOLD} was told what session {TOLD - 1} did",
        found is not None,
        f"in its first request: “{found[0]}”" if found else f"{path} is not named",
    )


def of_counts(journal: Journal) -> Step:
    """Code's count at the end, beside the model's own."""
    by_code = [*accumulate(int(_is_verified(one)) for one in journal.settled)]
    by_model = [build_script.count_in(one.words) for one in journal.settled]
    verified = journal.counts()[states.VERIFIED]
    return Step(
        f"{verified} of {_TOTAL} features verified by code",
        verified == _TOTAL and by_code[-1:] == [_TOTAL],
        f"after each session, by the model's own count: {_listed(by_model)} of {_TOTAL}; "
        f"by code: {_listed(by_code)}",
    )


def has_accepted_tests(worktree: Path) -> bool:
    """Whether the tests in the build's worktree are the accepted ones."""
    return all(
        (worktree / one.test_path).read_text(encoding="utf-8") == one.test_file
        for one in build_app.FEATURES
    )


def of_commits(commits: Mapping[str, Sequence[str]]) -> Step:
    """The commits that changed each feature's module."""
    return Step(
        "one commit a feature",
        [len(found) for found in commits.values()] == [1] * _TOTAL,
        "; ".join(", ".join(found) or f"none for {name}" for name, found in commits.items()),
    )


def of_requests(journal: Journal, api: ScriptedApi) -> Step:
    """Each session of the build asked the scripted model, and nobody else."""
    asked = [*dict.fromkeys(request.session_id for request in api.main_requests)]
    elsewhere = f"refused: {', '.join(api.refused)}" if api.refused else "none to another address"
    return Step(
        "everything ran on this machine",
        asked == [one.session for one in journal.sessions] and not api.refused,
        f"{len(api.requests)} requests of {len(asked)} sessions to the scripted model, "
        f"{api.url}, which is their proxy too; {elsewhere}",
    )


def _is_verified(session: Session) -> bool:
    return session.proof.startswith(f"{states.VERIFIED} (")


def _listed(counts: Collection[int]) -> str:
    return ", ".join(map(str, counts))
