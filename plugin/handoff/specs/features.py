"""features.json: the list of a spec's features, read with care and written in one form.

The file is anybody's. What is of a wrong form is named by the entry's number and id; whether the
features make sense together is `lint`'s to say.
"""

from __future__ import annotations

import difflib
import json
import re
from typing import TYPE_CHECKING, Any

from handoff.base import plain_text
from handoff.base.errors import HandoffError
from handoff.base.wording import count_of
from handoff.specs import strict_json
from handoff.specs.model import Feature, Verify

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

FILE = "features.json"
MAX_FEATURES = 2_000
MAX_STEPS = 100
MAX_TEXT_CHARS = 4_000  # of a description, and of a step
MAX_CATEGORY_CHARS = 80
ID_PATTERN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_ID_RULE = "an id has up to 64 of A-Z, a-z, 0-9, `_` and `-`"
PASSES = "passes"
KEYS = ("id", "category", "description", "steps", "after", "verify")
_VERIFY_KEYS = ("run", "target")
_NEAR = 0.8


def parse(raw: bytes, name: str = FILE) -> tuple[Feature, ...]:
    """The features in the file's bytes. `name` (the file) is for the words of the HandoffError,
    which names the first problem and how many more there are.
    """
    features, problems = read(raw, name)
    if problems:
        raise first_of(problems)
    return features


def read(raw: bytes, name: str = FILE) -> tuple[tuple[Feature, ...], list[str]]:
    """The features that can be read, and what is wrong with the others, in sentences.

    Raises HandoffError for what is no list of entries at all.
    """
    features, problems = [], []
    for number, entry in enumerate(read_entries(raw, name), 1):
        reading = Reading(entry, label(name, number, entry))
        if PASSES in reading.entry:
            reading.note(f"remove `{PASSES}`: code decides that, in state.json")
        feature = reading.feature(reading.id())
        problems += reading.problems
        features += [] if reading.problems else [feature]
    return tuple(features), problems


def read_entries(raw: bytes, name: str) -> list[Any]:
    """The entries of a list of features, each of any form."""
    entries = strict_json.read(raw, name)
    if not isinstance(entries, list):
        raise HandoffError(f"{name}: it is not a JSON list of features.")
    if len(entries) > MAX_FEATURES:
        raise HandoffError(
            f"{name}: it has {len(entries):,} entries; a spec has at most {MAX_FEATURES:,}."
        )
    return entries


def render(features: Iterable[Feature]) -> bytes:
    """The file's bytes: one form for the same features."""
    return strict_json.render([as_entry(feature) for feature in features])


def as_entry(feature: Feature) -> dict[str, Any]:
    """A feature as the file has it; what is empty is left out."""
    verify = feature.verify and {"run": feature.verify.run, "target": feature.verify.target}
    entry: dict[str, Any] = {
        "id": feature.id,
        "category": feature.category,
        "description": feature.description,
        "steps": list(feature.steps),
        "after": list(feature.after),
        "verify": verify,
    }
    wanted = {key: value for key, value in entry.items() if value or key == "steps"}
    return wanted | {key: value for key, value in feature.extra.items() if key not in entry}


def first_of(problems: Sequence[str]) -> HandoffError:
    """The error for a file with these problems."""
    more = len(problems) - 1
    rest = f" ({count_of(more, 'more problem')})" if more else ""
    return HandoffError(problems[0] + rest)


def label(name: str, number: int, entry: object) -> str:
    """How an entry is called in messages: file, number, and id as far as that is one."""
    feature_id = entry.get("id") if isinstance(entry, dict) else getattr(entry, "id", None)
    is_id = isinstance(feature_id, str) and ID_PATTERN.fullmatch(feature_id)
    return f"{name}, entry {number}{f' ({feature_id})' if is_id else ''}"


class Reading:
    """One entry while it is read: what is wrong is collected in `problems`, as sentences."""

    def __init__(self, entry: object, label: str) -> None:
        self.problems: list[str] = []
        self.entry: dict[str, Any] = {}
        self._label = label
        if not isinstance(entry, dict):
            self.note("it is not an object")
            return
        try:
            self.entry = strict_json.plain(entry)
        except ValueError as error:
            self.note(str(error))

    def note(self, what: str) -> None:
        """Note a problem, given as a clause."""
        self.problems.append(f"{self._label}: {what}{'' if what.endswith('?') else '.'}")

    def id(self) -> str:
        """The entry's id, "" with a problem for none."""
        value = self.entry.get("id")
        if isinstance(value, str) and ID_PATTERN.fullmatch(value):
            return value
        if self.entry:
            what = "it has no `id`" if value is None else f"{_shown(value)} cannot be its id"
            self.note(f"{what}; {_ID_RULE}")
        return ""

    def feature(self, feature_id: str) -> Feature:
        """The entry as a feature, whole only if there are no `problems`."""
        self._look_for_typos()
        return Feature(
            id=feature_id,
            category=self._text("category", MAX_CATEGORY_CHARS),
            description=self._text("description", MAX_TEXT_CHARS),
            steps=self._texts("steps", MAX_STEPS, MAX_TEXT_CHARS),
            after=self._texts("after", MAX_FEATURES, 64),
            verify=self._verify(),
            extra={k: v for k, v in self.entry.items() if k not in (*KEYS, PASSES)},
        )

    def _look_for_typos(self) -> None:
        for key in sorted(self.entry.keys() - {*KEYS, PASSES}):
            near = difflib.get_close_matches(key.lower(), KEYS, n=1, cutoff=_NEAR)
            if near and near[0] not in self.entry:
                self.note(f"unknown key {_shown(key)}; did you mean `{near[0]}`?")

    def _text(self, key: str, most: int) -> str:
        value = self.entry.get(key, "")
        if not isinstance(value, str):
            self.note(f"its `{key}` is not a string")
        elif len(value) > most:
            self.note(f"its `{key}` is over {most:,} characters")
        else:
            return value
        return ""

    def _texts(self, key: str, most: int, chars: int) -> tuple[str, ...]:
        value = self.entry.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self.note(f"its `{key}` is not a list of strings")
        elif len(value) > most:
            self.note(f"its `{key}` has over {most:,} entries")
        elif any(len(item) > chars for item in value):
            self.note(f"its `{key}` has a string of over {chars:,} characters")
        else:
            return tuple(value)
        return ()

    def _verify(self) -> Verify | None:
        value = self.entry.get("verify")
        if value is None:
            return None
        is_pair = isinstance(value, dict) and {*value} == {*_VERIFY_KEYS}
        if not is_pair or not all(isinstance(item, str) for item in value.values()):
            self.note('its `verify` is not {"run": RUNNER, "target": PATH}')
            return None
        return Verify(value["run"], value["target"])


def _shown(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return f"`{plain_text.one_line(text, 40)}`"
