"""The quickstart's three files: feature_list.json, claude-progress.txt and init.sh, to and from.

From "Effective harnesses for long-running agents": an entry has category, description, steps and
`passes`, which a model set. Here it is left out on import, and code's own finding on export.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Any

from handoff.base import plain_text
from handoff.specs import features, strict_json
from handoff.specs.model import VERIFIED, FeatureState

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from handoff.specs.model import Feature, Spec

LIST, PROGRESS, INIT = "feature_list.json", "claude-progress.txt", "init.sh"
_SLUG_CHARS = 40


def import_features(raw: bytes, name: str = LIST) -> tuple[Feature, ...]:
    """The features of a quickstart's list, each with an id: its own, else one made of its
    description. `passes` is left out, other keys are kept.

    Raises HandoffError, which names the file and the entry.
    """
    readings = [
        features.Reading(entry, features.label(name, number, entry))
        for number, entry in enumerate(features.read_entries(raw, name), 1)
    ]
    known = {
        number: reading.id() for number, reading in enumerate(readings) if "id" in reading.entry
    }
    descriptions = (str(reading.entry.get("description", "")) for reading in readings)
    made = _make_ids(descriptions, known)
    found = [
        reading.feature(feature_id) for reading, feature_id in zip(readings, made, strict=True)
    ]
    problems = [problem for reading in readings for problem in reading.problems]
    if problems:
        raise features.first_of(problems)
    return tuple(found)


def export_files(spec: Spec, states: Mapping[str, FeatureState], progress: str) -> dict[str, bytes]:
    """The three files by their names. `passes` is true for a verified feature alone; `id`, `after`
    and `verify` stand where importing the list would not make the same of it.
    """
    made = _make_ids((feature.description for feature in spec.features), {})
    entries = [
        _entry(feature, feature_id, states.get(feature.id, FeatureState()))
        for feature, feature_id in zip(spec.features, made, strict=True)
    ]
    return {
        LIST: strict_json.render(entries),
        PROGRESS: progress.encode(),
        INIT: _init(spec).encode(),
    }


def _entry(feature: Feature, made_id: str, state: FeatureState) -> dict[str, Any]:
    entry = features.as_entry(feature)
    if feature.id == made_id:
        del entry["id"]
    at = list(entry).index("steps") + 1
    items = list(entry.items())
    return dict([*items[:at], (features.PASSES, state.state == VERIFIED), *items[at:]])


def _make_ids(descriptions: Iterable[str], known: Mapping[int, str]) -> list[str]:
    """An id for each description, by its place those that are `known`: no id is made twice."""
    taken = set(known.values())
    ids = []
    for number, description in enumerate(descriptions):
        feature_id = known.get(number)
        if feature_id is None:
            slug = _slug(description)
            feature_id, again = slug, 2
            while feature_id in taken:
                feature_id, again = f"{slug}-{again}", again + 1
            taken.add(feature_id)
        ids.append(feature_id)
    return ids


def _slug(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text[:400]).encode("ascii", "ignore").decode().lower()
    return "-".join(re.findall(r"[a-z0-9]+", plain))[:_SLUG_CHARS].strip("-") or "feature"


def _init(spec: Spec) -> str:
    title = plain_text.one_line(spec.title, 200)
    lines = ["#!/bin/sh", f"# Starts the application of: {title}", "set -e", ""]
    if spec.start:
        ready = plain_text.one_line(spec.ready, 200)
        lines += [*([f"# It is ready when this succeeds: {ready}"] if ready else []), spec.start]
    else:
        lines += ['echo "The spec names no command that starts the application." >&2', "exit 1"]
    return "\n".join(lines) + "\n"
