"""Signing keys as a user lists them, each reduced to the fingerprint that git names it by."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from typing import Any

_SSH_FINGERPRINT = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")
_OPENPGP_FINGERPRINT = re.compile(r"(?:0[xX])?([0-9a-fA-F]{40}|[0-9a-fA-F]{64})")


def fingerprint(value: Any) -> str:
    """`SHA256:…` for an SSH key or its fingerprint, upper-case hex for an OpenPGP one.

    Raises ValueError, with what is wanted, for anything else: a key's short id can be made twice.
    """
    if isinstance(value, str):
        text = value.strip()
        if _SSH_FINGERPRINT.fullmatch(text):
            return text
        match = _OPENPGP_FINGERPRINT.fullmatch("".join(text.split()))
        if match:
            return match[1].upper()
        ssh = _of_ssh_key(text)
        if ssh:
            return ssh
    raise ValueError("an SSH public key, SHA256:…, or an OpenPGP fingerprint of 40 hex digits")


def fingerprints(value: Any) -> list[str]:
    """Those of a list of keys, or of one. Raises ValueError as `fingerprint` does."""
    if value is None:
        return []
    return [fingerprint(one) for one in (value if isinstance(value, list) else [value])]


def _of_ssh_key(text: str) -> str:
    """`ssh-ed25519 AAAA… comment` -> its fingerprint; "" for what is no such line."""
    kind, *rest = text.split(maxsplit=2)[:2] or [""]
    try:
        blob = base64.b64decode(rest[0], validate=True) if rest else b""
    except (binascii.Error, ValueError):
        return ""
    name = kind.encode("utf-8", "replace")
    if not rest or blob[:4] != len(name).to_bytes(4, "big") or blob[4 : 4 + len(name)] != name:
        return ""
    digest = base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")
    return f"SHA256:{digest}"
