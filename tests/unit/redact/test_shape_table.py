"""The tables: secrets of 140 providers as they stand in real texts go, ordinary lines stay."""

from __future__ import annotations

import random

import pytest

from handoff.redact.redact import redact
from support.ordinary_lines import lines
from support.secret_table import PROVIDERS, make_secret, settings

MARKS = "[redacted: "
WORKS = pytest.mark.parametrize(
    ("provider", "noun", "template", "alone"),
    PROVIDERS,
    ids=[f"{provider} {noun}" for provider, noun, _, _ in PROVIDERS],
)


@WORKS
def test_a_providers_secret_goes(provider: str, noun: str, template: str, alone: bool) -> None:
    """In sentences, assignments, data, commands and addresses nothing of it is left."""
    secret = make_secret(template, random.Random(f"{provider} {noun}"))

    for texts in settings(provider, noun, secret, alone=alone).values():
        for text in texts:
            redacted = redact(text)
            assert MARKS in redacted, text
            assert not _left(secret, redacted, text), redacted


@WORKS
def test_what_stands_around_a_secret_stays(
    provider: str, noun: str, template: str, alone: bool
) -> None:
    """The names, signs and quotes around it can still be read."""
    secret = make_secret(template, random.Random(f"{provider} {noun}"))

    redacted = redact(f'# first line\n{provider.split()[0].upper()}_TOKEN="{secret}" # last words')

    head, _, tail = redacted.partition(MARKS)
    assert head == f'# first line\n{provider.split()[0].upper()}_TOKEN="'
    assert tail.endswith('" # last words')


def test_there_are_enough_of_both() -> None:
    """At least 150 secrets and 300 ordinary lines, each once."""
    assert len({(provider, noun) for provider, noun, _, _ in PROVIDERS}) >= 150
    assert len(set(lines())) >= 300


@pytest.mark.parametrize("line", lines())
def test_an_ordinary_line_stays(line: str) -> None:
    """References, names, paths, hashes, ids, logs, lock files and prose are no secrets."""
    assert redact(line) == line


def test_ordinary_lines_stay_together() -> None:
    """None becomes a secret by the lines around it."""
    text = "\n".join(lines())

    assert redact(text) == text


def _left(secret: str, redacted: str, text: str) -> bool:
    """Whether eight characters of the secret in a row are left that are nowhere else."""
    if secret.startswith("https://"):
        return secret in redacted
    elsewhere = text.replace(secret, " ") + "[redacted: rubygems key]"
    pieces = {secret[at : at + 8] for at in range(len(secret) - 7)}
    return any(piece in redacted and piece not in elsewhere for piece in pieces)
