"""How much a model can hold, and where the client compacts by itself.

Source: Claude Code 2.1.330 run against a scripted API (docs/client.md, "Windows").
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

MILLION = 1_000_000
SMALL = 200_000
_OUTPUT_RESERVE = 20_000
_COMPACT_RESERVE = 13_000
_REFUSE_RESERVE = 3_000
_MIN_WINDOW = 100_000
PERCENT, WINDOW = "CLAUDE_AUTOCOMPACT_PCT_OVERRIDE", "CLAUDE_CODE_AUTO_COMPACT_WINDOW"
_OFF = ("DISABLE_AUTO_COMPACT", "DISABLE_COMPACT")
_FAMILIES = ("fable", "sonnet", "opus", "haiku")
# The first version of each family whose window is a million tokens.
_MILLION_SINCE = {"fable": (5, 0), "sonnet": (5, 0), "opus": (4, 7), "haiku": (5, 5)}
_MILLION_ON_REQUEST = {("sonnet", (4, 5)), ("sonnet", (4, 6)), ("opus", (4, 6))}


def family_and_version(model: str) -> tuple[str, tuple[int, int]] | None:
    """`claude-opus-4-6[1m]` -> `("opus", (4, 6))`; None for a name of another make.

    Understands provider prefixes (`us.anthropic.claude-…`), dates and `-v1:0` tails, and the old
    order (`claude-3-5-sonnet-…`).
    """
    plain = model.lower().replace("[1m]", "")
    words = plain.replace("@", "-").replace(".", "-").replace("/", "-").split("-")
    if "claude" not in words:
        return None
    words = words[words.index("claude") + 1 :]
    family = next((word for word in words if word in _FAMILIES), None)
    if family is None:
        return None
    at = words.index(family)
    after = [word for word in words[at + 1 : at + 3] if word.isdigit() and len(word) < 3]
    before = [word for word in words[:at] if word.isdigit()]
    numbers = [int(word) for word in (after or before)]
    if not numbers:
        return None
    return family, (numbers[0], numbers[1] if len(numbers) > 1 else 0)


def model_window(model: str, env: Mapping[str, str]) -> int | None:
    """The context window of `model` in tokens, None when the model is unknown.

    `CLAUDE_CODE_MAX_CONTEXT_TOKENS` says it for a model the client does not know, and for any model
    while `DISABLE_COMPACT` is set.
    """
    known = family_and_version(model)
    told = _integer(env, "CLAUDE_CODE_MAX_CONTEXT_TOKENS")
    if told and (known is None or _is_set(env, "DISABLE_COMPACT")):
        return told
    if known is None:
        return None
    family, version = known
    on_request = known in _MILLION_ON_REQUEST and "[1m]" in model.lower()
    large = version >= _MILLION_SINCE[family] or on_request
    return MILLION if large and not _is_set(env, "CLAUDE_CODE_DISABLE_1M_CONTEXT") else SMALL


def compact_point(
    model: str, size: int, env: Mapping[str, str], asked: int | None = None
) -> int | None:
    """Tokens at which the client compacts by itself in a window of `size`; None if it never does.

    `(W - R) - 13,000` with R = min(max output, 20,000); `CLAUDE_CODE_AUTO_COMPACT_WINDOW`, else
    what was `asked` for in the settings, replaces W; `CLAUDE_AUTOCOMPACT_PCT_OVERRIDE` lowers it.
    """
    if is_off(env):
        return None
    forced = forced_window(env) or asked
    if forced is None and _is_reactive(model):
        return None
    base = size if forced is None else min(size, max(_MIN_WINDOW, forced))
    output = _integer(env, "CLAUDE_CODE_MAX_OUTPUT_TOKENS") or _OUTPUT_RESERVE
    return lower_point(base - min(output, _OUTPUT_RESERVE) - _COMPACT_RESERVE, env)


def lower_point(point: int, env: Mapping[str, str]) -> int:
    """The client's compaction point with `CLAUDE_AUTOCOMPACT_PCT_OVERRIDE`, percent of (W - R)."""
    try:
        percent = float(env.get(PERCENT, ""))
    except ValueError:
        return point
    return (
        min(point, int((point + _COMPACT_RESERVE) * percent / 100)) if 0 < percent <= 100 else point
    )


def forced_window(env: Mapping[str, str]) -> int | None:
    """The window that `CLAUDE_CODE_AUTO_COMPACT_WINDOW` gives, None where it gives none.

    `150k`, `0.5m` and `150000`; a bare number from 100 to 1000 is thousands.
    """
    text = env.get(WINDOW, "").strip().lower()
    unit = {"k": 1_000, "m": 1_000_000}.get(text[-1:], 0)
    try:
        given = float(text[:-1]) * unit if unit else float(text)
        number = round(given * 1_000 if not unit and 100 <= given <= 1_000 else given)
    except (ValueError, OverflowError):
        return None
    return number if number >= 1 else None


def is_off(env: Mapping[str, str]) -> str:
    """The variable that turns compaction by itself off, "" if none does."""
    return next((name for name in _OFF if _is_set(env, name)), "")


def refusal_point(size: int, env: Mapping[str, str]) -> int:
    """Tokens at which a client that does not compact refuses the next request: (W - R) - 3,000."""
    output = _integer(env, "CLAUDE_CODE_MAX_OUTPUT_TOKENS") or _OUTPUT_RESERVE
    return size - min(output, _OUTPUT_RESERVE) - _REFUSE_RESERVE


def _is_reactive(model: str) -> bool:
    """Whether the client compacts only after the API refused: the old small models and `[1m]`."""
    known = family_and_version(model)
    small = {("haiku", (4, 5)), ("sonnet", (4, 5)), ("opus", (4, 5))}
    return known in small or (known in _MILLION_ON_REQUEST and "[1m]" in model.lower())


def _is_set(env: Mapping[str, str], name: str) -> bool:
    return env.get(name, "").lower() in ("1", "true", "yes", "on")


def _integer(env: Mapping[str, str], name: str) -> int | None:
    value = env.get(name, "")
    return int(value) if value.isdecimal() and len(value) < 12 else None
