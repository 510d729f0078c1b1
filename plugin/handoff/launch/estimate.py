"""What a start would cost, before it: on what past sessions of the repository did."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from statistics import median
from typing import TYPE_CHECKING, Any

from handoff.base.wording import count_of, format_dollars, rounded_usd
from handoff.config import presets
from handoff.launch import past_runs, providers, routes
from handoff.meter import prices as price_lists
from handoff.meter import token_counter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from handoff.config.model import Config
    from handoff.launch.past_runs import Sample
    from handoff.launch.routes import Choice
    from handoff.meter.prices import Prices
    from handoff.runtime import Runtime
    from handoff.store.places import Place


@dataclass(frozen=True)
class Estimate:
    """What a session is likely to cost. `usd` and `turns` are medians of `sessions` past ones,
    `least_usd` and `most_usd` the ends; None where nothing says it. `model` is the one whose price
    counts ("" unknown), with dollars per million tokens `input_usd` and `output_usd`. `basis` says
    on what it rests.
    """

    brief_tokens: int
    usd: float | None = None
    least_usd: float | None = None
    most_usd: float | None = None
    turns: int | None = None
    sessions: int = 0
    model: str = ""
    input_usd: float | None = None
    output_usd: float | None = None
    budget_usd: float | None = None
    basis: str = ""

    def line(self) -> str:
        """For people."""
        limit = f"; --print stops it at ${self.budget_usd:g}" if self.budget_usd else ""
        if self.usd is None:
            return f"no cost estimate: {self.basis}{limit}"
        spread = ""
        if self.sessions > 1 and self.least_usd is not None and self.most_usd is not None:
            spread = f" ({format_dollars(self.least_usd)} to {format_dollars(self.most_usd)})"
        turns = f", {count_of(self.turns, 'turn')}" if self.turns is not None else ""
        return f"estimate: {format_dollars(self.usd)}{spread}{turns}: {self.basis}{limit}"

    def as_json(self) -> dict[str, Any]:
        """For programs: every field by its name."""
        return asdict(self)


def estimate(
    raw: bytes, choice: Choice, config: Config, runtime: Runtime, place: Place
) -> Estimate:
    """What a session for the brief `raw` is likely to cost on `choice`."""
    size = token_counter.make_counter(runtime.env)(raw.decode("utf-8", "replace"))
    limit = choice.values.get("budget_usd")
    if not routes.is_client(choice):
        why = f"the cost of {choice.text('runner')} is unknown"
        return Estimate(size, basis=why)
    known = providers.all_providers(config.values["providers"])
    provider = known.get(choice.text("provider") or providers.usual_provider(runtime.env))
    asked = choice.text("model")
    prices = price_lists.load(runtime.env)
    samples = past_runs.read_samples(place, runtime, prices)
    model = _model(provider.model(asked) if provider else asked, asked, samples, prices)
    return estimate_from(samples, model, size, limit, prices)


def estimate_from(
    samples: Sequence[Sample], model: str, size: int, limit: float | None, prices: Prices
) -> Estimate:
    """The estimate on past sessions for a model; pure."""
    row = prices.row(model) if model else None
    base = Estimate(
        model=model,
        input_usd=row.input if row else None,
        output_usd=row.output if row else None,
        brief_tokens=size,
        budget_usd=limit,
    )
    if row is None:
        why = (
            f"the price of {model} is unknown"
            if model
            else "no model is named, and there is no past session"
        )
        return replace(base, basis=why)
    used = [(one, one.usd) for one in samples if one.model == model]
    whose = f"on {model}"
    if not used:
        priced = [(one, one.at_price_of(model, prices)) for one in samples]
        used = [(one, usd) for one, usd in priced if usd is not None]
        others = ", ".join(sorted({one.model for one, _ in used}))
        whose = f"on {others}, at the price of {model}"
    if not used:
        why = (
            f"no past session here: {model} costs ${row.input:g} in and ${row.output:g} out for a "
            f"million tokens, and the brief has {size:,}"
        )
        return replace(base, basis=why)
    is_run = used[0][0].is_run
    past = count_of(len(used), "past headless run" if is_run else "past session")
    costs = [usd for _, usd in used]
    return replace(
        base,
        usd=rounded_usd(median(costs)),
        least_usd=rounded_usd(min(costs)),
        most_usd=rounded_usd(max(costs)),
        turns=round(median(one.count for one, _ in used)) if is_run else None,
        sessions=len(used),
        basis=f"the median of {past} here {whose}",
    )


def _model(name: str, asked: str, samples: Sequence[Sample], prices: Prices) -> str:
    """The model whose price counts: what the same word led to last, else what it most likely means;
    where nothing is asked for, what sessions here were on last.
    """
    if name and name != asked:
        return name
    if name and prices.row(name):
        return price_lists.plain_name(name)
    before = [sample.model for sample in samples if sample.asked == name and sample.is_run]
    if before:
        return before[-1]
    if name in presets.FAMILIES:
        return prices.newest(name)
    return name or (samples[0].model if samples and not samples[0].is_run else "")
