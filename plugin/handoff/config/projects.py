"""Settings for some projects only: `projects: {~/work/client-*: {commit: ref}}` of the user's file.

A pattern is matched against the folder of a project, with the symbolic links of both resolved (as
they are when the configuration is compiled). `*`, `?` and `[…]` match within one name, `**` any
number of folders or none; a slash at the end stands for `/**`, as in git. A linked worktree also
has what its main checkout has.
"""

from __future__ import annotations

import copy
import fnmatch
import glob
import itertools
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from handoff.config import merge, value_readers
from handoff.config.model import DEFAULTS
from handoff.config.yaml_nodes import show_value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from handoff.config.merge import Tell

KEYS = ("mode", "commit", "thresholds")
_EXAMPLE = "~/work/client-*: {commit: ref}"
_MAX_CHARS = 500
_MAX_WILD = 2  # parts with a `*` of a path in which links are looked for: each one more costs
_MAX_EXPANDED = 1000  # paths that are looked at for links
_REFUSED = dict.fromkeys(DEFAULTS, "can only be set for all projects, not for one")


@dataclass(frozen=True)
class Project:
    """A project by its paths: that of its root, and for a linked worktree that of its main
    checkout. `home` is what `~` stands for, "" where that is not known.
    """

    home: str
    paths: Sequence[str]


def read(node: yaml.Node, tell: Tell) -> list[dict[str, Any]]:
    """The entries in the file's order: `path` (the pattern), `line`, `values` (as in `DEFAULTS`,
    what is set alone) and `lines`, the line of each of those.
    """
    if not isinstance(node, yaml.MappingNode):
        tell(node.start_mark.line + 1, f"projects must be a mapping, such as {_EXAMPLE}")
        return []
    entries: dict[str, dict[str, Any]] = {}
    for key_node, value_node in node.value[: value_readers.MAX_ITEMS]:
        line = key_node.start_mark.line + 1
        pattern = key_node.value if isinstance(key_node, yaml.ScalarNode) else ""
        shown = pattern if _is_printable(pattern) else show_value(pattern)
        problem = _find_problem(pattern, value_node)
        if problem:
            tell(line, f"projects: {shown}: {problem}")
            continue
        if pattern in entries:
            tell(line, f"projects: duplicate key {shown}; the last one is used")
            del entries[pattern]
        entries[pattern] = _read_entry(pattern, line, value_node, tell)
    if len(node.value) > value_readers.MAX_ITEMS:
        line = node.start_mark.line + 1
        tell(line, f"projects: only the first {value_readers.MAX_ITEMS} entries are used")
    return list(entries.values())


def apply(values: dict[str, Any], project: Project) -> Iterator[tuple[str, int, str]]:
    """Lay the entries that match the project over `values`, later ones over earlier; the name, the
    line and the pattern of each value that was set.
    """
    for entry in values["projects"]:
        if matches(entry["path"], project):
            _overlay(values, entry["values"])
            for name, line in entry["lines"].items():
                yield name, line, entry["path"]


def matches(pattern: str, project: Project) -> bool:
    """Whether a pattern matches one of the project's paths."""
    if pattern.startswith("~/") and not project.home:
        return False
    spellings = list(_spellings(_split(pattern, project.home)))
    paths = {spelling for path in project.paths for spelling in (path, _real(path))}
    return any(
        _match(parts, path.strip("/").split("/")) for parts in spellings for path in sorted(paths)
    )


def _find_problem(pattern: str, node: yaml.Node) -> str:
    """What is wrong with an entry as a whole, "" if nothing is."""
    if not pattern.startswith(("/", "~/")) or not _is_printable(pattern):
        return f"must be a path that begins with / or ~/, such as {_EXAMPLE}"
    if not isinstance(node, yaml.MappingNode):
        return f"must be a mapping; its keys: {', '.join(KEYS)}"
    return ""


def _is_printable(pattern: str) -> bool:
    return pattern.isprintable() and len(pattern) <= _MAX_CHARS


def _read_entry(pattern: str, line: int, node: yaml.MappingNode, tell: Tell) -> dict[str, Any]:
    values = {key: copy.deepcopy(DEFAULTS[key]) for key in KEYS}
    lines: dict[str, int] = {}
    refused = {key: why for key, why in _REFUSED.items() if key not in KEYS}
    layer = merge.Layer(lambda at, what: tell(at, f"projects: {pattern}: {what}"), lines, refused)
    merge.merge(values, node, layer)
    return {"path": pattern, "line": line, "values": _only(values, lines), "lines": lines}


def _only(values: Mapping[str, Any], names: Mapping[str, int], prefix: str = "") -> dict[str, Any]:
    """The values of these names, and the sections that they are in."""
    kept: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, dict):
            section = _only(value, names, f"{prefix}{key}.")
            if section:
                kept[key] = section
        elif prefix + key in names:
            kept[key] = value
    return kept


def _overlay(values: dict[str, Any], over: Mapping[str, Any]) -> None:
    for key, value in over.items():
        if isinstance(value, dict):
            _overlay(values[key], value)
        else:
            values[key] = copy.copy(value)


def _split(pattern: str, home: str) -> list[str]:
    """The parts of a pattern, from the root of the file system."""
    path = home + pattern[1:] if pattern.startswith("~/") else pattern
    within = "/**" if pattern.endswith("/") else ""
    return (os.path.normpath(path) + within).strip("/").split("/")


def _spellings(parts: list[str]) -> Iterator[list[str]]:
    """The pattern as it is, and with the symbolic links on its way resolved."""
    yield parts
    literal = list(itertools.takewhile(lambda part: not glob.has_magic(part), parts))
    yield [*_resolve(literal), *parts[len(literal) :]]
    head = list(itertools.takewhile(lambda part: part != "**", parts))
    if len(head) > len(literal) and sum(map(glob.has_magic, head)) <= _MAX_WILD:
        for path in itertools.islice(glob.iglob("/" + "/".join(head)), _MAX_EXPANDED):
            if _real(path) != path:
                yield [*_resolve(path.strip("/").split("/")), *parts[len(head) :]]


def _resolve(parts: list[str]) -> list[str]:
    """A path's parts with its links resolved, for the literal part of a pattern."""
    real = _real("/" + "/".join(parts)).strip("/")
    return [glob.escape(part) for part in real.split("/")] if real else []


def _real(path: str) -> str:
    """A path with its links resolved; as it is where one may not be read, as some below /proc."""
    try:
        return os.path.realpath(path)
    except OSError:
        return path


def _match(pattern: Sequence[str], path: Sequence[str]) -> bool:
    """Whether a path's parts are what a pattern's parts say; in time linear in both."""
    reached = _skip(pattern, {0})
    for part in path:
        following = set()
        for at in reached:
            if at < len(pattern) and pattern[at] == "**":
                following.add(at)
            elif at < len(pattern) and fnmatch.fnmatchcase(part, pattern[at]):
                following.add(at + 1)
        reached = _skip(pattern, following)
    return len(pattern) in reached


def _skip(pattern: Sequence[str], reached: set[int]) -> set[int]:
    """The places in a pattern that are reached too, as a `**` may stand for nothing."""
    closed = set(reached)
    for at in sorted(reached):
        while at < len(pattern) and pattern[at] == "**":
            at += 1  # noqa: PLW2901
            closed.add(at)
    return closed
