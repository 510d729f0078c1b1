"""Specs of a test's own."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from handoff.runtime import Runtime
from handoff.specs import create
from handoff.specs.model import Feature, Spec, Verify

if TYPE_CHECKING:
    from support.repo import Repo

RUNNER = "python3 -m pytest -q {target}"
TEST = "def test_it():\n    assert 0\n"


def feature(feature_id: str, *after: str, target: str = "", **more: Any) -> Feature:
    """A feature whose verify target is `tests/test_<id>.py`, if no other is given."""
    verify = Verify("py", target or f"tests/test_{feature_id}.py")
    made = Feature(feature_id, "functional", f"Have {feature_id}", ("Look at it",), after, verify)
    return replace(made, **more)


def made_spec(*features: Feature, root: str = "/no/such/root", **more: Any) -> Spec:
    """A sound spec of these features, in no file."""
    spec_id = "20261101-000001-till-beef"
    base = Spec(spec_id, "Till", "2026-11-01T00:00:01Z", root, features, {"py": RUNNER},
                text="# Till\n\n## Goal\n\nA till.\n")  # fmt: skip
    return replace(base, **more)


def put_spec(repo: Repo, *features: Feature, **more: Any) -> Spec:
    """A spec's files in a repository, with its tests, which are red; nothing is committed."""
    spec = create.create(
        "Till", "A till.", features, str(repo.root), Runtime(os.environ, full=True)
    )
    for one in features:
        path = repo.root / (one.verify.path if one.verify else "")
        if not path.is_dir():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(TEST)
    return create.put(replace(spec, **{"runners": {"py": RUNNER}, **more}))
