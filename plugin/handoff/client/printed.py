"""What a headless session of the client printed at its end (`--output-format=json`).

With `--verbose` it is a list of everything, the result last; some versions and wrappers put lines
of their own before it.
"""

from __future__ import annotations

import json
from typing import Any

_MARKS = frozenset({"session_id", "result", "subtype"})


def result(out: str) -> dict[str, Any]:
    """The result's fields as the client names them; {} where none was printed.

    `session_id`, `result` and `subtype` are texts, `total_cost_usd` a number of at least 0 and
    `num_turns` a whole one, or they are not there.
    """
    lines = out.strip().splitlines()
    for text in (out, *reversed(lines[-20:])):
        found = _parsed(text)
        entries = found if isinstance(found, list) else [found]
        for entry in reversed(entries):
            if isinstance(entry, dict) and not _MARKS.isdisjoint(entry):
                return {key: value for key, value in entry.items() if _is_right(key, value)}
    return {}


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _is_right(key: str, value: Any) -> bool:
    if key in ("session_id", "result", "subtype"):
        return isinstance(value, str)
    if key == "total_cost_usd":
        return type(value) in (int, float) and 0 <= value < 1e9
    return type(value) is int if key == "num_turns" else True
