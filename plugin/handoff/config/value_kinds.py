"""What the value of each single key may be: a reader that returns it as it is kept, or raises.

Each takes a plain value of YAML and raises ValueError with what it should be. Values of `routes`,
`providers` and `runners` are in `value_readers`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from handoff.config import signing_keys
from handoff.config.model import COLD_CACHE, COMMIT_MODES, MODES
from handoff.config.yaml_nodes import show_value

if TYPE_CHECKING:
    from collections.abc import Callable


def _choice(*known: str) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        value = "off" if value is False else value  # YAML reads a bare `off` as false
        if value not in known:
            raise ValueError(f"one of {', '.join(known)}, not {show_value(value)}")
        return str(value)

    return read


def _whole(low: int, high: int) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise ValueError(f"a whole number from {low} to {high}, not {show_value(value)}")
        return value

    return read


def _context(value: Any) -> list[Any]:
    """Parts of a context line: `70%` of the room, or tokens as `200k`, `1.5M`, `200000`."""
    parts = value if isinstance(value, list) else [value]
    if value is None or not parts:
        return []
    return [_context_part(part) for part in parts]


def _context_part(part: Any) -> str | int:
    wrong = ValueError(f"percents (70%) or tokens (200k), not {show_value(part)}")
    text = str(part).strip().lower().replace("_", "")
    try:
        if text.endswith("%"):
            percent = float(text[:-1])
            if not 0 < percent <= 100:
                raise wrong
            return f"{percent:g}%"
        scale = {"k": 1_000, "m": 1_000_000}.get(text[-1:], 1)
        tokens = float(text[:-1] if scale > 1 else text) * scale
    except ValueError:
        raise wrong from None
    if isinstance(part, bool) or not math.isfinite(tokens) or tokens < 1:
        raise wrong
    return int(tokens)


def _dollars(value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < 1e6:
        raise ValueError(f"dollars (2.50) or null, not {show_value(value)}")
    return float(value)


def _percent(value: Any) -> float | None:
    if value is None:
        return None
    text = str(value).strip().removesuffix("%")
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if isinstance(value, bool) or not 0 < number <= 100:
        raise ValueError(f"a percent (90%) or null, not {show_value(value)}")
    return number


def _switch(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"true or false, not {show_value(value)}")
    return value


KINDS: dict[str, Callable[[Any], Any]] = {
    "mode": _choice(*MODES),
    "commit": _choice(*COMMIT_MODES),
    "context": _context,
    "cost_usd": _dollars,
    "five_hour": _percent,
    "seven_day": _percent,
    "max_tokens": _whole(200, 50_000),
    "inject_chars": _whole(2_000, 9_900),
    "stale_days": _whole(0, 3_650),
    "review": _switch,
    "shared": _switch,
    "signers": signing_keys.fingerprints,
    "meter": _switch,
    "max_chain": _whole(1, 1_000),
    "cooldown_s": _whole(0, 86_400),
    "countdown_s": _whole(1, 8),  # a mod's hook has 10 seconds
    "attended_only": _switch,
    "handoffs": _whole(2, 1_000),
    "within_s": _whole(1, 86_400),
    "least_calls": _whole(0, 1_000),
    "open_s": _whole(1, 86_400),
    "cold_cache": _choice(*COLD_CACHE),
}
