"""Lines of a key whose begin and end are cut off, and lines of base64 that are none."""

from __future__ import annotations

import base64
import random

import pytest

from handoff.redact.redact import redact
from support.secret_table import make_secret


def _lines(count: int, width: int) -> list[str]:
    chance = random.Random(width)
    return [make_secret(f"{{B{width}}}", chance) for _ in range(count)]


def _wrapped(first: bytes, width: int) -> list[str]:
    """Base64 of what begins with these bytes, wrapped."""
    text = base64.b64encode(first + random.Random(width).randbytes(3000)).decode()
    return [text[at : at + width] for at in range(0, len(text), width)]


MARGINS = ["", "+", "> ", "    ", "| "]


@pytest.mark.parametrize(
    ("above", "width"),
    [("server.key", 64), ("The private key:", 64), ("diff --git a/id_rsa b/id_rsa", 76),
     ("cert.pem, and key.pem:", 64), ("nothing of the kind", 70), ("", 70)],
)  # fmt: skip
@pytest.mark.parametrize("margin", MARGINS)
def test_full_lines_of_a_key_go(above: str, width: int, margin: str) -> None:
    """Where a key is named above, or OpenSSH's width tells it; the margin stays."""
    rows = _lines(4, width)

    redacted = redact("\n".join([above, *(margin + row for row in rows)]))

    assert redacted.split("\n") == [above, *[f"{margin}[redacted: private key]"] * 4]


@pytest.mark.parametrize(
    "first",
    [b"openssh-key-v1\0", b"\x30\x82\x04\xbd\x02\x01\x00\x30\x0d", b"\x30\x82\x04\xa3\x02\x01\x00\x02\x82",
     b"\x30\x77\x02\x01\x01\x04\x20", b"\x95\x05\x86\x04", b"\x85\x02\x0c\x03",
     b"\x30\x82\x05\x2d\x30\x57\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0d"],
)  # fmt: skip
@pytest.mark.parametrize("margin", MARGINS)
def test_the_first_bytes_of_a_key_tell_it(first: bytes, margin: str) -> None:
    """OpenSSH, PKCS#8, PKCS#1, EC, OpenPGP's key and message, an encrypted PKCS#8."""
    rows = _wrapped(first, 64)

    redacted = redact("\n".join(margin + row for row in rows[:4]))

    assert redacted.count("[redacted: private key]") == 4


@pytest.mark.parametrize(
    "first",
    [b"\x30\x82\x03\x0d\x30\x82\x01\xf5\xa0\x03\x02\x01\x02", b"\x30\x82\x01\x22\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01",
     b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"GIF89a", b"wOF2", b"OTTO", b"\x1f\x8b\x08", b"PK\x03\x04", b"%PDF-1.7",
     b"# v2 git bundle", b"\0asm\1\0\0\0", b"{\"version\":3"],
)  # fmt: skip
@pytest.mark.parametrize("width", [57, 64, 70, 76, 100, 120])
@pytest.mark.parametrize("above", ["", "$ base64 -w 0 x | fold", 'secret_page: "'])
def test_what_begins_as_something_else_stays(first: bytes, width: int, above: str) -> None:
    """A certificate, a public key, pictures, fonts, archives, a bundle, a source map."""
    text = "\n".join([above, *_wrapped(first, width), ""])

    assert redact(text) == text


@pytest.mark.parametrize("width", [57, 64, 76, 100])
@pytest.mark.parametrize("margin", MARGINS)
def test_lines_without_any_sign_stay(width: int, margin: str) -> None:
    """Out of the middle of a certificate or a picture; nothing near says what they are."""
    text = "\n".join(margin + row for row in _wrapped(b"\x01", width)[3:30])

    assert redact(text) == text


@pytest.mark.parametrize(
    "label", ["CERTIFICATE", "PUBLIC KEY", "CERTIFICATE REQUEST", "PGP SIGNATURE", "X509 CRL", "DH PARAMETERS"]
)  # fmt: skip
@pytest.mark.parametrize("cut", [slice(None), slice(1, None), slice(None, -1)])
def test_public_armour_stays_beside_a_key(label: str, cut: slice) -> None:
    """The key above goes, what is public below it stays, also without its begin or end."""
    key = ["-----BEGIN PRIVATE KEY-----", *_lines(6, 64), "-----END PRIVATE KEY-----"]
    public = [f"-----BEGIN {label}-----", *_wrapped(b"\x01\x02", 64), f"-----END {label}-----"][cut]

    redacted = redact("\n".join([*key, "server.key", *public])).split("\n")

    assert redacted[-len(public) :] == public
    assert redacted[: len(key)] == ["[redacted: private key]"] * len(key)


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
