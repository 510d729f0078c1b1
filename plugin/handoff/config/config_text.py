"""A configuration as text that its file can hold: what is printed can be pasted back."""

from __future__ import annotations

import copy
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import yaml

from handoff.base import plain_text
from handoff.config import merge, presets, redact_patterns
from handoff.config.model import DEFAULTS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from handoff.config.problem import Source

_MAX_WIDTH = 1_000_000  # no value is wrapped
_MAX_COLUMN = 50  # a longer line has its comment right behind it
_MAX_SOURCE = 300
_SECTIONS = set(merge.names(DEFAULTS)) - {*merge.leaves(DEFAULTS)}
_KEYS = {"token_env", "token_command"}


def render(
    values: Mapping[str, Any],
    sources: Mapping[str, Source] | None = None,
    files: Mapping[str, str] | None = None,
) -> str:
    """YAML that `config_file.load` reads as these values, `line`s of entries apart.

    With `sources`, a comment behind each value says where it is from; `files` has what a file's
    path is shown as.
    """
    lines = _lines(_natural(to_written(values)))
    if sources is None:
        return "".join(f"{text}\n" for text, _ in lines)
    width = max(len(text) for text, name in lines if name and len(text) <= _MAX_COLUMN)
    return "".join(
        f"{text:<{width}}  # {describe_source(sources.get(name), files)}\n" if name else f"{text}\n"
        for text, name in lines
    )


def describe_source(source: Source | None, files: Mapping[str, str] | None = None) -> str:
    """Where a value is from: `~/.config/handoff/config.yaml:3 (projects: ~/oss/**)`; `default`."""
    if source is None:
        return "default"
    path = (files or {}).get(source.path, source.path)
    entry = f" (projects: {source.project})" if source.project else ""
    return plain_text.one_line(f"{path}:{source.line}{entry}", _MAX_SOURCE)


def sources_of(values: Mapping[str, Any], sources: Mapping[str, Source]) -> dict[str, Any]:
    """The source of every value by its name, in JSON's form; null for a default."""
    names = merge.leaves({**values, "providers": [], "runners": []})
    return {name: asdict(sources[name]) if name in sources else None for name in names}


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
    written["projects"] = {entry["path"]: entry["values"] for entry in values["projects"]}
    return written


def _lines(written: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    """The lines of the file; with the one behind which a value's source belongs, its name."""
    indent = "  " * prefix.count(".")
    lines = []
    for key, value in written.items():
        name = prefix + key
        if name in _SECTIONS:
            lines.append((f"{indent}{key}:", ""))
            lines += _lines(value, f"{name}.")
            continue
        flow = None if isinstance(value, (dict, list)) else False
        text = yaml.dump(
            {key: value}, Dumper=_Dumper, sort_keys=False, default_flow_style=flow, width=_MAX_WIDTH
        )
        own = [indent + line for line in text.splitlines()]
        at = (
            0 if _is_block(value) else len(own) - 1
        )  # within a text of several lines it is no comment
        lines += [(line, name if number == at else "") for number, line in enumerate(own)]
    return lines


def _is_block(value: Any) -> bool:
    """Whether a value begins on the line behind its key's."""
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(isinstance(item, (dict, list)) for item in items)


def _natural(written: dict[str, Any]) -> dict[str, Any]:
    """The same as people write it: `200k`, `75%`."""
    for values in (written, *written["projects"].values()):
        for threshold in values.get("thresholds", {}).values():
            if "context" in threshold:
                threshold["context"] = [_tokens(part) for part in threshold["context"]]
            for cap in ("five_hour", "seven_day"):
                if threshold.get(cap) is not None:
                    threshold[cap] = f"{_short(threshold[cap])}%"
            if threshold.get("cost_usd") is not None:
                threshold["cost_usd"] = _short(threshold["cost_usd"])
    return written


def _tokens(part: str | int) -> str | int:
    return part if isinstance(part, str) or part % 1000 else f"{part // 1000}k"


def _short(number: float) -> float | int:
    return int(number) if number.is_integer() else number


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
