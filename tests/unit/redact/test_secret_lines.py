"""Secrets in command lines, files, addresses and sentences: how many go, category by category."""

from __future__ import annotations

import random

import pytest

from handoff.redact.redact import redact
from support.ordinary_commands import COMMANDS, SENTENCES, SETTINGS
from support.secret_lines import CATEGORIES

PIECE = 8  # characters of a secret in a row that must not be left
MOST_LEFT = {"command lines": 0.05, "calls and settings": 0.03, "files": 0.03, "addresses": 0.02}
MOST_LEFT_IN_PROSE = 0.09  # mostly a word and figures where the sentence could mean something else


@pytest.mark.parametrize("category", CATEGORIES)
def test_few_secrets_of_a_category_pass(category: str) -> None:
    """At most a tenth of command lines and files may, and 30 % of prose: the bounds are tighter."""
    chance = random.Random(20261130)
    made = [make(chance) for make in CATEGORIES[category]]

    left = [text for text, secret in made if is_left(secret, redact(text))]

    most = MOST_LEFT.get(category, MOST_LEFT_IN_PROSE)
    assert len(left) <= most * len(made), left[:20]


@pytest.mark.parametrize("category", CATEGORIES)
def test_a_redacted_text_stays_as_it_is(category: str) -> None:
    """What was redacted once is not redacted further."""
    chance = random.Random(7)
    once = [redact(make(chance)[0]) for make in CATEGORIES[category]]

    again = [redact(text) for text in once]

    assert again == once


@pytest.mark.parametrize("line", [*COMMANDS, *SETTINGS, *SENTENCES])
def test_a_line_without_a_secret_stays(line: str) -> None:
    """Flags that mean something else, references, words and code where a secret could stand."""
    assert redact(line) == line


def test_lines_without_secrets_stay_together() -> None:
    """None becomes a secret by the lines around it."""
    text = "\n".join([*COMMANDS, *SETTINGS, *SENTENCES])

    assert redact(text) == text


def is_left(secret: str, redacted: str) -> bool:
    pieces = {secret[at : at + PIECE] for at in range(max(1, len(secret) - PIECE + 1))}
    return any(piece in redacted for piece in pieces)
