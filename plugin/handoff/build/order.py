"""What a build is ordered to do: which spec, in which worktree, how far it is, what it may cost."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from handoff.base import plain_text
from handoff.base.errors import HandoffError
from handoff.build import journal as journals
from handoff.build import select
from handoff.git import worktrees
from handoff.git.head import read_head
from handoff.specs import acceptance as acceptances
from handoff.specs import model, spec_folder
from handoff.store import places
from handoff.store.match_id import NoMatchError, match_id

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from handoff.build.journal import Journal
    from handoff.runtime import Runtime
    from handoff.specs.model import Acceptance, FeatureState, Spec
    from handoff.store.places import Place

_SESSIONS_A_FEATURE = 4


@dataclass(frozen=True)
class Order:
    """A build as it is to go on: its journal, what the user accepted, and its own worktree."""

    journal: Journal
    spec: Spec
    acceptance: Acceptance
    place: Place


def load_or_begin(
    wanted: str,
    runtime: Runtime,
    place: Place,
    asked: Mapping[str, Any],
    *,
    most: int | None,
    budget: float | None,
    windows: int | None = None,
) -> Order:
    """The build of a spec as it is to go on; what is not asked for stays as it was. `windows` is
    how many resets of usage caps it waits for.

    Its worktree is made where it is not there yet. Raises HandoffError when there is no such spec,
    when the user has not accepted it as it is, or when the worktree cannot be made.
    """
    spec, accepted = find_accepted(wanted, runtime, place)
    known = journals.load(runtime.home, spec.id)
    own = _own_place(spec, accepted, place)
    if known is None:
        checkout = own.need_checkout("cannot be built in", "Run `git init` there first.")
        known = journals.Journal(
            spec=spec.id,
            title=plain_text.one_line(spec.title, 200),
            root=place.root,
            directory=own.root,
            branch=worktrees.branch_of(spec.id),
            base=read_head(checkout).sha or "",
            most=max_sessions(spec),
        )
    journal = replace(
        known,
        directory=own.root,
        asked={**known.asked, **asked},
        most=most or known.most,
        budget_usd=budget or known.budget_usd,
        since=len(known.settled),
        caps=known.caps.allow(windows),
        features=open_claimed(spec, accepted, with_all(spec, known.features), known.base),
        end="",
    )
    own_spec = replace(spec, root=own.root)
    return Order(journal, own_spec, accepted, own)


def find_accepted(wanted: str, runtime: Runtime, place: Place) -> tuple[Spec, Acceptance]:
    """The spec that `wanted` names, as the user accepted it.

    A session that was killed may have changed its files: then the accepted ones count, and the
    build puts them back. Raises HandoffError where it is not accepted.
    """
    journal = _find_journal(wanted, runtime)
    if journal is not None and _has_unverified_work(journal):
        accepted = acceptances.load(runtime.home, journal.spec)
        if accepted is not None:
            checkout = place.need_checkout("cannot be built in", "Run `git init` there first.")
            return acceptances.read_spec(accepted, journal.directory, checkout), accepted
    spec = spec_folder.find(wanted, place)
    return spec, acceptances.check(spec, runtime.home)


def find_journals(wanted: str, runtime: Runtime, place: Place) -> list[Journal]:
    """The builds of this repository's worktree, or the one whose spec `wanted` names.

    Raises HandoffError when that has none.
    """
    if wanted:
        journal = _find_journal(wanted, runtime)
        if journal is None:
            raise HandoffError(
                f"No build of {wanted[:80]!r} here.", "To see all: handoff build --show"
            )
        return [journal]
    known = [_sound(runtime.home, name) for name in journals.list_specs(runtime.home)]
    return [one for one in known if one and place.root in (one.root, one.directory)]


def max_sessions(spec: Spec) -> int:
    """How many sessions a build may take where nothing is said."""
    return max(journals.MIN_SESSIONS, _SESSIONS_A_FEATURE * len(spec.features))


def with_all(spec: Spec, states: Mapping[str, FeatureState]) -> dict[str, FeatureState]:
    """The states of exactly the spec's features, in its order; new ones are open."""
    return {feature.id: states.get(feature.id, model.FeatureState()) for feature in spec.features}


def open_claimed(
    spec: Spec, accepted: Acceptance, states: Mapping[str, FeatureState], base: str
) -> dict[str, FeatureState]:
    """The states where claimed features whose test the user has accepted since are open again:
    their verify command is run, as work was done since the commit `base`.
    """
    proven = {feature.id for feature in spec.features if accepted.proves(feature)}
    return {
        name: model.FeatureState(commit=base, files=state.files)
        if state.state == model.CLAIMED and name in proven
        else state
        for name, state in states.items()
    }


def plan_order(spec: Spec, states: Mapping[str, FeatureState]) -> list[model.Feature]:
    """The features in the order in which a build takes them if each becomes verified."""
    planned: list[model.Feature] = []
    now = dict(with_all(spec, states))
    while (feature := select.next_feature(spec, now)) is not None:
        planned.append(feature)
        now[feature.id] = replace(now[feature.id], state=model.VERIFIED)
    return planned


def _own_place(spec: Spec, accepted: Acceptance, place: Place) -> Place:
    """The build's own worktree, made from HEAD of the one that the spec is in."""
    near = place if place.root == spec.root else places.locate_near(place, spec.root)
    checkout = near.need_checkout("cannot have worktrees", "Run `git init` there first.")
    wanted = worktrees.plan_worktree(checkout, spec.id)
    worktrees.add_worktree(checkout, wanted)
    own = places.locate(wanted.path)
    if not os.path.isfile(os.path.join(own.root, spec_folder.relative_path(spec.id, "spec.md"))):
        raise HandoffError(
            f"{wanted.branch} does not have the spec {spec.id}, which was accepted at "
            f"{accepted.commit[:10]}.",
            f"Merge it there: git -C {own.root} merge {accepted.commit[:10]}",
        )
    return own


def _has_unverified_work(journal: Journal) -> bool:
    last = journal.sessions[-1] if journal.sessions else None
    return bool(journal.pending) or (last is not None and not last.verdict)


def _find_journal(wanted: str, runtime: Runtime) -> Journal | None:
    """The journal of the build that `wanted` names; None without one."""
    try:
        name = match_id(wanted, journals.list_specs(runtime.home), "build")
    except NoMatchError:
        return None
    return journals.load(runtime.home, name)


def _sound(home: str, spec_id: str) -> Journal | None:
    """A journal; None also for a damaged one, which is told where it is asked for by its name."""
    try:
        return journals.load(home, spec_id)
    except HandoffError:
        return None
