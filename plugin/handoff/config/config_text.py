"""A configuration as text that its file can hold: what is printed can be pasted back."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import yaml

from handoff.config import presets, redact_patterns

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_KEYS = {"token_env", "token_command"}


def render(values: Mapping[str, Any]) -> str:
    """YAML that `config_file.load` reads as these values, `line`s of entries apart."""
    written = to_written(values)
    return yaml.dump(written, Dumper=_Dumper, sort_keys=False, default_flow_style=None)


def to_written(values: Mapping[str, Any]) -> dict[str, Any]:
    """Compiled `values` in the form that a file has them in."""
    written = copy.deepcopy(dict(values))
    written["redact"]["patterns"] = [
        pattern if kind == redact_patterns.DEFAULT_KIND else {kind: pattern}
        for kind, pattern in values["redact"]["patterns"]
    ]
    written["routes"] = [_route(route) for route in values["routes"]]
    written["providers"] = _named(values["providers"], presets.PROVIDERS, presets.NO_PROVIDER)
    written["runners"] = _named(values["runners"], presets.RUNNERS, presets.NO_RUNNER)
    return written


class _Dumper(yaml.SafeDumper):
    """One that repeats what is there twice: aliases are not read."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - its name is PyYAML's
        return True


def _route(route: Mapping[str, Any]) -> dict[str, Any]:
    when = dict(route["when"])
    if "size" in when:
        sign, tokens = when["size"]
        when["size"] = f"{sign} {tokens}" if tokens < 1_000_000 else f"{sign} {tokens / 1000:.3f}k"
    return {**({"when": when} if when else {}), **route["use"]}


def _named(
    entries: Sequence[Mapping[str, Any]],
    known: Mapping[str, Mapping[str, Any]],
    default: Mapping[str, Any],
) -> dict[str, dict[str, Any]]:
    """Name -> what an entry has beyond the preset of its name. Where the key is, always: one of the
    two ways replaces the other.
    """
    written = {}
    for entry in entries:
        base = {**default, **known.get(entry["name"], {})}
        changed = {key for key in base if entry[key] != base[key]}
        changed = changed - _KEYS | {key for key in _KEYS if entry.get(key)}
        written[entry["name"]] = {key: entry[key] for key in base if key in changed}
    return written
