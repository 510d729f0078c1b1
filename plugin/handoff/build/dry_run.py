"""What a build would do: which features, in which order, on what, at which cost."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from handoff.brief import document
from handoff.build import feature_brief, order
from handoff.build import journal as journals
from handoff.launch import estimate, plan, routes
from handoff.meter import token_counter
from handoff.specs import model
from handoff.specs import run as spec_run
from handoff.store import trusted_prompts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from handoff.launch.estimate import Estimate
    from handoff.launch.routes import Choice
    from handoff.runtime import Runtime
    from handoff.specs.model import Feature, Spec
    from handoff.store.places import Place


@dataclass(frozen=True)
class BuildPlan:
    """A build before it is started. `features` are those that need a session, in order, `commands`
    their verify commands; `choice` is what each session is started on; `cost` of one session.
    """

    spec: Spec
    features: tuple[Feature, ...]
    commands: Mapping[str, str]
    choice: Choice
    cost: Estimate
    most: int
    budget_usd: float | None

    @property
    def usd(self) -> float | None:
        """What all sessions are likely to cost if each feature takes one; None if unknown."""
        return None if self.cost.usd is None else self.cost.usd * len(self.features)

    def as_json(self) -> dict[str, Any]:
        """The stable JSON of `handoff build --dry-run`."""
        return {
            "spec": self.spec.id,
            "features": [
                {"id": one.id, "description": one.description, "verify": self.commands[one.id]}
                for one in self.features
            ],
            "start": self.spec.start,
            "ready": self.spec.ready,
            "smoke": self.spec.smoke,
            "values": dict(self.choice.values),
            "origins": dict(self.choice.origins),
            "max_sessions": self.most,
            "budget_usd": self.budget_usd,
            "session_estimate": asdict(self.cost),
            "estimate_usd": self.usd,
        }


def plan_build(
    wanted: str,
    asked: Mapping[str, Any],
    budget: float | None,
    runtime: Runtime,
    place: Place,
) -> BuildPlan:
    """What a build would do. Raises HandoffError where it could not be started."""
    spec, _ = order.find_accepted(wanted, runtime, place)
    journal = journals.load(runtime.home, spec.id)
    states = order.with_all(spec, journal.features if journal else {})
    features = tuple(order.plan_order(spec, states))
    commands = {one.id: spec_run.command_of(one, spec) if one.verify else "" for one in features}
    config = plan.load_config(runtime, place.root)
    raw = b""
    if features:
        counts = {**dict.fromkeys(model.STATES, 0), model.OPEN: len(features)}
        first = features[0]
        brief = feature_brief.compose(
            feature_brief.new_id(first, runtime),
            spec,
            first,
            states[first.id],
            feature_brief.Bearings(commands[first.id], counts),
            runtime,
            config,
            trusted_prompts.load(runtime, place.root),
        )
        raw = document.render(brief).encode()
    size = token_counter.make_counter(runtime.env)(raw.decode())
    target = {"model": feature_brief.BUILDER}
    traits = routes.Traits("task", (feature_brief.label_of(spec),), target, size)
    choice = routes.choose(traits, config.values["routes"], asked)
    cost = estimate.estimate(raw, choice, config, runtime, place)
    most = journal.most if journal else order.max_sessions(spec)
    return BuildPlan(spec, features, commands, choice, cost, most, budget)
