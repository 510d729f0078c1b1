"""package.json, of which only what tests are run by is frozen: work adds dependencies to it."""

from __future__ import annotations

import json
import re
from typing import Any

NAME = "package.json"
FROZEN = ("scripts", "jest", "mocha", "ava", "vitest")
_INDENT = re.compile(rb'^\{\s*?\n([ \t]+)"')


def put_back(now: bytes, accepted: bytes) -> bytes:
    """The file with its frozen keys as they were accepted, otherwise as it is `now`; `now` itself
    where these are the same, `accepted` where it cannot be read.
    """
    current, wanted = _read(now), _read(accepted)
    if wanted is None:
        return accepted
    if current is None:
        return accepted
    if all(current.get(key) == wanted.get(key) for key in FROZEN):
        return now
    for key in FROZEN:
        if key in wanted:
            current[key] = wanted[key]
        else:
            current.pop(key, None)
    match = _INDENT.match(now)
    indent = match[1].decode() if match else "  "
    end = "\n" if now.endswith(b"\n") else ""
    return (json.dumps(current, indent=indent, ensure_ascii=False) + end).encode()


def _read(raw: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
