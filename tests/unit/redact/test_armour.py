"""Lines of a key whose begin and end are cut off, and lines of base64 that are none."""

from __future__ import annotations

import random

import pytest

from handoff.redact.redact import redact
from support.secret_table import make_secret


def _lines(count: int, width: int) -> list[str]:
    chance = random.Random(width)
    return [make_secret(f"{{B{width}}}", chance) for _ in range(count)]


@pytest.mark.parametrize("width", [64, 70, 76])
@pytest.mark.parametrize("margin", ["", "+", "> ", "    ", "| "])
def test_full_lines_of_a_key_go(width: int, margin: str) -> None:
    """Each becomes a mark behind its margin."""
    rows = _lines(4, width)

    redacted = redact("\n".join(margin + row for row in rows))

    assert redacted.split("\n") == [f"{margin}[redacted: private key]"] * 4


@pytest.mark.parametrize(
    "above",
    ["-----BEGIN CERTIFICATE-----", "-----BEGIN PUBLIC KEY-----", "-----BEGIN PGP SIGNATURE-----",
     "Content-Transfer-Encoding: base64\n", "icon.png:", "ssh-rsa AAAAB3NzaC1yc2E"],
)  # fmt: skip
def test_what_is_public_stays(above: str) -> None:
    """Certificates, public keys, signatures, attachments, pictures."""
    text = "\n".join([above, *_lines(5, 64)])

    assert redact(text) == text


def test_the_first_bytes_of_a_file_or_the_end_below_say_so_too() -> None:
    """A picture without any name; a certificate whose begin is cut off."""
    rows = _lines(4, 64)
    picture = "\n".join(["iVBORw0KGgo" + rows[0][11:], *rows[1:]])
    certificate = "\n".join([*rows, rows[0][:20], "-----END CERTIFICATE-----"])

    assert redact(picture) == picture
    assert redact(certificate) == certificate


def test_digests_below_each_other_stay() -> None:
    """Hexadecimal of 64 digits has no capitals."""
    chance = random.Random(1)
    text = "\n".join(make_secret("{h64}", chance) for _ in range(6))

    assert redact(text) == text


@pytest.mark.parametrize("kind", ["PGP MESSAGE", "PGP PRIVATE KEY BLOCK", "OPENSSH PRIVATE KEY"])
@pytest.mark.parametrize("cut", [slice(None), slice(None, -1), slice(1, None)])
def test_armour_goes_whole_and_cut(kind: str, cut: slice) -> None:
    """With both ends, without its end, without its begin."""
    rows = _lines(6, 64)
    text = [f"-----BEGIN {kind}-----", *rows, f"-----END {kind}-----"][cut]

    redacted = redact("\n".join(text))

    assert not [row for row in rows if row[8:24] in redacted]
    assert redacted.count("\n") == len(text) - 1
