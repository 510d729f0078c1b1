"""What a string can be that data gives to a secret's name."""

from __future__ import annotations

import pytest

from handoff.redact import literals


@pytest.mark.parametrize("value", ["copper96635", "Ridge_Otter_2715", "wvzIpfA+WFux3", "aB3#xy"])
def test_passwords_are_secrets(value: str) -> None:
    """Words with figures too, which would be a name in code."""
    assert literals.is_secret(value, ("db", "password"))


@pytest.mark.parametrize(
    "value",
    ["changeme", "password123", "${DB_PASSWORD}", "{{ secret1 }}", "$PASSWORD", "/run/secrets/db1",
     "https://vault.example/v1", "two words1", "short", "do-not-use-in-production-1",
     "claude-sonnet-4-5-20250929"],
)  # fmt: skip
def test_what_stands_for_one_is_none(value: str) -> None:
    """Placeholders, references, places, prose, names of models."""
    assert not literals.is_secret(value, ("db", "password"))
    assert not literals.is_secret(value, ("api", "token"))


@pytest.mark.parametrize(
    ("value", "expected"),
    [("token_4711", True), ("report-2024", False), ("sha_256", False), ("item-12345", False),
     ("job-20250101", False), ("meadow99", False)],
)  # fmt: skip
def test_a_year_a_size_and_counting_up_number_nothing(value: str, expected: bool) -> None:
    """Only other figures, three at least, make a word a password."""
    assert literals.is_numbered(value) is expected
