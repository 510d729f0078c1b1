"""JSON without the `json` package: its C core alone, which starts in a tenth of the time.

Importing `json` brings `re`, `enum` and `functools` along and takes half of a hook's life
(benchmarks/README.md). The scanner and encoder in `_json` are what `json` itself calls. Where they
are missing or differ, `json` does the work: this module may be slower then, never different.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_BLANKS = " \t\n\r"


class _Rules:
    """What the scanner asks its owner for: the settings of `json.JSONDecoder()`."""

    strict = True
    object_hook = None
    object_pairs_hook = None
    parse_float = float
    parse_int = int
    parse_constant = float


def raw_decode(text: str, at: int = 0) -> tuple[Any, int]:
    """The value that begins at `text[at]`, and where it ends. Raises ValueError for none."""
    if _scan is None:
        import json

        return json.JSONDecoder().raw_decode(text, at)
    try:
        value, end = _scan(text, at)
    except (StopIteration, SystemError):
        raise ValueError(f"no JSON at character {at}") from None
    return value, end


def loads(source: str | bytes) -> Any:
    """The one value in `source`. Raises ValueError for anything else."""
    text = source if isinstance(source, str) else _decoded(source)
    value, end = raw_decode(text, len(text) - len(text.lstrip(_BLANKS)))
    if text[end:].strip(_BLANKS):
        raise ValueError(f"more than one JSON value: character {end}")
    return value


def dumps(value: Any) -> str:
    """`value` as ASCII JSON on one line, its keys in order."""
    if _encode is None:
        import json

        return json.dumps(value)
    return "".join(_encode(value, 0))


def _decoded(source: bytes) -> str:
    if source.startswith((b"\xfe\xff", b"\xff\xfe", b"\xef\xbb\xbf")) or b"\0" in source[:4]:
        import json

        return source.decode(json.detect_encoding(source), "surrogatepass")
    return source.decode("utf-8", "surrogatepass")


def _unknown(value: object) -> object:
    raise TypeError(f"{type(value).__name__} is not JSON")


_scan: Any = None
_encode: Any = None
try:
    from _json import encode_basestring_ascii, make_encoder, make_scanner

    rules: Any = _Rules
    _scan = make_scanner(rules)
    _encode = make_encoder(
        {}, _unknown, encode_basestring_ascii, None, ": ", ", ", False, False, True
    )
    if _scan('{"a": [1, "b"]}', 0) != ({"a": [1, "b"]}, 15) or "".join(_encode([1], 0)) != "[1]":
        _scan = _encode = None
except Exception:  # noqa: BLE001 - another Python's core may differ in any way: `json` serves
    _scan = _encode = None
