"""A field of an untyped mapping (JSON, YAML) as the type that is wanted, else as nothing of it.

For what other programs, other versions or people wrote: a value of another shape reads as absent.
Hot: hooks and the status line read everything by it.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_NAMES = ("id", "root")
_MAX_NUMBER = 10**15  # beyond are no tokens, dollars or times; infinity and NaN are none either


def text(value: object) -> str:
    """A text, "" for any other shape."""
    return value if isinstance(value, str) else ""


def name(value: object) -> str:
    """A text that can be a file's name or a part of its path, "" for any other."""
    try:
        return value if isinstance(value, str) and b"\0" not in os.fsencode(value) else ""
    except UnicodeEncodeError:
        return ""


def texts(value: object) -> list[str]:
    """The texts of a list, [] for any other shape."""
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def mapping(value: object) -> dict[str, Any]:
    """A mapping (the very one), {} for any other shape."""
    return value if isinstance(value, dict) else {}


def mappings(value: object) -> list[dict[str, Any]]:
    """The mappings of a list, [] for any other shape."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def records(value: object) -> list[dict[str, Any]]:
    """Those of a list's mappings in which no `id` and no `root` is a text that names no file."""
    return [
        item
        for item in mappings(value)
        if all(name(item[key]) == item[key] for key in _NAMES if isinstance(item.get(key), str))
    ]


def count(value: object) -> int | None:
    """A whole number from 0 on, None for any other shape."""
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 <= value < _MAX_NUMBER else None


def number(value: object) -> float | None:
    """A number, None for any other shape."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if abs(value) < _MAX_NUMBER else None


def integer(value: object) -> int:
    """A whole number from 0 on, 0 for any other shape."""
    return count(value) or 0


def optional_text(value: object) -> str | None:
    """A text, None for any other shape."""
    return value if isinstance(value, str) else None


def flag(value: object) -> bool:
    """Whether it is true, and not only something."""
    return value is True


def named_texts(value: object) -> dict[str, str]:
    """The texts of a mapping by their names, {} for any other shape."""
    return {name: item for name, item in mapping(value).items() if isinstance(item, str)}


def named_counts(value: object) -> dict[str, int]:
    """The whole numbers from 0 on of a mapping by their names, {} for any other shape."""
    return {name: item for name, item in mapping(value).items() if count(item) is not None}
