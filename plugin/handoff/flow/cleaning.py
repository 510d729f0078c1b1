"""Redaction as the user configured it: every flow that writes or shows text takes it from here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handoff.brief.redact import Redactor

if TYPE_CHECKING:
    from handoff.config import Config


def cleaner(config: Config) -> Redactor:
    """What takes secrets out of a text, by our patterns and the user's own."""
    return Redactor(tuple(config.redact_patterns))
