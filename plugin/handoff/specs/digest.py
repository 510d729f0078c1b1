"""The digest of a file of a spec, which consent is given to."""

from __future__ import annotations

import hashlib


def digest_bytes(raw: bytes) -> str:
    """The sha256 of a file of a spec; line ends as written, whatever git made of them."""
    return hashlib.sha256(raw.replace(b"\r\n", b"\n")).hexdigest()
