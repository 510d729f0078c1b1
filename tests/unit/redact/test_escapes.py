"""Secrets behind escapes are read as they were meant, and marked where they stand."""

from __future__ import annotations

import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handoff.redact import escapes
from handoff.redact.redact import redact
from support.secret_data import make_password


@pytest.mark.parametrize("times", [1, 2, 3, 4])
@pytest.mark.parametrize("name", ["password", "clientSecret", "api_key"])
def test_a_secret_in_a_string_of_a_string_goes(times: int, name: str) -> None:
    """However often the object was made a string; what came out is one still."""
    secrets = [make_password(random.Random(seed)) for seed in range(12)]
    text = json.dumps({"items": [{"user": "app", name: secret, "n": 1} for secret in secrets]})
    for _ in range(times):
        text = json.dumps(text)

    redacted = redact(text)

    assert not [secret for secret in secrets if secret in redacted]
    for _ in range(times + 1):
        redacted = json.loads(redacted)
    assert [item["n"] for item in redacted["items"]] == [1] * 12  # type: ignore[comparison-overlap, index]


@pytest.mark.parametrize(
    "frame",
    [
        '{{"env": "DB_HOST=a\\nDB_PASSWORD={}\\nDB_PORT=1"}}',
        "{{\\u0022password\\u0022:\\u0022{}\\u0022}}",
        "{{&quot;password&quot;: &quot;{}&quot;}}",
        "%7B%22password%22%3A%22{}%22%7D",
    ],
)
def test_every_kind_of_escape_is_read(frame: str) -> None:
    """Of JSON, of XML, of an address."""
    secret = "Harbor-Meadow_2387"

    redacted = redact(frame.format(secret))

    assert "Meadow" not in redacted
    assert redacted.startswith(frame.partition("{}")[0].replace("{{", "{"))


@pytest.mark.parametrize(
    "text",
    [
        'print("\\npassword: \\"" + name + "\\"\\n")',
        'pattern = re.compile(r"token\\s*=\\s*[\\"\']([^\\"\']+)")',
        "C:\\new\\tokens\\readme_key.txt",
        '{"a": "the key\\nand the token\\tstay"}',
        "a &amp;&amp; b; if (key &lt; 3) { auth(); }",
    ],
)
def test_other_escapes_stay(text: str) -> None:
    """Code that prints or matches, paths, prose."""
    assert redact(text) == text


@given(st.lists(st.sampled_from(['\\"', "\\\\n", "&quot;", "\\u0022", "key", "x", " ", "\n", "é"])))
def test_places_lead_back(parts: list[str]) -> None:
    """A place in the plain text is the same characters' place, escapes included, in the text."""
    text = "".join(parts)
    plain = escapes.unescape(text)
    if plain is None:
        return
    for at, character in enumerate(plain.text):
        start, end = plain.place(at, at + 1)
        shown = text[start:end]

        assert shown == character or character in '"\n'
        assert 0 <= start <= end <= len(text)
