#!/usr/bin/env python3
"""Write plugin/handoff/meter/prices.json from the package genai-prices, with corrections.

Run it with the development environment after an update of genai-prices; a test compares.
The corrections are what Claude Code 2.1.330 charges (docs/client.md, "Prices"), which
tests/e2e/test_cost.py proves model by model.
"""

from __future__ import annotations

import json
import re
import sys
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from genai_prices import data
from genai_prices.types import ConditionalPrice, ModelPrice, StartDateConstraint, TieredPrices

if TYPE_CHECKING:
    from collections.abc import Mapping

TARGET = Path(__file__).resolve().parents[1] / "plugin/handoff/meter/prices.json"

# Our name of a price -> genai-prices' name. Dollars per million tokens.
TOKENS = {
    "input": "input_mtok",
    "output": "output_mtok",
    "write_5m": "cache_write_mtok",
    "write_1h": "cache_write_1h_mtok",
    "read": "cache_read_mtok",
}
# Of inference in the US, on all tokens; missing in genai-prices. The client has it for every model.
US = 1.1
# Fast mode of these is 6x, missing in genai-prices.
FAST_TIMES = {"claude-opus-4-6": 6, "claude-opus-4-7": 6}
# The 1M context beta of this model ended that day (genai-prices' own comment), and with it the
# premium above 200,000 tokens, which genai-prices has no end for.
PREMIUM_ENDS = {"claude-sonnet-4-5": date(2026, 4, 30)}
# In the client, not in genai-prices: the same price as the model of that name.
SAME_AS = {"claude-mythos-5": "claude-fable-5", "claude-mythos-5-1": "claude-fable-5-1"}
# Before there was a client.
LEFT_OUT = {"claude-2", "claude-v1"}
ALIASES = {"claude-opus-4": "claude-opus-4-0", "claude-sonnet-4": "claude-sonnet-4-0"}


def main() -> None:
    """Write the file, or say that it is up to date."""
    text = render()
    if TARGET.exists() and TARGET.read_text(encoding="utf-8") == text:
        print(f"{TARGET} is up to date.", file=sys.stderr)
    else:
        TARGET.write_text(text, encoding="utf-8")
        print(f"{TARGET} is written.", file=sys.stderr)


def render() -> str:
    """The content of prices.json: one line a row, models by name."""
    models = {
        name: [json.dumps(row, separators=(", ", ": ")) for row in rows]
        for name, rows in sorted(_models().items())
    }
    blocks = [
        f'    "{name}": [\n      ' + ",\n      ".join(rows) + "\n    ]"
        for name, rows in models.items()
    ]
    source = f"genai-prices {version('genai-prices')}, corrected by scripts/make_prices.py"
    return (
        "{\n"
        f'  "source": {json.dumps(source)},\n'
        f'  "aliases": {json.dumps(ALIASES)},\n'
        '  "models": {\n' + ",\n".join(blocks) + "\n  }\n}\n"
    )


def _models() -> dict[str, list[dict[str, Any]]]:
    (provider,) = (one for one in data.providers if one.id == "anthropic")
    models = {}
    for model in provider.models:
        if model.id in LEFT_OUT:
            continue
        name = re.sub(r"-latest$", "", model.id)
        models[name] = _rows(name, model)
    for name, like in SAME_AS.items():
        if name in models:
            sys.exit(f"genai-prices knows {name} now: take it out of SAME_AS.")
        models[name] = models[like]
    return models


def _rows(name: str, model: Any) -> list[dict[str, Any]]:
    given = model.prices
    dated: list[tuple[date | None, ModelPrice]] = []
    for part in given if isinstance(given, list) else [given]:
        if not isinstance(part, ConditionalPrice):
            dated.append((None, part))
        elif part.constraint is None or isinstance(part.constraint, StartDateConstraint):
            start = part.constraint.start_date if part.constraint else None
            dated.append((start, part.prices))
        else:
            sys.exit(f"{name}: a price by {part.constraint} is new to this script.")
    rows = [_row(name, start, price, model) for start, price in dated]
    if name in PREMIUM_ENDS and "above" in rows[-1]:
        flat = {key: value for key, value in rows[-1].items() if key != "above"}
        rows.append({"from": PREMIUM_ENDS[name].isoformat(), **flat})
    return rows


def _row(name: str, start: date | None, price: ModelPrice, model: Any) -> dict[str, Any]:
    base = {ours: _base(getattr(price, theirs)) for ours, theirs in TOKENS.items()}
    row: dict[str, Any] = {"from": start.isoformat()} if start else {}
    row |= base
    if price.web_searches_kcount is not None:
        row["search"] = _base(price.web_searches_kcount)
    row["us"] = US
    above = _above(name, price)
    if above:
        row["above"] = above
    fast = _fast(name, base, model)
    if fast:
        row["fast"] = fast
    return row


def _above(name: str, price: ModelPrice) -> dict[str, float] | None:
    """The prices of a whole request whose prompt is longer than `tokens`."""
    tiers = {ours: getattr(price, theirs) for ours, theirs in TOKENS.items()}
    tiered = {ours: tier for ours, tier in tiers.items() if isinstance(tier, TieredPrices)}
    if not tiered:
        return None
    starts = {tier.tiers[0].start for tier in tiered.values()}
    if (
        len(tiered) != len(TOKENS)
        or len(starts) != 1
        or any(len(t.tiers) != 1 for t in tiered.values())
    ):
        sys.exit(f"{name}: tiers of this shape are new to this script.")
    return {
        "tokens": starts.pop(),
        **{ours: _number(tier.tiers[0].price) for ours, tier in tiered.items()},
    }


def _fast(name: str, base: Mapping[str, float], model: Any) -> dict[str, float] | None:
    variants = [one for one in model.price_variants or () if one.when == {"speed": "fast"}]
    if variants:
        (variant,) = variants
        if name in FAST_TIMES or variant.constraint is not None:
            sys.exit(f"{name}: genai-prices' fast mode has changed.")
        return {ours: _base(getattr(variant.prices, theirs)) for ours, theirs in TOKENS.items()}
    times = FAST_TIMES.get(name)
    return {ours: _number(value * times) for ours, value in base.items()} if times else None


def _base(price: Any) -> float:
    return _number(price.base if isinstance(price, TieredPrices) else price)


def _number(value: Any) -> float:
    number = round(float(value), 6)
    return int(number) if number == int(number) else number


if __name__ == "__main__":
    main()
