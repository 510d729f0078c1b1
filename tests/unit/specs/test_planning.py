"""The journal of a spec that is being written."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from handoff.base.errors import HandoffError
from handoff.specs import planning
from handoff.specs.new_spec import Wish
from handoff.specs.planning import PlannerSession, Planning
from support.made_specs import feature

if TYPE_CHECKING:
    from pathlib import Path

SPEC = "20261101-000001-till-beef"
WHOLE = Planning(
    SPEC, "/there", "c0ffee", Wish("A till.", (feature("a"), feature("b", "a", extra={"n": 1}))),
    {"model": "opus"}, 5.0, (PlannerSession("s1", "b1", 1.5, 3, 20.0),
                             PlannerSession("", "b2", problem="no API key")),
)  # fmt: skip


def test_it_is_read_as_it_was_written(tmp_path: Path) -> None:
    """With what is left of the budget; without one there is none."""
    planning.save(str(tmp_path), WHOLE)
    found = planning.load(str(tmp_path), SPEC)

    assert found == WHOLE
    assert found.left_usd == 3.5
    assert planning.list_specs(str(tmp_path)) == [SPEC]
    planning.forget(str(tmp_path), SPEC)
    planning.forget(str(tmp_path), SPEC)
    assert planning.load(str(tmp_path), SPEC) is None
    assert planning.list_specs(str(tmp_path)) == []


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("budget_usd", "much"),
        ("root", 7),
        ("base", ""),
        ("wish", {"text": 7}),
        ("wish", {"text": "A till.", "features": [7]}),
    ],
)
def test_a_damaged_one_is_named(tmp_path: Path, key: str, value: Any) -> None:
    """A budget that is lost would be none, and words that are lost not the user's."""
    planning.save(str(tmp_path), WHOLE)
    path = tmp_path / "plans" / f"{SPEC}.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), key: value}))

    with pytest.raises(HandoffError, match="damaged"):
        planning.load(str(tmp_path), SPEC)
