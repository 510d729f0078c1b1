"""A mapping of a configuration file, laid over the values that are in force so far."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml

from handoff.config import value_kinds
from handoff.config.model import DEFAULTS
from handoff.config.yaml_nodes import show_value, to_plain, word_problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    Tell = Callable[[int, str], None]
    Reader = Callable[[yaml.Node, Tell], Any]

_KEY = re.compile(r"<<|\(a list or mapping\)|[\w.-]{0,60}")
_RENAMED = {
    "lines": "thresholds",
    "notice": "thresholds.warn",
    "relay": "auto",
    "thresholds.notice": "thresholds.warn",
}


@dataclass(frozen=True)
class Layer:
    """How a file's keys are read. `refused` are keys that it may not set, each with the reason;
    `readers` read a key's value node by node, so that each mistake has its line; `lines` receives
    the line of each key that is set.
    """

    tell: Tell
    lines: dict[str, int]
    refused: Mapping[str, str] = field(default_factory=dict)
    readers: Mapping[str, Reader] = field(default_factory=dict)


def merge(values: dict[str, Any], node: yaml.MappingNode, layer: Layer, prefix: str = "") -> None:
    """Put a mapping's values into `values`, which has a value for each key that there may be."""
    seen: set[str] = set()
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        key = key_node.value if isinstance(key_node, yaml.ScalarNode) else "(a list or mapping)"
        # A team's key may be any text, and a model may read the message: shown as a value is.
        name = prefix + (key if _KEY.fullmatch(key) else show_value(key))
        if name in seen:
            layer.tell(line, f"duplicate key {name}; the last one is used")
        seen.add(name)
        if name in layer.refused:
            layer.tell(line, f"{name} {layer.refused[name]}")
        elif key not in values:
            layer.tell(line, f"unknown key {name}; {_hint(name, prefix, values)}")
        elif isinstance(values[key], dict):
            if isinstance(value_node, yaml.MappingNode):
                merge(values[key], value_node, layer, name + ".")
            else:
                keys = ", ".join(values[key])
                layer.tell(line, f"{name} must be a mapping; its keys: {keys}")
        else:
            _read(values, key, name, value_node, line, layer)


def _read(
    values: dict[str, Any], key: str, name: str, node: yaml.Node, line: int, layer: Layer
) -> None:
    """One value, which keeps what it was where it is wrong."""
    reader = layer.readers.get(name)
    try:
        if reader is not None:
            values[key] = reader(node, layer.tell)
        else:
            values[key] = value_kinds.KINDS[key](to_plain(node))
        layer.lines[name] = line
    except ValueError as error:
        layer.tell(line, word_problem(name, error))


def leaves(values: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """The names of all keys that have a value of their own: `thresholds.warn.context`."""
    for key, value in values.items():
        if isinstance(value, dict):
            yield from leaves(value, f"{prefix}{key}.")
        else:
            yield prefix + key


def _hint(name: str, prefix: str, known: Iterable[str]) -> str:
    """What to write instead of an unknown key."""
    if name in _RENAMED:
        return f"it is called {_RENAMED[name]} now"
    key = name.removeprefix(prefix)
    near = [prefix + one for one in difflib.get_close_matches(key, list(known), n=1)]
    near = near or [one for one in names(DEFAULTS) if one.endswith(f".{key}")]
    return f"did you mean {near[0]}?" if len(near) == 1 else f"known: {', '.join(known)}"


def names(values: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """Every key, with those that it is below."""
    for key, value in values.items():
        yield prefix + key
        if isinstance(value, dict):
            yield from names(value, f"{prefix}{key}.")
