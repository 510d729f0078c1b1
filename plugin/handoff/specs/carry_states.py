"""Which features keep their state when a spec is edited."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handoff.specs.model import FeatureState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from handoff.specs.model import Feature, Spec


def carry_states(
    old: Spec, new: Spec, states: Mapping[str, FeatureState]
) -> dict[str, FeatureState]:
    """The states of exactly the features of `new`, in its order. A feature keeps its own if its id,
    steps and verify are those of `old`, with the runner's command; any other one is open again.
    """
    before = {feature.id: _what_counts(feature, old) for feature in old.features}
    return {
        feature.id: states.get(feature.id, FeatureState())
        if before.get(feature.id) == _what_counts(feature, new)
        else FeatureState()
        for feature in new.features
    }


def _what_counts(feature: Feature, spec: Spec) -> tuple[object, ...]:
    command = spec.runners.get(feature.verify.run) if feature.verify else None
    return feature.steps, feature.verify, command
