"""Redaction as the user configured it: every flow that writes or shows text takes it from here."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from handoff.brief import redact

if TYPE_CHECKING:
    from collections.abc import Callable

    from handoff.config import Config


def cleaner(config: Config) -> Callable[[str], str]:
    """A function that takes secrets out of a text, by our patterns and the user's own."""
    return partial(redact.redact, own=config.redact_patterns)
