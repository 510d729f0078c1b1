"""What a model is told about a spec's files is what code takes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from handoff.prompts import texts
from handoff.specs import features, lint, run, spec_file, spec_folder

if TYPE_CHECKING:
    from pathlib import Path

SPEC_ID = "20261201-093000-notes-0da9"
TEXT = texts.render_prompt(
    "spec_format", id=SPEC_ID, folder=spec_folder.relative_path(SPEC_ID), target=lint.TARGET
)


def example(language: str) -> bytes:
    """The only block of this language in the text."""
    (block,) = re.findall(rf"^```{language}\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
    return str(block).encode()


def test_the_example_is_sound(tmp_path: Path) -> None:
    """Its two files have no problem, as they stand."""
    spec, problems = spec_folder.inspect_bytes(
        str(tmp_path), SPEC_ID, example("markdown"), example("json")
    )
    assert problems == [] and spec is not None
    first, second = spec.features
    assert second.after == (first.id,)
    assert run.command_of(first, spec) == "python3 -m unittest -q tests/test_add.py"
    assert [f"## {name}" in spec.text for name in spec_file.SECTIONS] == [True] * 5
    assert "passes" not in example("json").decode()


def test_everything_is_explained() -> None:
    """Each key that the files can have, the runner's `{target}`, and where the files are."""
    keys = {*spec_file.KEYS, *features.KEYS}
    assert {key for key in keys if f"`{key}`" not in TEXT} == set()
    assert lint.TARGET in TEXT and spec_folder.relative_path(SPEC_ID) in TEXT


def test_it_can_be_overridden() -> None:
    """A text of the user's own may be as long as ours."""
    assert len(TEXT.encode()) <= texts.MAX_BYTES
