"""Which version of the client is newer than what was tested."""

from __future__ import annotations

import pytest

from handoff.client import versions


@pytest.mark.parametrize(
    ("version", "is_newer"),
    [
        (versions.NEWEST_TESTED, False),
        (versions.FETCHED, False),
        ("2.1.999", True),
        ("2.2.0", True),
        ("10.0.0-beta.1", True),
        ("2.1", False),
        ("", False),
        ("a.b.c", False),
        ("9.9.\u0663", False),
        ("2.1." + "9" * 5_000, False),
    ],
)
def test_a_client_newer_than_tested(version: str, is_newer: bool) -> None:
    """What is no version is not called newer."""
    assert versions.is_newer_than_tested(version) == is_newer
