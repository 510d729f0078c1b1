"""Configuration files: YAML to the compiled form, every mistake named with file, line and mend.

`~/.config/handoff/config.yaml` is the user's; `.handoff/config.yaml` in a repository is the team's
and may set lines only: nothing in it can start a program or act more than the user allowed.
A mistake never stops a session: the key keeps its default and is listed as a problem.
"""

from __future__ import annotations

import copy
import difflib
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from handoff import fsio
from handoff.config import COMMIT_MODES, DEFAULTS, MODES, Config, cache_file, stamp

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

MAX_BYTES = 64 * 1024
_TEAM_KEYS = ("lines",)
_CACHED_PROJECTS = 40


@dataclass(frozen=True)
class Problem:
    """One mistake in a configuration file; `line` counts from 1, 0 means the whole file."""

    path: str
    line: int
    what: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.what}" if self.line else f"{self.path}: {self.what}"


def load(files: Sequence[str]) -> tuple[Config, list[Problem]]:
    """Read the user's and the team's file over the defaults; what is wrong is left out and told."""
    values = copy.deepcopy(DEFAULTS)
    problems: list[Problem] = []
    for number, path in enumerate(files):
        node = _compose(path, problems)
        if node is not None:
            _merge(values, node, path, problems, allowed=_TEAM_KEYS if number else None)
    return Config(values), problems


def load_cached(home: str, files: Sequence[str]) -> Config:
    """Like `load`, leaving the compiled form for the hooks (see `config.cached`)."""
    at = stamp(files)
    config, _ = load(files)
    cache = fsio.read_json(cache_file(home))
    cache.pop("\n".join(files), None)
    recent = dict(list(cache.items())[-_CACHED_PROJECTS:])
    fsio.write_json(
        cache_file(home), {**recent, "\n".join(files): {"stamp": at, "values": config.values}}
    )
    return config


def _compose(path: str, problems: list[Problem]) -> yaml.MappingNode | None:
    """The file as a tree of YAML nodes, which know their lines; None where there is no mapping."""
    try:
        raw = Path(path).read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        problems.append(Problem(path, 0, f"cannot be read: {error.strerror}"))
        return None
    if len(raw) > MAX_BYTES:
        problems.append(Problem(path, 0, f"is over {MAX_BYTES} bytes and was not read"))
        return None
    try:
        text = raw.decode("utf-8")
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            if isinstance(event, yaml.AliasEvent):
                mark: Any = event.start_mark
                problems.append(Problem(path, mark.line + 1, "aliases (*name) are not allowed here"))
                return None
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        reason = getattr(error, "problem", None) or str(error) or "too deeply nested"
        problems.append(Problem(path, mark.line + 1 if mark else 0, f"is not YAML: {reason}"))
        return None
    if node is None:
        return None
    if not isinstance(node, yaml.MappingNode):
        problems.append(Problem(path, node.start_mark.line + 1, "should be keys and values"))
        return None
    return node


def _merge(
    values: dict[str, Any],
    node: yaml.MappingNode,
    path: str,
    problems: list[Problem],
    *,
    allowed: Sequence[str] | None = None,
    prefix: str = "",
) -> None:
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        key = str(key_node.value)
        name = prefix + key
        if key not in values:
            near = difflib.get_close_matches(key, list(values), n=1)
            hint = f"did you mean {prefix}{near[0]}?" if near else f"known: {', '.join(values)}"
            problems.append(Problem(path, line, f"unknown key {name}; {hint}"))
        elif allowed is not None and key not in allowed:
            problems.append(Problem(path, line, f"{name} can only be set by each user, not here"))
        elif isinstance(values[key], dict):
            if isinstance(value_node, yaml.MappingNode):
                _merge(values[key], value_node, path, problems, prefix=name + ".")
            else:
                problems.append(Problem(path, line, f"{name} should hold keys of its own"))
        else:
            try:
                values[key] = _KINDS[name.split(".")[-1]](_plain(value_node))
            except ValueError as error:
                problems.append(Problem(path, line, f"{name} should be {error}"))


def _plain(node: yaml.Node) -> Any:
    loader = yaml.SafeLoader("")
    try:
        return loader.construct_object(node, deep=True)
    except (yaml.YAMLError, ValueError):
        return None
    finally:
        loader.dispose()


def _choice(*known: str) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        value = "off" if value is False else value  # YAML reads a bare `off` as false
        if value not in known:
            raise ValueError(f"one of {', '.join(known)}, not {value!r}")
        return str(value)

    return read


def _whole(low: int, high: int) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise ValueError(f"a whole number from {low} to {high}, not {value!r}")
        return value

    return read


def _context(value: Any) -> list[Any]:
    """Parts of a context line: `70%` of the room, or tokens as `200k`, `1.5M`, `200000`."""
    parts = value if isinstance(value, list) else [value]
    if value is None or not parts:
        return []
    return [_context_part(part) for part in parts]


def _context_part(part: Any) -> str | int:
    wrong = ValueError(f"percents (70%) or tokens (200k), not {part!r}")
    text = str(part).strip().lower().replace("_", "")
    try:
        if text.endswith("%"):
            percent = float(text[:-1])
            if not 0 < percent <= 100:
                raise wrong
            return f"{percent:g}%"
        scale = {"k": 1_000, "m": 1_000_000}.get(text[-1:], 1)
        tokens = float(text[:-1] if scale > 1 else text) * scale
    except ValueError:
        raise wrong from None
    if isinstance(part, bool) or not math.isfinite(tokens) or tokens < 1:
        raise wrong
    return int(tokens)


def _dollars(value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < 1e6:
        raise ValueError(f"dollars (2.50) or null, not {value!r}")
    return float(value)


def _percent(value: Any) -> float | None:
    if value is None:
        return None
    text = str(value).strip().removesuffix("%")
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if isinstance(value, bool) or not 0 < number <= 100:
        raise ValueError(f"a percent (90%) or null, not {value!r}")
    return number


_KINDS: dict[str, Callable[[Any], Any]] = {
    "mode": _choice(*MODES),
    "commit": _choice(*COMMIT_MODES),
    "context": _context,
    "cost_usd": _dollars,
    "five_hour": _percent,
    "seven_day": _percent,
    "max_tokens": _whole(200, 50_000),
    "inject_chars": _whole(500, 9_900),
    "stale_days": _whole(0, 3_650),
}
