"""state.json: how far each feature is, written by code, for people and for another machine.

A build's journal is what counts (`build.journal`). What a verify command printed is not in here:
it changes with every run, and the file is committed.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from handoff.base import fields
from handoff.base.errors import HandoffError
from handoff.loops import journal_fields
from handoff.specs import features, strict_json
from handoff.specs.model import STATES, FeatureState

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

FILE = "state.json"
_LEFT_OUT = ("tail",)
_DEFAULT = FeatureState()


def render(states: Mapping[str, FeatureState], order: Iterable[str]) -> bytes:
    """The file's bytes: the states of the features in `order`; a feature without one is open."""
    return strict_json.render({name: _entry(states.get(name, _DEFAULT)) for name in order})


def parse(raw: bytes, name: str = FILE) -> dict[str, FeatureState]:
    """The states by the features' ids. `name` (the file) is for the words of the HandoffError that
    a damaged file raises.
    """
    entries = strict_json.read(raw, name)
    if not isinstance(entries, dict):
        raise HandoffError(f"{name}: it is not a JSON object of features.")
    return {feature_id: _state(feature_id, entry, name) for feature_id, entry in entries.items()}


def _entry(state: FeatureState) -> dict[str, Any]:
    values = {key: value for key, value in asdict(state).items() if key not in _LEFT_OUT}
    defaults = asdict(_DEFAULT)
    kept = {key: value for key, value in values.items() if value != defaults[key]}
    kept |= {"files": list(state.files)} if state.files else {}
    return {"state": state.state, **kept}


def _state(feature_id: str, entry: object, name: str) -> FeatureState:
    try:
        plain = fields.mapping(strict_json.plain(entry))
    except ValueError:
        plain = {}
    values, wrong = journal_fields.read_values(FeatureState, plain)
    if wrong or values.get("state") not in STATES or not features.ID_PATTERN.fullmatch(feature_id):
        shown = feature_id[:64].encode("ascii", "backslashreplace").decode()
        raise HandoffError(
            f"{name}: the state of {shown!r} is damaged{': ' if wrong else ''}{', '.join(wrong)}.",
            "Restore the file from git: `git log` has its earlier versions.",
        )
    return FeatureState(**values, files=tuple(fields.texts(plain.get("files"))))
