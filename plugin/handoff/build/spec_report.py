"""What `handoff spec list` and `show` say of specs: values, fit to be shown, without secrets.

The words of a spec that this user has not accepted may be anybody's: where a model reads them, they
are marked as data (`maintenance.untrusted_text`).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from handoff.base.errors import HandoffError
from handoff.build import spec_states
from handoff.maintenance import untrusted_text
from handoff.redact import redact
from handoff.specs import acceptance, features, spec_folder

if TYPE_CHECKING:
    from collections.abc import Mapping

    from handoff.build.spec_states import States
    from handoff.redact.redact import Redactor
    from handoff.runtime import Runtime
    from handoff.specs.model import Feature, Spec
    from handoff.store.places import Place

YES, CHANGED, NO = "yes", "changed", "no"
_WORDS_CHARS = 4_000


@dataclass(frozen=True)
class SpecRow:
    """A spec in a list. `accepted` is YES, NO, or CHANGED since it was; `source` says where the
    states are from (`spec_states`); `counts` are the features by state.
    """

    id: str
    title: str
    root: str
    accepted: str
    source: str
    counts: Mapping[str, int]
    features: int


@dataclass(frozen=True)
class FeatureRow:
    """A feature with its state; fields as in `model.Feature` and `model.FeatureState`."""

    id: str
    category: str
    description: str
    steps: tuple[str, ...]
    after: tuple[str, ...]
    verify: Mapping[str, str] | None
    state: str
    attempts: int
    continuations: int
    exit_code: int | None
    seconds: float | None
    commit: str
    checked: float | None
    reason: str
    files: tuple[str, ...]


@dataclass(frozen=True)
class SpecReport:
    """A spec with its features, and what of it is run once it is accepted."""

    row: SpecRow
    created: str
    path: str
    runners: Mapping[str, str]
    start: str
    ready: str
    smoke: str
    frozen: tuple[str, ...]
    env: tuple[str, ...]
    features: tuple[FeatureRow, ...]

    def as_json(self) -> dict[str, Any]:
        """The stable JSON of `handoff spec show`."""
        return {**asdict(self.row), **{k: v for k, v in asdict(self).items() if k != "row"}}


def list_rows(place: Place, runtime: Runtime) -> tuple[list[SpecRow], list[str]]:
    """The specs of this repository, oldest first, and what could not be read, in sentences."""
    rows = []
    problems = spec_folder.list_problems(place)
    for spec in spec_folder.list_specs(place):
        try:
            states = spec_states.read(spec, runtime.home)
            rows.append(_row(spec, states, runtime, _cleaner(spec, runtime)))
        except HandoffError as error:
            problems.append(f"{spec.id}: {error.what}")
    return rows, problems


def describe(spec: Spec, runtime: Runtime) -> SpecReport:
    """All that is to be told of a spec. Raises HandoffError for a damaged journal or state.json."""
    states = spec_states.read(spec, runtime.home)
    clean = _cleaner(spec, runtime, states)
    row = _row(spec, states, runtime, clean)
    return SpecReport(
        row=row,
        created=spec.created,
        path=spec_folder.relative_path(spec.id, "spec.md"),
        runners={name: clean(command) for name, command in spec.runners.items()},
        start=clean(spec.start),
        ready=clean(spec.ready),
        smoke=clean(spec.smoke),
        frozen=spec.frozen,
        env=spec.env,
        features=tuple(
            _feature_row(one, states, runtime, clean, is_trusted=row.accepted == YES)
            for one in spec.features
        ),
    )


def accepted(spec: Spec, home: str) -> str:
    """Whether the user accepted a spec as it is: YES, NO, or CHANGED since. A record that cannot be
    read counts as none.
    """
    try:
        if acceptance.load(home, spec.id) is None:
            return NO
    except HandoffError:
        return NO
    try:
        acceptance.check(spec, home)
    except HandoffError:
        return CHANGED
    return YES


def _row(spec: Spec, states: States, runtime: Runtime, clean: Redactor) -> SpecRow:
    is_accepted = accepted(spec, runtime.home)
    title = untrusted_text.mark(
        clean(spec.title), untrusted_text.TITLE_CHARS, runtime, is_trusted=is_accepted == YES
    )
    return SpecRow(
        spec.id, title, spec.root, is_accepted, states.source, states.counts(), len(spec.features)
    )


def _feature_row(
    feature: Feature, states: States, runtime: Runtime, clean: Redactor, *, is_trusted: bool
) -> FeatureRow:
    def mark(text: str) -> str:
        return untrusted_text.mark(clean(text), _WORDS_CHARS, runtime, is_trusted=is_trusted)

    state = states.features[feature.id]
    verify = features.as_entry(feature).get("verify")
    return FeatureRow(
        id=feature.id,
        category=mark(feature.category),
        description=mark(feature.description),
        steps=tuple(map(mark, feature.steps)),
        after=feature.after,
        verify=verify,
        state=state.state,
        attempts=state.attempts,
        continuations=state.continuations,
        exit_code=state.exit_code,
        seconds=state.seconds,
        commit=state.commit,
        checked=state.checked,
        reason=mark(state.reason),
        files=state.files,
    )


def _cleaner(spec: Spec, runtime: Runtime, states: States | None = None) -> Redactor:
    """What takes secrets out of a spec's texts; it has looked through them in one go."""
    texts = [spec.title, spec.start, spec.ready, spec.smoke, *spec.runners.values()]
    if states is not None:
        texts += [one.reason for one in states.features.values()]
        for feature in spec.features:
            texts += [feature.category, feature.description, *feature.steps]
    return redact.cleaner(runtime.config(spec.root)).prepare(texts)
