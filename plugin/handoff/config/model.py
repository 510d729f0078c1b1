"""The configuration as the hooks see it: compiled, with a default for every key.

YAML is read by `config_file`; its compiled form, read here, needs the standard library alone.
"""

from __future__ import annotations

import os

from handoff.base import file_io

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

MODES = ("off", "notify", "write", "auto")
COMMIT_MODES = ("branch", "ref", "off")
HEADLESS = ("notify", "write")
COLD_CACHE = ("brief", "snapshot", "off")
TEAM_FILE = os.path.join(".handoff", "config.yaml")

DEFAULTS: dict[str, Any] = {
    "mode": "write",
    "headless": "notify",
    "thresholds": {
        "warn": {
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
    "brief": {
        "max_tokens": 2500,
        "inject_chars": 9500,
        "stale_days": 7,
        "review": False,
        "shared": False,
    },
    "redact": {"patterns": []},
    "trust": {"signers": []},
    "meter": True,
    "auto": {"max_chain": 5, "cooldown_s": 120, "countdown_s": 5, "attended_only": True},
    "breaker": {"handoffs": 3, "within_s": 900, "least_calls": 5, "open_s": 1800},
    "cold_cache": "snapshot",
    "projects": [],
    "routes": [],
    "providers": [],
    "runners": [],
}


class Config:
    """A compiled configuration; `values` has exactly the shape of `DEFAULTS`."""

    __slots__ = ("postponed", "values")

    def __init__(self, values: dict[str, Any] | None = None) -> None:
        self.values = DEFAULTS if values is None else values
        self.postponed = False

    @property
    def mode(self) -> str:
        """`off`, `notify`, `write` or `auto`."""
        return str(self.values["mode"])

    @property
    def writes(self) -> bool:
        """Whether a brief is written at the handoff threshold."""
        return self.mode in ("write", "auto")

    @property
    def writes_headless(self) -> bool:
        """Whether a brief is written in a `-p` run that handoff has not started, too."""
        return self.writes and self.values["headless"] == "write"

    @property
    def has_meter(self) -> bool:
        """Whether the mod draws its line above the prompt."""
        return bool(self.values["meter"])

    def auto(self, key: str) -> int:
        """A number of the `auto` section; a switch is 1 or 0."""
        return int(self.values["auto"][key])

    def breaker(self, key: str) -> int:
        """A number of the `breaker` section."""
        return int(self.values["breaker"][key])

    @property
    def cold_cache(self) -> str:
        """What is written before an idle session's cache goes cold: `brief`, `snapshot`, `off`."""
        return str(self.values["cold_cache"])

    def adapted(self, mode: str, *, postponed: bool) -> Config:
        """As one session has it: its own `mode` ("": this one), its handoff threshold postponed or
        not.

        A postponed threshold is a tenth higher in each of its parts, a cap's at most 99 %.
        """
        config = Config({**self.values, "mode": mode} if mode in MODES else self.values)
        config.postponed = postponed
        return config

    @property
    def commit(self) -> str:
        """Where a brief is committed: `branch`, `ref` or `off`."""
        return str(self.values["commit"])

    def threshold(self, name: str) -> dict[str, Any]:
        """The parts of the threshold `name` (`warn` or `handoff`)."""
        parts: dict[str, Any] = self.values["thresholds"][name]
        return _raised(parts) if self.postponed and name == "handoff" else parts

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


def _raised(threshold: dict[str, Any]) -> dict[str, Any]:
    """A threshold with each of its parts a tenth higher."""
    context = [
        f"{min(100.0, float(part[:-1]) * 1.1):g}%" if isinstance(part, str) else int(part * 1.1)
        for part in threshold["context"]
    ]
    cost = threshold["cost_usd"]
    caps = {
        key: None if threshold[key] is None else min(99.0, threshold[key] * 1.1)
        for key in ("five_hour", "seven_day")
    }
    return {"context": context, "cost_usd": None if cost is None else cost * 1.1, **caps}


def load_cached(home: str, files: Sequence[str]) -> Config | None:
    """The configuration of `files` (user's, team's) as last compiled; None if it must be compiled.

    Without any of the files it is the default. The cache holds while size and time of change of
    every file are what they were.
    """
    now = stamp(files)
    if not any(now):
        return Config()
    entry = file_io.read_json(cache_file(home)).get("\n".join(files))
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
