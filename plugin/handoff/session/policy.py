"""From a reading to a decision: pure, so that a table can test it."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container
    from typing import Any

    from handoff.config.model import Config
    from handoff.meter.context import Reading

NONE, WARN, HANDOFF = "none", "warn", "handoff"
_CAPS = (("five_hour", "5-hour", "%H:%M"), ("seven_day", "7-day", "%a %H:%M"))


class Decision:
    """What to do: `act` (none, warn or handoff), the `crossed` threshold with its figure, and why.

    `trigger` is the brief's word for the cause: context, cost or cap. `born_over`: the cycle began
    over the handoff threshold. `held`: a handoff is due and may not be (see `breaker`).
    """

    __slots__ = ("act", "born_over", "crossed", "held", "reason", "trigger")

    def __init__(
        self,
        act: str,
        reason: str,
        crossed: str = "",
        trigger: str = "",
        *,
        born_over: bool = False,
        held: bool = False,
    ) -> None:
        self.act = act
        self.born_over = born_over
        self.held = held
        self.reason = reason
        self.crossed = crossed
        self.trigger = trigger

    def __repr__(self) -> str:
        return f"Decision({self.act!r}, {self.reason!r}, {self.crossed!r}, {self.trigger!r})"


def decide(
    reading: Reading,
    fired: Container[str],
    config: Config,
    *,
    covered: int = 0,
    born_over: bool = False,
    held: str = "",
) -> Decision:
    """What `reading` calls for, given the thresholds that already `fired` in this cycle.

    A session `born_over` the handoff threshold is told once and never handed off: a handoff could
    only start another one like it. A brief of this cycle that `covered` so many tokens is good
    until the context has grown by another tenth of the threshold. `held` says why no handoff may be
    now.
    """
    if config.mode == "off":
        return Decision(NONE, "mode is off")
    if reading.tokens is None:
        return Decision(NONE, "no figures yet")
    over = is_crossed(reading, config.threshold("handoff"))
    if over is not None:
        limit = context_limit(config.threshold("handoff"), reading.room) or reading.tokens
        if covered and reading.tokens < covered + limit // 10:
            return Decision(NONE, f"a brief at {thousands(covered)} tokens covers it", *over)
        if not born_over and HANDOFF not in fired and held:
            return Decision(NONE, held, *over, held=True)
        if not born_over and HANDOFF not in fired:
            return Decision(HANDOFF, _name_threshold(over[0], "handoff"), *over)
        if born_over:
            act = NONE if WARN in fired else WARN
            return Decision(
                act, "this session began over its handoff threshold", *over, born_over=True
            )
        return Decision(NONE, "the handoff threshold has already fired", *over)
    over = is_crossed(reading, config.threshold("warn"))
    if over is not None and WARN not in fired:
        return Decision(WARN, _name_threshold(over[0], "warn"), *over)
    if over is not None:
        return Decision(NONE, "the warn threshold has already fired", *over)
    return Decision(NONE, "below the thresholds")


def is_crossed(reading: Reading, threshold: dict[str, Any]) -> tuple[str, str] | None:
    """Which part of `threshold` the reading has passed, in words, and its trigger; None if none."""
    limit = context_limit(threshold, reading.room)
    if limit is not None and reading.tokens is not None and reading.tokens >= limit:
        return (
            f"context {thousands(reading.tokens)}, over the {thousands(limit)} threshold",
            "context",
        )
    cost = threshold["cost_usd"]
    if cost is not None and reading.cost_usd is not None and reading.cost_usd >= cost:
        return f"cost ${reading.cost_usd:.2f}, over the ${cost:.2f} threshold", "cost"
    for key, name, clock in _CAPS:
        limit, used = threshold[key], getattr(reading, key)
        if limit is not None and used is not None and used >= limit:
            text = f"{name} cap at {used:.0f}%, over the {limit:.0f}% threshold"
            return text + _reset(reading.resets.get(key), clock), "cap"
    return None


def context_limit(threshold: dict[str, Any], room: int | None) -> int | None:
    """The lowest part of the threshold's context in tokens. Percents need a known `room`."""
    limits = []
    for part in threshold["context"]:
        if isinstance(part, str):
            if room is not None:
                limits.append(int(room * float(part[:-1]) / 100))
        else:
            limits.append(int(part))
    return min(limits) if limits else None


def has_fallen(tokens: int, fired_at: int) -> bool:
    """Whether the context is so far below where a threshold fired (0: none) that a cycle begins."""
    return tokens < fired_at * 0.6


def _name_threshold(crossed: str, name: str) -> str:
    """`context 205k, over the 200k handoff threshold`."""
    return crossed.replace(" threshold", f" {name} threshold", 1)


def _reset(at: float | None, clock: str) -> str:
    """When a cap resets, in local time; "" where that is not known."""
    if not at:
        return ""
    import time  # only where a cap is passed

    return f", resets {time.strftime(clock, time.localtime(at))}"


def thousands(count: int) -> str:
    """`182340` -> `182k`, `1000000` -> `1M`: as short as a person wants it."""
    if count >= 999_500:  # what would round to 1000k
        return f"{count / 1_000_000:.2f}".rstrip("0").rstrip(".") + "M"
    return f"{(count + 500) // 1000}k" if count >= 1000 else str(count)
