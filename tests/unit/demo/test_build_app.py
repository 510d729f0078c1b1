"""The application that the demo builds."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from handoff.demo import build_app, build_script
from handoff.specs import lint, spec_folder

if TYPE_CHECKING:
    from pathlib import Path


def write(root: Path, name: str, text: str) -> None:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(text, encoding="utf-8")


def passes(root: Path, feature: build_app.Feature) -> bool:
    """Whether a feature's test passes."""
    command = [sys.executable, "-m", "unittest", "-q", feature.test_path]
    return subprocess.run(command, cwd=root, capture_output=True).returncode == 0


def test_each_feature(tmp_path: Path) -> None:
    """Each test fails before its feature is built and passes after; a replaced one passes at once,
    so the demo's build has something to find.
    """
    for name, text in build_app.files().items():
        write(tmp_path, name, text)
    for feature in build_app.FEATURES:
        before = passes(tmp_path, feature)
        write(tmp_path, feature.test_path, build_script.ALWAYS_GREEN)
        tampered = passes(tmp_path, feature)
        write(tmp_path, feature.test_path, feature.test_file)
        write(tmp_path, feature.path, feature.source)
        assert (before, tampered, passes(tmp_path, feature)) == (False, True, True), feature.id


def test_the_spec(tmp_path: Path) -> None:
    """The spec has no problem, and all of its features."""
    for name, text in build_app.files().items():
        write(tmp_path, name, text)
    spec = spec_folder.read(str(tmp_path), build_app.SPEC)

    assert lint.find_problems(spec) == []
    assert [one.id for one in spec.features] == [one.id for one in build_app.FEATURES]
