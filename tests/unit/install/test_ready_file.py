"""What says that an environment is whole, and up to which version it served."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from handoff.install import ready_file

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("before", "version", "after"),
    [
        ("", "0.1.0", "0.1.0"),
        ("", "0.2.0rc1", "0.2.0rc1"),
        ("0.1.0", "0.2.0", "0.2.0"),
        ("0.10.0", "0.9.0", "0.10.0"),
        ("0.1.0", "0.2.0rc1", "0.1.0"),
        ("0.2.0rc1", "0.2.0", "0.2.0"),
    ],
)
def test_the_newest_version_stays_noted(
    tmp_path: Path, before: str, version: str, after: str
) -> None:
    """An environment is whole once any version was noted, also one that cannot be compared."""
    if before:
        ready_file.raise_version(str(tmp_path), before)
    ready_file.raise_version(str(tmp_path), version)
    assert ready_file.read_version(str(tmp_path)) == after
