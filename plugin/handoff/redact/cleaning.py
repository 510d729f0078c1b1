"""Redaction as the user configured it: every flow that writes or shows text takes it from here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handoff.base import log
from handoff.redact.redact import Redactor

if TYPE_CHECKING:
    from handoff.config.model import Config


def cleaner(config: Config) -> Redactor:
    """What takes secrets out of a text, by our patterns and the user's own."""
    return Redactor(tuple(config.redact_patterns))


def note_bug(home: str, where: str) -> str:
    """Log the exception in flight without the secrets in its words; the log's path, or ""."""
    return log.note_bug(home, where, Redactor())


def note(home: str, where: str, message: str) -> None:
    """Log a message that may quote a text, without secrets."""
    log.note(home, where, Redactor()(message))
