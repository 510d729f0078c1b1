"""The fields of a dataclass as a journal has them: read with care, as another version may have
written it, or a person.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any

_NUMBERS = (int, float)
_MAX_NUMBER = 1e12
_NONE = type(None)
_FORMS: dict[str, tuple[type, ...]] = {
    "str": (str,),
    "bool": (bool,),
    "int": (int,),
    "float": _NUMBERS,
    "bool | None": (bool, _NONE),
    "int | None": (int, _NONE),
    "float | None": (*_NUMBERS, _NONE),
    "Mapping[str, Any]": (dict,),
}


def read_values(of: Any, entry: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The values in `entry` for the fields of the dataclass `of`, and the names of those that are
    of a wrong form. Fields of other forms than a journal's plain ones are left out.
    """
    known: dict[str, Any] = {}
    wrong = []
    for field in fields(of):
        form = _FORMS.get(str(field.type))
        if form is None or field.name not in entry:
            continue
        value = entry[field.name]
        is_absurd = type(value) in _NUMBERS and not abs(value) < _MAX_NUMBER  # NaN too
        if type(value) in form and not is_absurd:
            known[field.name] = value
        else:
            wrong.append(field.name)
    return known, wrong
