"""JSON of files that are anybody's: one list or object, within limits, with nothing ambiguous.

Refused are a key that is there twice, NaN and infinite numbers, deep nesting, and texts that are no
Unicode: what is read can be written again, and every other reader reads the same.
"""

from __future__ import annotations

import json
import math
from typing import Any

from handoff.base.errors import HandoffError

MAX_BYTES = 4 * 1024 * 1024
MAX_DEPTH = 20
_NO_NUMBER = "a number that JSON does not have (NaN or infinite)"


class _Object(dict[str, Any]):
    """An object; `twice` is a key that is there more than once, "" without one."""

    twice = ""


def read(raw: bytes, name: str) -> Any:
    """The value in a file's bytes. `name` (the file) is for the words of the HandoffError.

    Each value in a list or object still has to go through `plain`.
    """
    if len(raw) > MAX_BYTES:
        raise HandoffError(f"{name}: it is over {MAX_BYTES // 1024 // 1024} MiB.")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise HandoffError(f"{name}: it is not UTF-8.") from None
    try:
        return json.loads(
            text, object_pairs_hook=_object, parse_constant=_refuse, parse_float=_finite
        )
    except json.JSONDecodeError as error:
        raise HandoffError(
            f"{name}, line {error.lineno}, column {error.colno}: it is not JSON ({error.msg})."
        ) from None
    except RecursionError:
        raise HandoffError(f"{name}: it is nested too deeply.") from None
    except ValueError as error:
        what = _NO_NUMBER if str(error) == _NO_NUMBER else "a number that is too long"
        raise HandoffError(f"{name}: it has {what}.") from None


def plain(value: Any, depth: int = 0) -> Any:
    """A value of `read` as plain lists and dictionaries. Raises ValueError, which says in a clause
    what is wrong with it.
    """
    if isinstance(value, (dict, list)) and depth >= MAX_DEPTH:
        raise ValueError("it is nested too deeply")
    if isinstance(value, _Object) and value.twice:
        raise ValueError(f"the key {_quoted(value.twice)} is there twice")
    if isinstance(value, dict):
        return {plain(key): plain(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item, depth + 1) for item in value]
    if isinstance(value, str) and any("\ud800" <= char <= "\udfff" for char in value):
        raise ValueError("it has an unpaired surrogate (half of a character)")
    return value


def render(value: Any) -> bytes:
    """The one form in which these files are written: indented, Unicode as it is, a newline last."""
    return (json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()


def _object(pairs: list[tuple[str, Any]]) -> _Object:
    found = _Object(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        found.twice = next(key for number, key in enumerate(keys) if key in keys[:number])
    return found


def _refuse(_: str) -> Any:
    raise ValueError(_NO_NUMBER)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(_NO_NUMBER)
    return number


def _quoted(key: str) -> str:
    return f"`{key[:40].encode('ascii', 'backslashreplace').decode()}`"
