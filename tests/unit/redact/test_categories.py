"""The categories of the benchmark, one text of each maker: recall does not fall."""

from __future__ import annotations

import random
import time

import pytest

from handoff.redact.redact import redact
from support.secret_data import CATEGORIES
from support.tool_output import OUTPUT

_SEEDS = 3
_RECALL = 0.95


@pytest.mark.parametrize("category", CATEGORIES)
def test_nearly_all_secrets_of_a_category_go(category: str) -> None:
    """No eight characters of one are left, in 95 of 100 texts at least."""
    texts = [
        make(random.Random(f"{number} {seed}"))
        for number, make in enumerate(CATEGORIES[category])
        for seed in range(_SEEDS)
    ]
    missed = [text for text, secret in texts if _is_left(secret, redact(text), text)]

    assert len(missed) <= len(texts) * (1 - _RECALL), missed


@pytest.mark.parametrize("category", CATEGORIES)
def test_redacting_twice_is_redacting_once(category: str) -> None:
    """What is left of a text is taken for nothing else, and its lines stay."""
    for number, make in enumerate(CATEGORIES[category]):
        text, _ = make(random.Random(number))
        redacted = redact(text)

        assert redact(redacted) == redacted
        assert redacted.count("\n") == text.count("\n")


# A signature's body is known by its first line alone.
@pytest.mark.parametrize("line", [line for line in OUTPUT.split("\n") if len(line) != 64])
def test_what_tools_print_stays(line: str) -> None:
    """Of kubectl, terraform, docker, npm and others, line by line."""
    assert redact(line) == line


def test_what_tools_print_stays_together() -> None:
    """No line becomes a secret by the lines around it."""
    assert redact(OUTPUT) == OUTPUT


@pytest.mark.parametrize(
    "piece",
    ["<a b='", "<password ", '<add key="password" ', "<name>a.password</name> ", "passwords = [",
     'secrets = {"', "secret_string = <<EOT\n", '\\"', "\\\\", "&quot;key", "%22key", "\\u0022",
     "kubectl get secret jsonpath ",
     "--from-literal=a=", "ab_", "claude-", "use for heroku ",
     '{"spotify": {"',
     "https://api.spotify.com/?", "-----BEGIN PGP MESSAGE-----", "a1B" * 21 + "c\n"],
)  # fmt: skip
def test_no_hostile_text_takes_long(piece: str) -> None:
    """The time grows with the length and not with its square; nothing is raised."""
    text = 'the key is \\"' + piece * (200_000 // len(piece))
    began = time.process_time()
    redact(text)

    assert time.process_time() - began < 6


def _is_left(secret: str, redacted: str, text: str) -> bool:
    elsewhere = text.replace(secret, " ")
    size = min(8, len(secret))
    pieces = {secret[at : at + size] for at in range(len(secret) - size + 1)}
    return any(piece in redacted and piece not in elsewhere for piece in pieces)
