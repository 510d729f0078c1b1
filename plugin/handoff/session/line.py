"""The one line that shows a session: the status line, and the mod's line above the prompt.

`make_plan` says what there is to show, `paint` draws it from a plan and the client's figures.
`hooks/meter.js` paints by the same rules; `tests/mod/lines.js` holds both to the same text and
colour.

The bar is full at the handoff threshold, with a mark at the warn threshold while that lies ahead:

    ███████░░░ context 142k · brief at 200k · $1.23 · 5h 63%, resets 14:00
"""

from __future__ import annotations

import time

from handoff.meter import feed as feeds
from handoff.session import outlook, policy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from handoff.config.model import Config
    from handoff.meter.context import Reading
    from handoff.session.state import SessionState

DIM, PLAIN, YELLOW, RED = "dim", "plain", "yellow", "red"
BAR_CELLS = 10
_CAP_SHOWN_FROM = 50.0  # percent: below it a cap is no news while the context is small
_PARTS = ("context", "cost_usd", feeds.FIVE_HOUR, feeds.SEVEN_DAY)
_CAPS = {feeds.FIVE_HOUR: "5h", feeds.SEVEN_DAY: "7d"}
_NEAR_SECONDS = 12 * 3600


class Figures:
    """What the client says of itself now; None where it says nothing."""

    __slots__ = ("caps", "cost_usd", "tokens")

    def __init__(
        self, tokens: int | None, cost_usd: float | None, caps: Mapping[str, feeds.Cap]
    ) -> None:
        self.tokens = tokens
        self.cost_usd = cost_usd
        self.caps = caps

    def part(self, name: str) -> float | None:
        """The figure that a threshold's part of this name is compared with."""
        if name == "context":
            return self.tokens
        if name == "cost_usd":
            return self.cost_usd
        cap = self.caps.get(name)
        return cap.percent if cap else None


def make_plan(
    ahead: outlook.Outlook | None,
    reading: Reading,
    session: SessionState,
    config: Config | None,
    command: str,
) -> dict[str, Any]:
    """What there is to show: `{window, quiet, limits, steps, at_handoff, now, over}`.

    `window` is what holds the context, null where nobody knows. Below `quiet` tokens nothing is
    said but the figures; null: always. `limits` has the parts of both thresholds, the context in
    tokens. `steps` are `[tokens, what happens there, what is said from there on]`, ascending;
    `at_handoff` is what happens at the handoff threshold. `now` is what happens now, "" for
    nothing; `over` what does once the handoff threshold is passed. `command` writes a brief.
    """
    plan: dict[str, Any] = {"window": reading.window, "quiet": None, "limits": {}, "steps": []}
    plan |= {"at_handoff": "", "now": "", "over": ""}
    if ahead is None or config is None or config.mode == "off":
        return plan
    first = ahead.first_limit
    for name, limit in ahead.limits.items():
        plan["limits"][name] = {**config.threshold(name), "context": limit}
    plan["quiet"] = int(first * outlook.QUIET) if first else None
    plan["now"] = outlook.describe_briefly(ahead, command)
    limit, at_handoff = ahead.limits["handoff"], ahead.handoff_step
    steps = list(ahead.steps)
    if limit and at_handoff and limit < at_handoff.at:  # a brief covers it for a while
        steps.append(outlook.Step(limit, ""))
    plan["steps"] = sorted(
        [step.at, step.what, _describe_at(step, ahead, reading, session, config, command)]
        for step in steps
    )
    plan["at_handoff"] = ahead.at_handoff
    plan["over"] = outlook.describe_over(ahead, session, command)
    return plan


def _describe_at(
    step: outlook.Step,
    ahead: outlook.Outlook,
    reading: Reading,
    session: SessionState,
    config: Config,
    command: str,
) -> str:
    """What is said once the context has grown to `step`, "" for nothing new."""
    if step.what == outlook.COMPACT:
        return ""
    then = outlook.at_step(step, reading, session, config, ahead.paused)
    return outlook.describe_briefly(then, command)


def paint(plan: Mapping[str, Any], now: Figures, columns: int, at: float) -> tuple[str, str]:
    """The line in at most so many columns, "" for nothing to say, and its colour.

    `at` is the time (epoch seconds). What matters least goes first when it is too long.
    """
    over = passed(plan, now, "handoff")
    warned = over or passed(plan, now, "warn")
    lead = warned[0] if warned else "context"
    coming = _say_coming(plan, now, lead, is_over=bool(over), is_warned=bool(warned))
    colour = RED if over else YELLOW if warned else PLAIN if coming else DIM
    # By what must stay longest; shown in this order.
    pieces = [
        (3, _bar(plan, now)),
        (0 if lead == "context" else 2, _say_context(plan, now)),
        (0, "" if lead == "context" else _say_part(plan, now, lead, at)),
        (1, coming),
    ]
    for rank, part in ((4, "cost_usd"), (5, feeds.FIVE_HOUR), (6, feeds.SEVEN_DAY)):
        if part != lead and (colour != DIM or part == "cost_usd" or _is_high(now.part(part))):
            pieces.append((rank, _say_part(plan, now, part, at)))
    if now.tokens is None and not coming and not now.cost_usd:
        pieces[1] = (0, "")  # before the first answer there is nothing to say
        pieces = [piece for piece in pieces if piece[0] != 4]
    return _fit([piece for piece in pieces if piece[1]], columns), colour


def passed(plan: Mapping[str, Any], now: Figures, name: str) -> list[str]:
    """Which parts of a threshold are passed: context, cost, caps, in this order."""
    limits = plan["limits"].get(name) or {}
    reached = []
    for part in _PARTS:
        limit, figure = limits.get(part), now.part(part)
        if limit is not None and figure is not None and figure >= limit:
            reached.append(part)
    return reached


def _say_coming(
    plan: Mapping[str, Any], now: Figures, lead: str, *, is_over: bool, is_warned: bool
) -> str:
    """What happens now, else what happens next; "" while that is far."""
    if plan["now"]:
        return str(plan["now"])
    tokens = now.tokens
    if tokens is None:
        return ""
    passed = [then for reached, _, then in plan["steps"] if reached <= tokens and then]
    if passed or is_over:
        return str(passed[-1] if passed else plan["over"])
    limit = _limit(plan, lead)
    if lead != "context" and limit is not None:
        return f"{plan['at_handoff']} at {_write(lead, limit)}"
    is_near = plan["quiet"] is not None and tokens >= plan["quiet"]
    ahead = [step for step in plan["steps"] if step[0] > tokens and step[1]]
    if not ahead or not (is_near or is_warned):
        return ""
    return f"{ahead[0][1]} at {policy.thousands(ahead[0][0])}"


def _say_context(plan: Mapping[str, Any], now: Figures) -> str:
    if now.tokens is None:
        return "context not counted yet"
    limit, window = _limit(plan, "context"), plan["window"]
    text = f"context {policy.thousands(now.tokens)}"
    if limit is None:
        return f"{text} of {policy.thousands(window)}" if window else text
    return f"{text}, over {policy.thousands(limit)}" if now.tokens >= limit else text


def _say_part(plan: Mapping[str, Any], now: Figures, part: str, at: float) -> str:
    """Cost or a cap: `$5.20, over $5.00`, `5h 91%, resets 14:00`; "" for an unknown one."""
    figure, limit = now.part(part), _limit(plan, part)
    if figure is None:
        return ""
    text = _write(part, figure)
    if part == "cost_usd":
        return text if limit is None or figure < limit else f"{text}, over {_write(part, limit)}"
    resets_at = now.caps[part].resets_at
    if resets_at and _is_high(figure):
        text += f", resets {clock(resets_at, at)}"
    return f"{_CAPS[part]} {text}"


def _write(part: str, figure: float) -> str:
    return f"${figure:.2f}" if part == "cost_usd" else f"{int(figure + 0.5)}%"


def _limit(plan: Mapping[str, Any], part: str) -> Any:
    """Where a part of the handoff threshold is, None where it has none."""
    return (plan["limits"].get("handoff") or {}).get(part)


def _is_high(percent: float | None) -> bool:
    return percent is not None and percent >= _CAP_SHOWN_FROM


def _bar(plan: Mapping[str, Any], now: Figures) -> str:
    limits = plan["limits"]
    full = _limit(plan, "context") or plan["window"]
    return bar(now.tokens, full, (limits.get("warn") or {}).get("context"), BAR_CELLS)


def bar(tokens: int | None, full: int | None, mark: int | None, cells: int) -> str:
    """`████░░│░░░`: full at the handoff threshold, a mark at the warn threshold that lies ahead."""
    if not full or tokens is None:
        return ""
    filled = min(cells, cells * tokens // full)
    drawn = ["█"] * filled + ["░"] * (cells - filled)
    if mark is not None and tokens < mark < full:
        drawn[cells * mark // full] = "│"
    return "".join(drawn)


def clock(moment: float, now: float) -> str:
    """`14:00` today or within twelve hours, else `Thu 09:00`: local time."""
    at = time.localtime(moment)
    near = moment - now < _NEAR_SECONDS or time.localtime(now)[:3] == at[:3]
    return time.strftime("%H:%M" if near else "%a %H:%M", at)


def _fit(pieces: list[tuple[int, str]], columns: int) -> str:
    kept = pieces
    while len(_join(kept)) > columns and max(rank for rank, _ in kept) > 1:
        least = max(rank for rank, _ in kept)
        kept = [piece for piece in kept if piece[0] != least]
    text = _join(kept)
    if len(text) > columns:
        text = _join([(rank, piece.partition(", over ")[0]) for rank, piece in kept])
    if len(text) <= columns:
        return text
    return text[: columns - 1] + "…" if columns > 0 else ""


def _join(pieces: Sequence[tuple[int, str]]) -> str:
    """The bar stands before the figures without a dot."""
    text = " · ".join(piece for _, piece in pieces)
    return text.replace(" · ", " ", 1) if len(pieces) > 1 and pieces[0][0] == 3 else text
