"""Whether a value that data gives to a secret's name can be one.

Where a string stands in quotes, an attribute or an element, it is no name of code: what would be
a reference in a program (`Ridge_2715`, `copper96635`) is a password there.
"""

from __future__ import annotations

import re

from handoff.redact import values, words
from handoff.redact.told_values import is_typed, names_other

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

_MIN_CHARS = 6
_MIN_TOKEN_CHARS = 8  # of what is no password, and not random either
_FILLED_IN = re.compile(r"[$%#@]\{|\$\(|\{\{|<%|%\(|^[$%]\w+%?$|\{\w*\}")
_NUMBERED = re.compile(r"[A-Za-z](?:.*[^\d])?(\d{3,})[^\w\s]?")
# Years, dates, sizes of keys and counting up: figures that names end in, too.
_KNOWN_NUMBER = re.compile(
    r"(?:19|20)\d\d(?:\d{4})?|0*123(?:4(?:5(?:6(?:78?9?0?)?)?)?)?|\d00+|128|256|384|512|1024|2048|4096|443|8080"
)


def is_secret(value: str, name: Sequence[str]) -> bool:
    """Whether `value`, whole and given to a secret's `name` in data, is a secret."""
    if len(value) < _MIN_CHARS or any(map(str.isspace, value)):
        return False
    if (
        words.is_placeholder(value)
        or names_other(value)
        or values.is_elsewhere(value)
        or _FILLED_IN.search(value)
    ):
        return False
    if values.random_length(value) >= 10 or values.is_id(value):
        return True
    if values.is_path(value):
        return False
    if words.names_password(name):
        return _is_password(value)
    return len(value) >= _MIN_TOKEN_CHARS and (
        values.is_chosen(value, quoted=True) or is_numbered(value)
    )


def is_numbered(value: str) -> bool:
    """Whether a word ends in figures as chosen passwords do, and not in a year or a size."""
    match = _NUMBERED.fullmatch(value)
    return match is not None and not _KNOWN_NUMBER.fullmatch(match[1])


def _is_password(value: str) -> bool:
    if value.isdigit():
        return True
    if is_numbered(value) or is_typed(value) or values.is_chosen(value, quoted=True):
        return True
    has_figures = any(map(str.isdigit, value))
    if has_figures and len(value) >= 8 and values.wordiness(value) < 0.45:
        return True
    return not values.is_reference(value) and (has_figures or not value.isalnum())
