"""How far a spec is: by the journal of its build, else by its state.json; and changes of that."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from handoff.base.errors import HandoffError
from handoff.build import journal as journals
from handoff.specs import create, edit, model, publish, spec_folder
from handoff.specs import state_file as spec_states
from handoff.specs.carry_states import carry_states

if TYPE_CHECKING:
    from collections.abc import Mapping

    from handoff.build.journal import Journal
    from handoff.git.commit_result import Committed
    from handoff.git.run import Checkout
    from handoff.specs.model import FeatureState, Spec

JOURNAL, FILE, NOTHING = "journal", spec_states.FILE, ""


@dataclass(frozen=True)
class States:
    """The state of every feature of a spec, in its order, and where that is from: JOURNAL (this
    machine builds it), FILE (only what the repository says), or NOTHING.
    """

    features: Mapping[str, FeatureState]
    source: str
    journal: Journal | None = None

    def counts(self) -> dict[str, int]:
        """The number of features in each state."""
        states = [one.state for one in self.features.values()]
        return {state: states.count(state) for state in model.STATES}


def read(spec: Spec, home: str) -> States:
    """How far a spec is. Raises HandoffError for a damaged journal or state.json."""
    journal = journals.load(home, spec.id)
    if journal is not None:
        return States(_whole(spec, journal.features), JOURNAL, journal)
    raw = edit.read_states(spec.root, spec.id)
    if raw is None:
        return States(_whole(spec, {}), NOTHING)
    return States(_whole(spec, spec_states.parse(raw)), FILE)


def carry(old: Spec | None, new: Spec, home: str) -> None:
    """Bring the journal of a spec's build, if there is one, up to its edited features."""
    journal = journals.load(home, new.id)
    if journal is None:
        return
    states = carry_states(old, new, journal.features) if old else {}
    known = {feature.id for feature in new.features}
    is_there = journal.current in known and states.get(journal.current) != model.FeatureState()
    journals.save(
        home,
        replace(
            journal,
            title=new.title,
            features=_whole(new, states),
            current=journal.current if is_there else "",
            brief=journal.brief if is_there else "",
            end="",
        ),
    )


def set_dropped(
    spec: Spec, feature_id: str, checkout: Checkout, home: str, *, dropped: bool
) -> Committed:
    """Drop a feature, or reopen a dropped one, in the journal and in state.json; commit that.

    Raises HandoffError where there is no such feature, or it is not dropped.
    """
    states = read(spec, home)
    known = states.features.get(feature_id)
    if known is None:
        raise HandoffError(
            f"{spec.id} has no feature {feature_id[:64]!r}.",
            f"Its features: handoff spec show {spec.id}",
        )
    if (known.state == model.DROPPED) == dropped:
        raise HandoffError(f"{feature_id} {'is already' if dropped else 'is not'} dropped.")
    changed = replace(known, state=model.DROPPED) if dropped else model.FeatureState()
    features = {**states.features, feature_id: changed}
    journal = states.journal
    if journal is not None:
        is_current = journal.current == feature_id
        journals.save(
            home,
            replace(
                journal,
                features=features,
                end="",
                current="" if is_current else journal.current,
                brief="" if is_current else journal.brief,
            ),
        )
    raw = spec_states.render(features, [feature.id for feature in spec.features])
    create.write_files(spec.root, spec.id, {spec_states.FILE: raw})
    path = spec_folder.relative_path(spec.id, spec_states.FILE)
    verb = "drop a feature of" if dropped else "reopen a feature of"
    return publish.put(checkout, spec.id, verb, {path: raw}, [f"Feature: {feature_id}"])


def journal_path(home: str, spec_id: str) -> str:
    """The file of a build's journal."""
    return os.path.join(home, journals.FOLDER, f"{spec_id}.json")


def _whole(spec: Spec, states: Mapping[str, FeatureState]) -> dict[str, FeatureState]:
    return {f.id: states.get(f.id, model.FeatureState()) for f in spec.features}
