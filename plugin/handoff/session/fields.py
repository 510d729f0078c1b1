"""Typed fields of an object that keeps its values in a dictionary, `values`.

`name = Field(text)` is the value of the key `name`, as `text` reads it: what is missing or of
another type reads as that type's default. Hot path.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Generic, Protocol, TypeGuard, TypeVar

    T = TypeVar("T")

    class HasValues(Protocol):
        """What fields are part of."""

        values: dict[str, Any]

else:
    T = None

    class Generic:
        """Stands in for `typing.Generic`, which costs milliseconds to import."""

        def __class_getitem__(cls, _: object) -> type:
            return cls


class Field(Generic[T]):
    """One value of the object, by the field's name; `del` forgets it."""

    __slots__ = ("key", "read")

    def __init__(self, read: Callable[[object], T]) -> None:
        self.read = read

    def __set_name__(self, _: type, name: str) -> None:
        self.key = name

    def __get__(self, owner: HasValues, _: type) -> T:
        return self.read(owner.values.get(self.key))

    def __set__(self, owner: HasValues, value: T) -> None:
        owner.values[self.key] = value

    def __delete__(self, owner: HasValues) -> None:
        owner.values.pop(self.key, None)


def text(value: object) -> str:
    """A text, else ""."""
    return value if isinstance(value, str) else ""


def optional_text(value: object) -> str | None:
    """A text, else None."""
    return value if isinstance(value, str) else None


def count(value: object) -> int:
    """A whole number that is not negative, else 0."""
    return value if _is_count(value) else 0


def optional_count(value: object) -> int | None:
    """A whole number that is not negative, else None."""
    return value if _is_count(value) else None


def moment(value: object) -> float | None:
    """Epoch seconds, else None."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if abs(value) < 1e15 else None  # neither infinite nor no number


def flag(value: object) -> bool:
    """Whether it is true."""
    return value is True


def record(value: object) -> dict[str, Any]:
    """An object, else {}."""
    return value if isinstance(value, dict) else {}


def records(value: object) -> list[dict[str, Any]]:
    """The objects of a list."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def texts(value: object) -> dict[str, str]:
    """The texts of an object, by their names."""
    return {name: one for name, one in record(value).items() if isinstance(one, str)}


def counts(value: object) -> dict[str, int]:
    """The whole numbers of an object, by their names."""
    return {name: one for name, one in record(value).items() if _is_count(one)}


def _is_count(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
