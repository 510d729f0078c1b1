"""A spec and the journal of its build, for the screens that show them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from handoff.build.journal import Journal
from handoff.loops.session import Session
from handoff.specs.model import Feature, FeatureState, Spec, Verify

SPEC = "20261122-090000-notes-on-the-command-line-4dbe"


def feature(name: str, description: str, *after: str, tested: bool = True) -> Feature:
    """A feature with a verify target of its own, or without one."""
    verify = Verify("py", f"tests/test_{name}.py") if tested else None
    return Feature(name, "functional", description, ("Do it", "See it"), after, verify)


def session(number: int, name: str, **more: Any) -> Session:
    """The session of that number, for a feature."""
    whole = f"{number:08x}-8a43-4f0e-9c53-6f1d0f3a7b11"
    return replace(Session(whole, SPEC, SPEC, "/w", 1.0, feature=name, attempt=1), **more)


NOTES = Spec(
    id=SPEC,
    title="Notes on the command line",
    created="2026-11-22T09:00:00Z",
    root="/work/notes",
    features=(
        feature("add", "A note can be added"),
        feature("list", "All notes are listed, the newest first"),
        feature("search", "Notes are found by a word, in any case, with umlauts and 漢字"),
        feature("done", "A note can be marked as done", tested=False),
        feature("export", "All notes are exported as CSV with every field of theirs"),
        feature("import", "Notes are imported from CSV", "export"),
        feature("merge", "An import that holds known notes adds only what is new", "import"),
    ),
    runners={"py": "python3 -m unittest -q {target}"},
    smoke="python3 -m notes --help",
    frozen=("tests/helpers.py", "pytest.ini"),
)

# Three verified, claimed or blocked features behind it, and the third in its second attempt.
STARTED = Journal(
    spec=SPEC,
    title=NOTES.title,
    root="/work/notes",
    directory=f"/work/notes.handoff/{SPEC}",
    branch=f"handoff/{SPEC}",
    base="1a2b3c4d5e6f7a8b",
    current="search",
    budget_usd=20.0,
    features={
        "add": FeatureState("verified"),
        "list": FeatureState("verified"),
        "search": FeatureState("open", attempts=1, reason="its verify command FAILED: exit code 1"),
        "done": FeatureState("claimed", reason="nothing verifies it"),
        "export": FeatureState(
            "blocked", attempts=3, reason="its verify command FAILED: exit code 1"
        ),
        "import": FeatureState(),
        "merge": FeatureState(),
    },
    sessions=(
        session(1, "add", verdict="changed", seconds=245.0, cost_usd=0.8123, turns=12,
                proof="verified (passed in 0.3 s)"),
        session(2, "list", verdict="continued", seconds=3_700.0, cost_usd=12.5, turns=140,
                left="20261122-101500-list-a7f3", proof="not verified (exit code 1 in 0.3 s)"),
        session(3, "list", verdict="changed", seconds=61.0, cost_usd=0.0412, turns=3,
                proof="verified (passed in 0.3 s)"),
        session(4, "search", verdict="lost", seconds=12.0, cost_usd=0.02, counted=True,
                problem="exit code 1: the key was refused by the provider"),
        session(5, "search", attempt=2),
    ),
)  # fmt: skip
