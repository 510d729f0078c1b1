"""The user's own patterns of secrets, from the configuration: `redact: {patterns: […]}`.

An entry is a regular expression, or `kind: regular expression` where the kind is what the mark
shall say. One with a mistake is ignored and reported with its line; the others are used.
"""

from __future__ import annotations

import re

import yaml

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

DEFAULT_KIND = "custom pattern"
_KIND = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._/-]{0,39}")
_MAX_PATTERNS = 200
_MAX_CHARS = 500


def read(node: yaml.Node, tell: Callable[[int, str], None]) -> list[list[str]]:
    """Kind and pattern of each entry that is right; `tell` gets line and words of each mistake."""
    if not isinstance(node, yaml.SequenceNode):
        tell(node.start_mark.line + 1, "redact.patterns must be a list of regular expressions")
        return []
    patterns = []
    for number, item in enumerate(node.value):
        line = item.start_mark.line + 1
        try:
            if number >= _MAX_PATTERNS:
                raise ValueError(f"is over the limit of {_MAX_PATTERNS} patterns")
            patterns.append(_entry(item))
        except ValueError as error:
            tell(line, f"redact.patterns: entry {number + 1} {error}; it is ignored")
    return patterns


def _entry(item: yaml.Node) -> list[str]:
    kind, value = DEFAULT_KIND, item
    if isinstance(item, yaml.MappingNode) and len(item.value) == 1:
        key, value = item.value[0]
        kind = key.value if isinstance(key, yaml.ScalarNode) else ""
    if not isinstance(value, yaml.ScalarNode) or not value.value:
        raise ValueError("must be a regular expression, or kind: regular expression")
    if not _KIND.fullmatch(kind):
        raise ValueError("has an invalid kind: use up to 40 letters, digits and spaces")
    if len(value.value) > _MAX_CHARS:
        raise ValueError(f"is over {_MAX_CHARS} characters")
    try:
        pattern = re.compile(value.value)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"is not a valid regular expression: {error}") from None
    if pattern.search("") is not None:
        raise ValueError("matches the empty string, so it would match everywhere")
    return [kind, value.value]
