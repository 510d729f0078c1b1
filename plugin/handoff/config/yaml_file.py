"""One configuration file, read as a tree of YAML nodes, which know their lines."""

from __future__ import annotations

import os
import stat
from typing import Any

import yaml

from handoff.config.problem import Problem

MAX_BYTES = 64 * 1024
_MAX_DEPTH = 8  # deeper than any key; reading deep YAML takes time by the square


def compose(path: str, problems: list[Problem]) -> yaml.MappingNode | None:
    """The file's mapping; None where there is none, with the reason in `problems` if it is a
    mistake.
    """
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
        what = "the file must be a mapping, as in `mode: notify`"
        problems.append(Problem(path, node.start_mark.line + 1, what))
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
            return mark.line + 1, "aliases (*name) are not supported; quote a text that begins so"
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > _MAX_DEPTH:
            return mark.line + 1, f"is nested more than {_MAX_DEPTH} levels deep"
    return None
