"""What the value of each single key may be: a reader that returns it as it is kept, or raises.

Each takes a plain value of YAML and raises ValueError with what it must be, or AmbiguousError with
what it means and what to write. Values of `routes`,
`providers` and `runners` are in `value_readers`.
"""

from __future__ import annotations

import difflib
import math
import re
from typing import TYPE_CHECKING, Any

from handoff.base.wording import count_of, noun_for
from handoff.config import signing_keys
from handoff.config.model import COLD_CACHE, COMMIT_MODES, HEADLESS, MODES
from handoff.config.yaml_nodes import AmbiguousError, show_value

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_LEAST_TOKENS = 1_000  # of a context threshold without a unit: fewer are hardly meant as tokens
_TURN_OFF = "; to turn it off, write null"
_MINUTE_S, _DAY_S = 60, 86_400
_SECONDS = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86_400}
_DAYS = {"d": 1, "day": 1, "days": 1, "w": 7}
_THOUSANDS = {"k": 1000}
_WITH_UNIT = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)\s*([a-z]*)")
_AMOUNT = re.compile(r"\$?\s*(\d{1,6}(?:\.\d{1,6})?)\s*(?:\$|USD|usd)?")


def _choice(*known: str) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        value = "off" if value is False else value  # YAML reads a bare `off` as false
        if value not in known:
            near = difflib.get_close_matches(str(value), known, n=1)
            hint = f" (did you mean {near[0]}?)" if near else ""
            raise ValueError(f"one of {', '.join(known)}, not {show_value(value)}{hint}")
        return str(value)

    return read


def _whole(low: int, high: int, units: Mapping[str, int] | None = None) -> Callable[[Any], int]:
    """A whole number; `units` are what people write behind one, each with what it stands for."""

    def read(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            meant = _read_unit(value, {} if units is None else units, low, high)
            hint = f"; write {meant}" if meant else ""
            raise ValueError(f"a whole number from {low} to {high}, not {show_value(value)}{hint}")
        return value

    return read


def _read_unit(value: Any, units: Mapping[str, int], low: int, high: int) -> int | None:
    """The number that a value with a unit stands for, None unless that is within the limits."""
    match = _WITH_UNIT.fullmatch(value.strip().lower()) if isinstance(value, str) else None
    if match is None or (match[2] and match[2] not in units):
        return None
    number = round(float(match[1]) * units.get(match[2], 1))
    return number if low <= number <= high else None


def _seconds(low: int) -> Callable[[Any], int]:
    """A time of minutes, in seconds: a few seconds are hardly meant."""
    read = _whole(low, _DAY_S, _SECONDS)

    def read_seconds(value: Any) -> int:
        seconds = read(value)
        if seconds < _MINUTE_S:
            minutes = count_of(seconds, "minute")
            raise AmbiguousError(
                f"{seconds} means {count_of(seconds, 'second')}; write {seconds * 60} for "
                f"{minutes}; the minimum is {_MINUTE_S}"
            )
        return seconds

    return read_seconds


def _context(value: Any) -> list[Any]:
    """Parts of a context line: `70%` of the room, or tokens as `200k`, `1.5M`, `200000`."""
    parts = value if isinstance(value, list) else [value]
    if value is None or not parts:
        return []
    return [_context_part(part) for part in parts]


def _context_part(part: Any) -> str | int:
    turn_off = _TURN_OFF if _is_zero(part) else ""
    wrong = ValueError(f"percents (70%) or tokens (200k), not {show_value(part)}{turn_off}")
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
    if isinstance(part, bool) or not math.isfinite(tokens) or tokens <= 0:
        raise wrong
    if scale == 1 and tokens < _LEAST_TOKENS:
        raise AmbiguousError(_meant_tokens(tokens))
    if tokens < 1:
        raise wrong
    return int(tokens)


def _meant_tokens(number: float) -> str:
    """What a bare number of tokens that is too small for a context is likely to mean."""
    if number <= 1:
        meant = f"{number * 100:g}%"
    else:
        meant = f"{number:g}% or {number:g}k" if number <= 100 else f"{number:g}k"
    return f"{number:g} means {number:g} {noun_for(number == 1, 'token')}; write {meant}"


def _dollars(value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < 1e6:
        amount = _AMOUNT.fullmatch(value.strip()) if isinstance(value, str) else None
        hint = f"; write {amount[1]}" if amount and float(amount[1]) else ""
        hint = _TURN_OFF if _is_zero(value) else hint
        raise ValueError(f"dollars (2.50) or null, not {show_value(value)}{hint}")
    return float(value)


def _percent(value: Any) -> float | None:
    if value is None:
        return None
    text = str(value).strip()
    try:
        number = float(text.removesuffix("%"))
    except ValueError:
        number = math.nan
    if isinstance(value, bool) or not 0 < number <= 100:
        hint = _TURN_OFF if _is_zero(value) else ""
        raise ValueError(f"a percent (90%) or null, not {show_value(value)}{hint}")
    if number <= 1 and not text.endswith("%"):
        raise AmbiguousError(f"{number:g} means {number:g}%; write {number * 100:g}%")
    return number


def _is_zero(value: Any) -> bool:
    """Whether a value is what people write to turn something off; `off` is false in YAML."""
    return value is False or (not isinstance(value, bool) and str(value) in ("0", "0.0", "off"))


def _switch(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"true or false, not {show_value(value)}")
    return value


KINDS: dict[str, Callable[[Any], Any]] = {
    "mode": _choice(*MODES),
    "headless": _choice(*HEADLESS),
    "commit": _choice(*COMMIT_MODES),
    "context": _context,
    "cost_usd": _dollars,
    "five_hour": _percent,
    "seven_day": _percent,
    "max_tokens": _whole(200, 50_000, _THOUSANDS),
    "inject_chars": _whole(2_000, 9_900, _THOUSANDS),
    "stale_days": _whole(0, 3_650, _DAYS),
    "review": _switch,
    "shared": _switch,
    "signers": signing_keys.fingerprints,
    "meter": _switch,
    "max_chain": _whole(1, 1_000),
    "cooldown_s": _whole(0, _DAY_S, _SECONDS),
    "countdown_s": _whole(1, 8, _SECONDS),  # a mod's hook has 10 seconds
    "attended_only": _switch,
    "handoffs": _whole(2, 1_000),
    "within_s": _seconds(1),
    "least_calls": _whole(0, 1_000),
    "open_s": _seconds(1),
    "cold_cache": _choice(*COLD_CACHE),
}
