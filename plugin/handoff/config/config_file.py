"""Configuration files: YAML to the compiled form, every mistake named with file, line and fix.

`~/.config/handoff/config.yaml` is the user's; `.handoff/config.yaml` in a repository is the team's
and may set thresholds only: nothing in it can start a program or act more than the user allowed.
A mistake never stops a session: the key keeps its default and is listed as a problem.
"""

from __future__ import annotations

import copy
import difflib
import os
import re
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from handoff.base import file_io
from handoff.config import launch, redact_patterns, threshold_order, value_kinds
from handoff.config.model import (
    DEFAULTS,
    Config,
    cache_file,
    stamp,
)
from handoff.config.yaml_nodes import show_value, to_plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

MAX_BYTES = 64 * 1024
_KEY = re.compile(r"<<|of several parts|[\w.-]{0,60}")
_MAX_DEPTH = 8  # deeper than any key; reading deep YAML takes time by the square
_TEAM_KEYS = ("thresholds",)
_RENAMED = {
    "lines": "thresholds",
    "notice": "thresholds.warn",
    "thresholds.notice": "thresholds.warn",
}
_CACHED_PROJECTS = 40


@dataclass(frozen=True)
class Problem:
    """One mistake in a configuration file; `line` counts from 1, 0 means the whole file. `passing`:
    it may be gone at the next look.
    """

    path: str
    line: int
    what: str
    passing: bool = False

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.what}" if self.line else f"{self.path}: {self.what}"


def load(files: Sequence[str]) -> tuple[Config, list[Problem]]:
    """Read the defaults, the team's file over them, and the user's over both.

    `files` are the user's and the team's. What is wrong is left out and told.
    """
    values = copy.deepcopy(DEFAULTS)
    problems: list[Problem] = []
    places: dict[str, tuple[str, int]] = {}
    for number, path in reversed(list(enumerate(files))):
        problems_here: list[Problem] = []
        node = _compose(path, problems_here)
        if node is not None:
            allowed = _TEAM_KEYS if number else None
            _merge(values, node, path, problems_here, places, allowed=allowed)
            if number == 0:
                launch.check(values, _told(path, problems_here))
        problems = problems_here + problems
    problems += [
        Problem(*at, what) for at, what in threshold_order.correct(values, places, files[0])
    ]
    return Config(values), problems


def load_cached(home: str, files: Sequence[str]) -> Config:
    """Like `load`, leaving the compiled form for the hooks (`config.model.load_cached`), unless a
    file could not be read at the moment: what it says would not count until it is changed.
    """
    at = stamp(files)
    config, problems = load(files)
    if any(problem.passing for problem in problems):
        return config
    cache = file_io.read_json(cache_file(home))
    cache.pop("\n".join(files), None)
    recent = dict(list(cache.items())[-_CACHED_PROJECTS:])
    try:
        file_io.write_json(
            cache_file(home), {**recent, "\n".join(files): {"stamp": at, "values": config.values}}
        )
    except OSError:
        pass  # compiled again at the next look
    return config


def _compose(path: str, problems: list[Problem]) -> yaml.MappingNode | None:
    """The file as a tree of YAML nodes, which know their lines; None where there is no mapping."""
    try:
        raw = _read_regular(path)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        problems.append(Problem(path, 0, f"cannot be read: {reason}", passing=True))
        return None
    if len(raw) > MAX_BYTES:
        problems.append(Problem(path, 0, f"is over {MAX_BYTES} bytes and was not read"))
        return None
    try:
        text = raw.decode("utf-8")
        refused = _refused(text)
        if refused is not None:
            problems.append(Problem(path, *refused))
            return None
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        mark: Any = getattr(error, "problem_mark", None)
        why = getattr(error, "problem", None) or str(error) or "too deeply nested"
        problems.append(Problem(path, mark.line + 1 if mark else 0, f"is not YAML: {why}"))
        return None
    if node is None or node.tag == "tag:yaml.org,2002:null":
        return None  # empty, or nothing but comments or `---`
    if not isinstance(node, yaml.MappingNode):
        problems.append(Problem(path, node.start_mark.line + 1, "should be keys and values"))
        return None
    return node


def _read_regular(path: str) -> bytes:
    """The file's start, one byte over the limit at most; a pipe or a device is not read.

    The team's file may be a link to anything.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(0, "it is not a regular file")
        return file.read(MAX_BYTES + 1)


def _refused(text: str) -> tuple[int, str] | None:
    """The line and name of what would make YAML grow beyond its size; None where there is none."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        mark: Any = event.start_mark
        if isinstance(event, yaml.AliasEvent):
            return mark.line + 1, "aliases (*name) are not allowed here"
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > _MAX_DEPTH:
            return mark.line + 1, "is nested too deeply"
    return None


def _hint(name: str, prefix: str, known: Iterable[str]) -> str:
    """What to write instead of an unknown key."""
    if name in _RENAMED:
        return f"it is called {_RENAMED[name]} now"
    key = name.removeprefix(prefix)
    near = [prefix + one for one in difflib.get_close_matches(key, list(known), n=1)]
    near = near or [one for one in _names(DEFAULTS) if one.endswith(f".{key}")]
    return f"did you mean {near[0]}?" if len(near) == 1 else f"known: {', '.join(known)}"


def _names(values: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """Every key, with those that it is below."""
    for key, value in values.items():
        yield prefix + key
        if isinstance(value, dict):
            yield from _names(value, f"{prefix}{key}.")


def _merge(
    values: dict[str, Any],
    node: yaml.MappingNode,
    path: str,
    problems: list[Problem],
    places: dict[str, tuple[str, int]],
    *,
    allowed: Sequence[str] | None = None,
    prefix: str = "",
) -> None:
    """Put a mapping's values into `values`, and where each is written into `places`."""
    seen: set[str] = set()
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        key = key_node.value if isinstance(key_node, yaml.ScalarNode) else "of several parts"
        # A team's key may be any text, and a model may read the message: shown as a value is.
        name = prefix + (key if _KEY.fullmatch(key) else show_value(key))
        if name in seen:
            problems.append(Problem(path, line, f"{name} is there twice; the last one counts"))
        seen.add(name)
        if key not in values:
            problems.append(
                Problem(path, line, f"unknown key {name}; {_hint(name, prefix, values)}")
            )
        elif allowed is not None and key not in allowed:
            problems.append(Problem(path, line, f"{name} can only be set by each user, not here"))
        elif isinstance(values[key], dict):
            if isinstance(value_node, yaml.MappingNode):
                _merge(values[key], value_node, path, problems, places, prefix=name + ".")
            else:
                problems.append(Problem(path, line, f"{name} should hold keys of its own"))
        elif name in _READERS:
            values[key] = _READERS[name](value_node, _told(path, problems))
        else:
            try:
                values[key] = value_kinds.KINDS[name.split(".")[-1]](to_plain(value_node))
                places[name] = (path, line)
            except ValueError as error:
                problems.append(Problem(path, line, f"{name} should be {error}"))


def _told(path: str, problems: list[Problem]) -> Callable[[int, str], None]:
    return lambda line, what: problems.append(Problem(path, line, what))


# Keys whose values are read node by node, so that each mistake has its line.
_READERS: dict[str, Callable[[yaml.Node, Callable[[int, str], None]], Any]] = {
    "redact.patterns": redact_patterns.read,
    "routes": launch.routes,
    "providers": launch.providers,
    "runners": launch.runners,
}
