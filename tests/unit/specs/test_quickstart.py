"""The quickstart's files: what is imported can be exported as it was, but for `passes`."""

from __future__ import annotations

import json
from typing import Any

import pytest

from handoff.base.errors import HandoffError
from handoff.specs import features, quickstart
from handoff.specs.model import VERIFIED, FeatureState
from support.made_specs import feature, made_spec


def quickstart_list(count: int, *, extra: bool) -> list[dict[str, Any]]:
    """A list as the quickstart's first session writes it; descriptions repeat, as they do."""
    return [
        {
            "category": ("functional", "style")[number % 3 == 0],
            "description": f"User can open dialog {number % 150}: “größe” 数据",
            "steps": [f"Step {step}: click {number}" for step in range(1 + number % 12)],
            "passes": number % 2 == 0,
            **({"priority": number, "notes": {"by": ["a", None]}} if extra else {}),
            **({"id": f"F-{number}"} if extra and number % 5 == 0 else {}),
        }
        for number in range(count)
    ]


def without_passes(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{key: value for key, value in one.items() if key != "passes"} for one in entries]


@pytest.mark.parametrize("extra", [False, True])
def test_200_entries_there_and_back(extra: bool) -> None:
    """Equal but for `passes`, which is code's own: true for what is verified and nothing else."""
    entries = quickstart_list(200, extra=extra)
    listed = quickstart.import_features(json.dumps(entries).encode())
    spec = made_spec(*listed)
    done = {listed[7].id: FeatureState(VERIFIED), listed[8].id: FeatureState("claimed")}
    exported = json.loads(quickstart.export_files(spec, done, "")["feature_list.json"])

    assert without_passes(exported) == without_passes(entries)
    assert [number for number, one in enumerate(exported) if one["passes"]] == [7]
    assert len({one.id for one in listed}) == 200
    assert features.parse(features.render(listed)) == listed
    assert b"passes" not in features.render(listed)


def test_own_fields_come_back_too() -> None:
    """Order and verify of a spec survive, in keys that the quickstart passes over."""
    spec = made_spec(feature("a"), feature("b", "a"))
    exported = quickstart.export_files(spec, {}, "")["feature_list.json"]

    assert quickstart.import_features(exported) == spec.features


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"{}", "feature_list.json: it is not a JSON list of features."),
        (b'[{"description": 1, "steps": []}]', "feature_list.json, entry 1: its `description` is"),
        (b'[{"id": 3}]', "feature_list.json, entry 1: `3` cannot be its id"),
        (b'[{"passes": 1, "passes": 2}]', "entry 1: the key `passes` is there twice."),
        (b"[4]", "feature_list.json, entry 1: it is not an object."),
    ],
)
def test_what_is_no_list(content: bytes, words: str) -> None:
    """It is refused as features.json is, by its own name."""
    with pytest.raises(HandoffError) as error:
        quickstart.import_features(content)
    assert words in error.value.what


def test_the_other_files() -> None:
    """The progress as it is, and a script that starts the application."""
    spec = made_spec(
        feature("a"), start="npm ci\nnpm start", ready="http://localhost:1/", title="A\nb"
    )
    files = quickstart.export_files(spec, {}, "# Progress\n")

    assert files["claude-progress.txt"] == b"# Progress\n"
    lines = files["init.sh"].decode().splitlines()
    assert lines[0] == "#!/bin/sh"
    assert lines[-2:] == ["npm ci", "npm start"]
    assert all(line.startswith("#") for line in lines[1:2])
    assert b"exit 1" in quickstart.export_files(made_spec(), {}, "")["init.sh"]
