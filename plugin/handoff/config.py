"""The configuration as the hooks see it: compiled, with a default for every key.

YAML is read by `configfile`; its compiled form, read here, needs the standard library alone.
"""

from __future__ import annotations

import os

from handoff import fsio

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

MODES = ("off", "notify", "write")
COMMIT_MODES = ("branch", "ref", "off")
TEAM_FILE = os.path.join(".handoff", "config.yaml")

DEFAULTS: dict[str, Any] = {
    "mode": "write",
    "lines": {
        "notice": {
            "context": ["50%", 120_000],
            "cost_usd": None,
            "five_hour": 75.0,
            "seven_day": 85.0,
        },
        "handoff": {
            "context": ["70%", 200_000],
            "cost_usd": None,
            "five_hour": 90.0,
            "seven_day": 95.0,
        },
    },
    "commit": "branch",
    "brief": {"max_tokens": 2500, "inject_chars": 9500, "stale_days": 7, "review": False},
    "redact": {"patterns": []},
    "trust": {"signers": []},
    "routes": [],
    "providers": [],
    "runners": [],
}


class Config:
    """A compiled configuration; `values` has exactly the shape of `DEFAULTS`."""

    __slots__ = ("values",)

    def __init__(self, values: dict[str, Any] | None = None) -> None:
        self.values = DEFAULTS if values is None else values

    @property
    def mode(self) -> str:
        """`off`, `notify` or `write`."""
        return str(self.values["mode"])

    @property
    def commit(self) -> str:
        """Where a brief is committed: `branch`, `ref` or `off`."""
        return str(self.values["commit"])

    def line(self, name: str) -> dict[str, Any]:
        """The parts of the line `name` (`notice` or `handoff`)."""
        parts: dict[str, Any] = self.values["lines"][name]
        return parts

    @property
    def redact_patterns(self) -> list[tuple[str, str]]:
        """What the user has redacted besides: kind and regular expression of each."""
        return [(str(kind), str(pattern)) for kind, pattern in self.values["redact"]["patterns"]]

    @property
    def signers(self) -> list[str]:
        """Fingerprints of the keys whose signed commits bring briefs that count as own."""
        return [str(key) for key in self.values["trust"]["signers"]]

    def brief(self, key: str) -> int:
        """A number of the `brief` section; a switch is 1 or 0."""
        return int(self.values["brief"][key])


def cached(home: str, files: Sequence[str]) -> Config | None:
    """The configuration of `files` (user's, team's) as last compiled; None if it must be compiled.

    Without any of the files it is the default. The cache holds while size and time of change of
    every file are what they were.
    """
    now = stamp(files)
    if not any(now):
        return Config()
    entry = fsio.read_json(cache_file(home)).get("\n".join(files))
    if not isinstance(entry, dict) or entry.get("stamp") != now:
        return None
    values = entry.get("values")
    return Config(values) if _has_shape_of(DEFAULTS, values) else None


def _has_shape_of(model: dict[str, Any], values: object) -> bool:
    """Whether `values` has exactly the keys of `model`: another version may have written it."""
    if not isinstance(values, dict) or values.keys() != model.keys():
        return False
    inner = [key for key, value in model.items() if isinstance(value, dict)]
    return all(_has_shape_of(model[key], values[key]) for key in inner)


def stamp(files: Sequence[str]) -> list[list[int]]:
    """Size and time of change (ns) of each file; an empty list for one that is not there."""
    stamps = []
    for path in files:
        try:
            about = os.stat(path)
            stamps.append([about.st_size, about.st_mtime_ns])
        except (OSError, ValueError):
            stamps.append([])
    return stamps


def cache_file(home: str) -> str:
    """Where the compiled configurations are kept."""
    return os.path.join(home, "config-cache.json")
